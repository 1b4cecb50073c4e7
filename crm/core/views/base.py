"""The base of all pages of a table: declarations, visible columns, loading a row, rights."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import ModelView as FabModelView
from flask_appbuilder.hooks import before_request
from flask_babel import gettext as _
from sqlalchemy import inspect

from crm.core.actor import Actor, current_actor, per_request
from crm.core.datamodel import DataModel
from crm.core.errors import NotFound
from crm.core.merging import kept_instead
from crm.core.models import Child, Label, target_of
from crm.core.security.redirects import current_path
from crm.core.views.display import Field, display_field

# Larger ids than a column holds are no rows: 404, not an error of the database.
PK = "<int(max=2147483647):pk>"

# The rights on a row that its page needs, read in one statement.
CHANGES = ("edit", "delete")

READ = dict.fromkeys(
    ("list", "index", "show", "pick", "totals", "counts", "row_menu", "neighbors", "sheet"), "read"
)
WRITE = {
    "add": "create",
    "edit": "edit",
    "field": "edit",
    "merge": "edit",
    "merge_effects": "edit",
    "merge_with": "edit",
    "delete": "delete",
    "bin": "delete",
    "restore": "delete",
    "export": "export",
}

OF_A_ROW = {"pk", "row_version"}

Fieldset = tuple[Label | None, Mapping[str, Any]]


@dataclass
class Action:
    """A button or a menu entry: a link or a POST."""

    label: str
    url: str
    icon: str = ""
    method: str = "get"
    danger: bool = False
    primary: bool = False
    confirm: str = ""
    key: str = ""
    values: Sequence[tuple[str, str]] = ()
    opens_dialog: bool = False  # its page may open as a dialog over the record
    children: list["Action"] = field(default_factory=list)


@dataclass(frozen=True)
class Preset:
    """A predefined filter, shown as a tab: [(field, operator, values)]."""

    key: str
    label: Label
    filters: Sequence[tuple[str, int, Sequence[str]]]
    switch: str = ""  # the setting without which it is not shown
    order: tuple[str, str] | None = None  # of its rows, where it is not that of the list


@dataclass
class FieldGroup:
    """Fields under a title."""

    title: str
    fields: list[Any]
    note: str = ""
    action: Action | None = None
    addresses: list[Any] = field(default_factory=list)
    help: str = ""
    key: str = ""
    folded: bool = False  # all its fields are


class BaseView(FabModelView):
    """The pages of one table, from what a slice declares.

    FAB 5.3's ModelView gives the routes, endpoints and permissions; its forms, widgets and filter
    object, which are shared by all threads or read whole tables, are not used.
    """

    datamodel: DataModel
    class_permission_name: str  # the entity of the rights grid
    setting: ClassVar[str | None] = None  # the setting without which this page is a 404
    menu_endpoint: ClassVar[str] = ""  # the endpoint of the menu entry that is current on this page
    setting_columns: ClassVar[Mapping[str, str]] = {}  # column → switch
    tab_of: ClassVar[Sequence[str]] = ()  # relationships whose target shows this list as a tab
    tab_position: ClassVar[int] = 50  # among the tabs, from the left
    tab_titles: ClassVar[Mapping[str, Label]] = {}
    tab_empty_titles: ClassVar[Mapping[str, Label]] = {}  # by relation, or by part
    tab_parts: ClassVar[Sequence[Preset]] = ()  # of the list in a tab, the first one at first
    tab_without: ClassVar[Mapping[str, Sequence[str]]] = {}  # columns that tell the parent
    method_actions: ClassVar[Mapping[str, str]] = {}  # extra method → action of the grid
    icon: ClassVar[str] = "list"
    entity_name: ClassVar[Label] = ""  # the noun: "Lead"
    empty_title: ClassVar[Label] = ""
    empty_text: ClassVar[Label] = ""
    widths: ClassVar[Mapping[str, str]] = {}
    children: ClassVar[Mapping[str, Sequence[str]]] = {}
    presets: ClassVar[Sequence[Preset]] = ()
    opens_on: ClassVar[str] = ""  # the preset that the menu leads to; "": the whole list
    unlisted_filters: ClassVar[Sequence[str]] = ()  # of presets and links only
    sum_columns: ClassVar[Sequence[str]] = ()
    side_fieldsets: ClassVar[Sequence[Fieldset]] = ()
    headline: ClassVar[Sequence[str]] = ()
    column_css: ClassVar[Mapping[str, str]] = {}  # where name and kind do not decide the width
    live_columns: ClassVar[Sequence[str]] = ()  # stored figures that a form only shows
    editors_only: ClassVar[Sequence[str]] = ()  # shown on rows that the actor may edit
    filter_labels: ClassVar[Mapping[str, Label]] = {}  # where the field's label is unclear
    readonly_in_place: ClassVar[Sequence[str]] = ()
    max_page_size = 100

    # FAB's unguarded routes: bulk actions by GET, files by name, a second REST.
    exclude_route_methods = {
        "action", "action_post", "download", "api", "api_column_add", "api_column_edit",
        "api_create", "api_delete", "api_get", "api_read", "api_readvalues", "api_update",
    }  # fmt: skip

    def __init__(self, **kwargs: Any) -> None:
        self.method_permission_name = {**READ, **WRITE, **self.method_actions}
        self._addresses: dict[str, str] = {}
        if not self.presets:
            self.exclude_route_methods = self.exclude_route_methods | {"counts"}
        super().__init__(**kwargs)

    def _init_properties(self) -> None:
        """Overrides FAB 5.3, which guesses missing lists, makes English labels and shares filters.

        Here lists are declared, labels are the columns', and filters are built for each request.
        """
        self.related_views: list[Any] = []
        self._related_views: list[Any] = []
        for kind in ("show", "add", "edit"):
            sets = getattr(self, f"{kind}_fieldsets") or ()
            names = [name for _title, said in sets for name in said["fields"]]
            setattr(self, f"{kind}_columns", names or list(getattr(self, f"{kind}_columns") or ()))
        for columns in ("list_columns", "search_columns", "order_columns"):
            setattr(self, columns, list(getattr(self, columns) or ()))

    def _init_forms(self) -> None:
        """Overrides FAB 5.3, whose forms load every row of every related table at start-up."""

    def _init_titles(self) -> None:
        """Overrides FAB 5.3, which evaluates titles at start-up, in English."""
        self.title = self.list_title

    @before_request
    def _gate(self) -> ResponseReturnValue | None:
        """404 while the page's setting is off, whatever rights the actor has."""
        if self.setting is not None and not current_actor().is_enabled(self.setting):
            abort(404)
        return None

    # What is visible now ────────────────────────────────────────────────────────────────────────

    def visible(self, names: Iterable[str]) -> list[str]:
        """`names` without those whose setting is off; the company only for actors of several."""
        actor = current_actor()
        return [name for name in names if self.is_visible(name, actor)]

    def is_visible(self, name: str, actor: Actor) -> bool:
        root = name.partition(".")[0]
        switch = self.setting_columns.get(name) or self.setting_columns.get(root)
        if switch is not None and not actor.is_enabled(switch):
            return False
        return root != "company" or actor.has_several_companies

    def fieldsets(self, sets: Sequence[Fieldset] | None) -> list[tuple[str, list[str]]]:
        """(title, visible names) of each fieldset that has any."""
        found = [(str(title or ""), self.visible(said["fields"])) for title, said in sets or ()]
        return [(title, names) for title, names in found if names]

    def can(self, action: str) -> bool:
        return current_actor().can(action, self.class_permission_name)

    # Rows and addresses ─────────────────────────────────────────────────────────────────────────

    def row(self, pk: int, action: str = "read", names: Sequence[str] = ()) -> Any:
        """The row to which the actor may do `action`, with `names` loaded, else 404."""
        try:
            found = self.datamodel.fetch(pk, action, names, self.children)
        except NotFound:
            self._leave_merged(pk)
            abort(404)
        if not self.has_page_of(found):
            self.redirect_to_own_view(found)
        return found

    def _leave_merged(self, pk: int) -> None:
        """Redirect from a record that was merged to the one that was kept."""
        kept = kept_instead(self.datamodel.obj, pk)
        url = self.page_of(kept) if kept is not None else None
        if url is None:
            return
        if request.method != "GET":
            text = _("This record was merged into %(kept)s: nothing was saved.", kept=kept)
            flash(text, "warning")
            abort(redirect(url, 303))
        asked = urlencode([*request.args.items(multi=True)]) if _is_page() else ""
        abort(redirect(f"{url}?{asked}" if asked else url))

    def redirect_to_own_view(self, row: Any) -> None:
        """Called for a row that has its page on another view: a redirect, here a 404."""
        abort(404)

    def has_page_of(self, row: Any) -> bool:
        """Whether the page of `row` is on this view, where a table has several."""
        return True

    def may(self, action: str, row: Any) -> bool:
        """Whether the actor may do `action` to this row."""
        return action in per_request(_may_key(row), lambda: self.datamodel.rights(row, CHANGES))

    def keep_rights(self, found: Iterable[Any], held: Iterable[frozenset[str]]) -> None:
        """Remember which of CHANGES the actor may do to rows that were read with `rows.marks`."""
        for row, rights in zip(found, held, strict=True):
            per_request(_may_key(row), partial(set, rights))

    def hidden_fields(self, row: Any) -> Sequence[str]:
        """The fields of this row that the actor must not read."""
        return () if not self.editors_only or self.may("edit", row) else self.editors_only

    def url(self, method: str, **values: Any) -> str:
        """The URL of one of this view's methods; of a row by `pk`."""
        if "pk" not in values or not values.keys() <= OF_A_ROW:
            return url_for(f"{self.endpoint}.{method}", **values)
        address = self.url_prefix(method) + str(values["pk"])
        version = values.get("row_version")
        return address if version is None else f"{address}?row_version={version}"

    def url_prefix(self, method: str) -> str:
        """The URL of a method without the row's id: url_for is too slow for each line of a list."""
        found = self._addresses.get(method)
        if found is None:
            found = url_for(f"{self.endpoint}.{method}", pk=0).removesuffix("0")
            self._addresses[method] = found
        return found

    def page_of(self, row: Any) -> str | None:
        """The URL of a row's page; None where there is none that the actor may open."""
        view = view_of(row)
        if view is None or not view.is_accessible():
            return None
        return view.url("show", pk=row.id)

    def is_accessible(self) -> bool:
        """Whether the actor may read here, and the feature is on."""
        return self.can("read") and (
            self.setting is None or current_actor().is_enabled(self.setting)
        )

    def field_of(self, row: Any, name: str) -> Field:
        """The value as displayed; slices override it to add a warning or a colour."""
        shown = display_field(row, name, self.page_of)
        # A form has six columns, a record three: only the full width means the same in both.
        shown.width = "w6" if self.widths.get(name) == "w6" else ""
        return shown

    # Answers ────────────────────────────────────────────────────────────────────────────────────

    def render(self, template: str, status: int = 200, **context: Any) -> ResponseReturnValue:
        return render_template(template, view=self, **context), status

    def to_record(self, row: Any, message: str = "", undo_url: str = "") -> ResponseReturnValue:
        """A 303 redirect to the row's page, with a flashed message."""
        flash_saved({"text": message, "undo_url": undo_url} if message and undo_url else message)
        return redirect(self.page_of(row) or self.url("show", pk=row.id), 303)

    def after_act(self, row: Any, message: str = "", undo_url: str = "") -> ResponseReturnValue:
        """As `to_record`, but back to the list where the action stood in the menu of a row."""
        answer = self.to_record(row, message, undo_url)
        came_from = self.list_left()
        return redirect(came_from, 303) if came_from else answer

    def list_left(self) -> str:
        """The URL of this table's list with its filters where the request comes from it, or ""."""
        came_from = current_path()
        return came_from if came_from.partition("?")[0] == self.url("list") else ""

    def is_child_list(self, name: str) -> bool:
        """Whether `name` is a list of child rows, which only their parent's form edits."""
        relation = inspect(self.datamodel.obj).relationships.get(name)
        return relation is not None and issubclass(relation.mapper.class_, Child)

    def relations(self, names: Iterable[str]) -> list[str]:
        """The to-one relationships among `names`."""
        mapped = inspect(self.datamodel.obj).relationships
        return [name for name in names if name in mapped and not mapped[name].uselist]

    def moving_words(self, count: int, merged: type[Any]) -> str:
        """What a merge of records of the table `merged` says of its links to rows of this one."""
        return _("%(what)s that move to it: %(num)s", what=self.words("list_title"), num=count)

    def words(self, name: str) -> str:
        return str(getattr(self, name) or _("Record"))


def _is_page() -> bool:
    """Whether the address asked for is that of a record, with a tab perhaps."""
    return str(request.endpoint).endswith(".show")


def _may_key(row: Any) -> tuple[Any, ...]:
    return ("may", type(row), row.id, row.row_version)


def all_views() -> Sequence[Any]:
    """Every page class of the application, in the order of the menu."""
    return _registered().every


def flash_saved(message: Any) -> None:
    """Tell the next page that the posted form is saved; the browser then discards its draft."""
    if message:
        flash(message, "success")
    if draft := request.form.get("draft"):
        flash(draft, "saved")


def tabs_of(model: type[Any]) -> list[tuple[Any, str]]:
    """(view, relationship) of each list that is a tab of the records of `model`."""
    return [
        (view, relation)
        for view in all_views()
        for relation in view.tab_of
        if target_of(view.datamodel.obj, relation) is model
    ]


def views_of(model: type[Any]) -> Sequence[Any]:
    """The views of a table; where there are several, `has_page_of` decides for each row."""
    return _registered().by_model.get(model, ())


def view_of(row: Any) -> Any:
    """The view that has the page of `row`, or None."""
    return next((view for view in views_of(type(row)) if view.has_page_of(row)), None)


@dataclass(frozen=True)
class _Registered:
    """The views of an application, indexed once."""

    every: Sequence[Any]
    by_model: Mapping[type[Any], Sequence[Any]]


def _registered() -> _Registered:
    extensions = current_app.extensions
    found: _Registered | None = extensions.get("crm.views")
    if found is None:
        every = [view for view in extensions["appbuilder"].baseviews if isinstance(view, BaseView)]
        by_model: dict[type[Any], list[Any]] = {}
        for view in every:
            by_model.setdefault(view.datamodel.obj, []).append(view)
        found = extensions["crm.views"] = _Registered(every, by_model)
    return found
