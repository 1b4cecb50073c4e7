"""The grid on the page of a role: display and parsing."""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from crm.companies.people.grid import ACTION_WORDS, ENTITIES, SCOPES
from crm.companies.people.rights import Cell
from crm.core.actor import ACTIONS, Scope, current_actor
from crm.core.security import registered_pairs
from crm.core.views import Action, Note
from crm.core.views.pages import Tab

Grid = Mapping[Cell, Scope]


@dataclass
class RightsCell:
    """A select of the grid."""

    name: str
    label: str
    scope: int
    text: str


@dataclass
class RightsRow:
    """An entity; None for actions that none of its pages has."""

    entity: str
    label: str
    icon: str
    cells: list[RightsCell | None]


@dataclass
class RolePage:
    """Everything templates/companies/role.html places."""

    title: str
    action: str
    crumbs: list[tuple[str, str]]
    readonly: bool
    cancel_url: str
    hidden: list[tuple[str, str]] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    menu: list[Action] = field(default_factory=list)
    tabs: list[Tab] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    columns: list[tuple[str, str]] = field(default_factory=list)
    rows: list[RightsRow] = field(default_factory=list)
    scopes: list[tuple[int, str]] = field(default_factory=list)
    legend: list[tuple[int, str, str]] = field(default_factory=list)
    errors: list[tuple[str, str, str]] = field(default_factory=list)
    form_errors: list[str] = field(default_factory=list)
    submit_label: str = ""
    effect: str = ""
    concurrent_edit: Any = None  # what others changed since the grid was opened


@dataclass
class RoleLine:
    """A role in the list."""

    name: str
    url: str
    sentence: str
    users: str
    changed_text: str
    actions: list[Action]


@dataclass
class RolesPage:
    """Everything templates/companies/roles.html places."""

    title: str
    rows: list[RoleLine]
    add_url: str
    add_label: str
    crumbs: list[tuple[str, str]] = field(default_factory=list)


# Actions without an endpoint: other pages check them themselves.
INSIDE: Container[Cell] = {("settings", "edit")}


def shown_cells() -> dict[str, list[str]]:
    """entity → actions that some page or API has now, without features that are off."""
    actor = current_actor()
    builder = current_app.extensions["appbuilder"]
    asked = registered_pairs(builder)
    open_ = {
        view.class_permission_name
        for view in builder.baseviews
        if getattr(view, "setting", None) is None or actor.is_enabled(view.setting)
    }
    shown = {
        entity: [
            action
            for action in ACTIONS
            if (f"can_{action}", entity) in asked or (entity, action) in INSIDE
        ]
        for entity in ENTITIES
        if entity in open_
    }
    return {entity: actions for entity, actions in shown.items() if actions}


def put_grid(page: RolePage, grid: Grid) -> None:
    """Fill in the rows of the grid and the labels of its selects."""
    page.columns = [(action, str(ACTION_WORDS[action])) for action in ACTIONS]
    for entity, actions in shown_cells().items():
        words, icon = ENTITIES[entity]
        cells = [
            _cell(entity, action, grid.get((entity, action), Scope.NONE))
            if action in actions
            else None
            for action in ACTIONS
        ]
        page.rows.append(RightsRow(entity, str(words), icon, cells))
    offered = list(_offered(grid.values()))
    page.scopes = [(int(scope), str(SCOPES[scope][0])) for scope in offered]
    page.legend = [(int(s), str(SCOPES[s][0]), str(SCOPES[s][1])) for s in offered]


def _cell(entity: str, action: str, scope: Scope) -> RightsCell:
    name = f"{entity}.{action}"
    return RightsCell(name, cell_words(entity, action), int(scope), str(SCOPES[scope][0]))


def cell_words(entity: str, action: str) -> str:
    """The label of a cell: "Leads, read"."""
    return _(
        "%(entity)s, %(action)s",
        entity=ENTITIES[entity][0],
        action=str(ACTION_WORDS[action]).lower(),
    )


def _offered(held: Iterable[Scope]) -> Iterable[Scope]:
    """All scopes; `agency` only while agencies are managed or where a cell has it."""
    with_agency = current_actor().is_enabled("manage_agencies") or Scope.AGENCY in held
    return (scope for scope in SCOPES if scope is not Scope.AGENCY or with_agency)


def read_grid(posted: MultiDict[str, str], page: RolePage) -> dict[Cell, Scope]:
    """Parse the posted cells; invalid ones become errors of the page."""
    grid: dict[Cell, Scope] = {}
    known = {str(int(scope)): scope for scope in Scope}
    for entity, actions in shown_cells().items():
        for action in actions:
            name = f"{entity}.{action}"
            text = posted.get(name)
            if text in known:
                grid[entity, action] = known[text]
            elif text is not None:
                page.errors.append((name, cell_words(entity, action), _("Not a valid choice.")))
    return grid
