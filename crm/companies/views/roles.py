"""/roles: the grid entity × action → scope of each role, and its summary."""

from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any, ClassVar

from flask import abort, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.sqla.models import Role, User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from crm.companies.people import roles
from crm.companies.people.datamodel import PeopleDataModel
from crm.companies.people.grid import ENTITIES, SCOPES, describe
from crm.companies.people.rights import ADMIN, Cell, holders
from crm.companies.views.people import CHANGES, PeopleView
from crm.companies.views.rights_page import (
    RoleLine,
    RolePage,
    RolesPage,
    cell_words,
    put_grid,
    read_grid,
    shown_cells,
)
from crm.core.actor import Scope, current_actor
from crm.core.datamodel.saving import check_version
from crm.core.db import transaction
from crm.core.errors import Conflict, DomainError
from crm.core.models.text import format_instant, format_number
from crm.core.views import Action, Note, RecordPage
from crm.core.views.base import PK, all_views
from crm.core.views.display import zone
from crm.core.views.pages import Tab
from crm.core.views.record import HISTORY
from crm.core.views.versions import ConcurrentEdit, posted_version

PEOPLE = "people"


class RoleParts(PeopleView):
    """The display of a role. A class apart, as the method `list` of RoleView hides the type."""

    datamodel = PeopleDataModel(Role, roles.RULES)
    route_base = "/roles"
    exclude_route_methods = PeopleView.exclude_route_methods | {
        "export", "field", "row_menu", "neighbors",
    }  # fmt: skip
    method_actions: ClassVar[Mapping[str, str]] = {"save": "edit", "duplicate": "create"}
    icon = "shield-lock"
    entity_name = _l("Role")
    list_title = _l("Roles")
    add_title = _l("Create a role")
    edit_title = _l("Rename the role")
    list_columns = ("name",)
    search_columns = ()
    add_columns = edit_columns = ("name",)

    def can(self, action: str) -> bool:
        """Roles apply in all companies, so changes need scope `all`."""
        held = current_actor().widest_scope(action, self.class_permission_name)
        return held is Scope.ALL if action in CHANGES else bool(held)

    def line_of(self, role: Any, people: int, changed: Any, shown: Container[str]) -> RoleLine:
        menu = [*self.role_actions(role), *self.record_menu(role, self.may_edit(role))]
        told = format_instant(changed, zone()) if changed is not None else ""
        sentence = describe(roles.grid_of(role), shown)
        url = self.url("show", pk=role.id)
        return RoleLine(str(role), url, sentence, format_number(people), told, menu)

    def role_page(self, role: Any) -> RolePage:
        is_fixed = role.code == ADMIN
        page = RolePage(
            str(role),
            self.url("save", pk=role.id),
            [(self.words("list_title"), self.url("list"))],
            is_fixed or not self.may_edit(role),
            self.url("list"),
            hidden=[("row_version", str(role.row_version))],
            actions=self.role_actions(role),
            menu=self.record_menu(role, self.may_edit(role)),
            tabs=self.tabs(role, ""),
            submit_label=_("Save"),
            effect=_("Changes apply to everyone at their next click."),
        )
        if is_fixed:
            text = _("This role can do everything and cannot be edited. Duplicate it to adapt it.")
            page.notes.append(Note("info", text))
        return page

    def role_actions(self, role: Any) -> list[Action]:
        if "create" not in self.datamodel.rights(role, ("create",)):
            return []
        return [Action(_("Duplicate"), self.url("duplicate", pk=role.id), "copy", "post")]

    def record_menu(self, row: Any, editable: bool) -> list[Action]:
        menu = [action for action in super().record_menu(row, editable) if row.code != ADMIN]
        if editable:
            menu.insert(0, Action(_("Rename"), self.url("edit", pk=row.id), "pencil"))
        return menu

    def tabs(self, role: Any, chosen: str) -> list[Tab]:
        here = self.url("show", pk=role.id)
        count = format_number(roles.people_by_role().get(role.id, 0))
        return [
            Tab("", _("Rights"), here, chosen == ""),
            Tab(PEOPLE, _("Users"), f"{here}?tab={PEOPLE}", chosen == PEOPLE, count),
            Tab(HISTORY, _("Journal"), f"{here}?tab={HISTORY}", chosen == HISTORY),
        ]

    def put_other(self, role: Any, tab: str) -> RecordPage:
        """Fill in the tabs beside the grid: the users of the role, and its history."""
        page = RecordPage(str(role), role.id, [(self.words("list_title"), self.url("list"))])
        page.actions = self.role_actions(role)
        page.menu = self.record_menu(role, self.may_edit(role))
        if tab == HISTORY:
            page.history = self.history_of(role)
            return page
        view = next(view for view in all_views() if view.datamodel.obj is User)
        address = view.address(self.url("show", pk=role.id), keep=("tab",))
        address.rest = [("tab", tab)]
        page.related = view.list_page(address, full=False, about=[holders(Role.id == role.id)])
        page.related.export_url = page.related.add_url = ""
        return page

    def compared_names(self) -> set[str]:
        cells = shown_cells().items()
        told = {f"{entity}.{action}" for entity, actions in cells for action in actions}
        return {*super().compared_names(), *told}

    def stale_page(self, row: Any, told: ConcurrentEdit) -> ResponseReturnValue:
        page = self.role_page(row)
        page.concurrent_edit = told
        put_grid(page, roles.grid_of(row))
        here = self.url("show", pk=row.id)
        return self.render("companies/role.html", 409, page=page, row=row, here=here)

    def _changes(
        self, model: type[Any], name: str, before: Any, after: Any, names: Any
    ) -> list[tuple[str, str, str]]:
        """As for other rows; the journal names a cell `leads.read`."""
        entity, dot, action = name.partition(".")
        if not dot or entity not in ENTITIES:
            return super()._changes(model, name, before, after, names)
        was, now = (str(SCOPES[Scope(value)][0]) for value in (before, after))
        return [(cell_words(entity, action), was, now)]


class RoleView(RoleParts):
    """Roles. The forms have the name only; rights are edited in the grid."""

    @expose("/list/")
    @has_access
    def list(self) -> ResponseReturnValue:
        everyone = select(Role).order_by(Role.id).options(selectinload(Role.cells))
        people, changed, shown = roles.people_by_role(), roles.changed_by_role(), shown_cells()
        page = RolesPage(
            self.words("list_title"),
            [
                self.line_of(role, people.get(role.id, 0), changed.get(role.id), shown)
                for role in self.datamodel.session.scalars(everyone)
            ],
            self.url("add") if self.can("create") else "",
            self.words("add_title"),
        )
        return self.render("companies/roles.html", page=page)

    @expose(f"/show/{PK}")
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        role = self.row(pk)
        tab = request.args.get("tab", "")
        if tab not in ("", PEOPLE, HISTORY):
            abort(404)
        if tab:
            other = self.put_other(role, tab)
            other.tabs = self.tabs(role, tab)
            return self.render(self.show_template, page=other, row=role)
        page = self.role_page(role)
        put_grid(page, roles.grid_of(role))
        return self.render("companies/role.html", page=page, row=role)

    @expose(f"/save/{PK}", methods=("POST",))
    @has_access
    def save(self, pk: int) -> ResponseReturnValue:
        """Save the posted grid; errors show it again as posted."""
        role = self.row(pk, "edit")
        page = self.role_page(role)
        grid, version = read_grid(request.form, page), posted_version()
        told = self.concurrent_edit(role, version, self.compared_names())
        if told is not None:
            return self._grid_again(role, page, grid, told)
        seen, status = role.row_version, 422
        if not page.errors:
            try:
                with transaction():
                    check_version(role, seen)
                    roles.save_cells(role, grid)
                return self.to_record(role, self.changed_message(role))
            except Conflict:
                role = self.row(pk)
                told = (
                    self.concurrent_edit(role, version, self.compared_names()) or ConcurrentEdit()
                )
                return self._grid_again(role, page, grid, told)
            except DomainError as error:
                page.form_errors, status = [str(error)], error.status
        role = self.row(pk)
        page.hidden = [("row_version", str(version))]
        put_grid(page, {**roles.grid_of(role), **grid})
        return self.render("companies/role.html", status, page=page, row=role)

    def _grid_again(
        self, role: Any, page: RolePage, grid: dict[Cell, Scope], told: ConcurrentEdit
    ) -> ResponseReturnValue:
        """409: the grid as it is saved now, with the cells that were changed here."""
        chosen, changes = dict(grid), dict(told.changes)
        for cell, scope in grid.items():
            name = ".".join(cell)
            if name in changes and int(scope) in changes[name].pair:
                del chosen[cell]  # unchanged here, or set to the same
            elif name in changes:
                changes[name] = replace(changes[name], yours=str(SCOPES[scope][0]))
        page.concurrent_edit = replace(told, changes=changes)
        page.hidden = [("row_version", str(role.row_version))]
        put_grid(page, {**roles.grid_of(role), **chosen})
        return self.render("companies/role.html", 409, page=page, row=role)

    @expose(f"/duplicate/{PK}", methods=("POST",))
    @has_access
    def duplicate(self, pk: int) -> ResponseReturnValue:
        role = self.row(pk)
        with transaction():
            copy = roles.duplicate(role)
        return self.to_record(copy, self.created_message(copy))
