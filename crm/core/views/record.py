"""/X/show/<id>: the record, its tabs, its history; /X/field/…: one value changed in place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import abort, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import ColumnElement, Select, func, inspect, literal, select, union_all

from crm.core.actor import current_actor
from crm.core.db import transaction
from crm.core.errors import DomainError
from crm.core.forms import Form, FormField
from crm.core.journal import Journal, history
from crm.core.models import spec_of
from crm.core.models.text import write_instant, write_number, written
from crm.core.types import Words
from crm.core.views.base import PK, Action, Group, all_views
from crm.core.views.list import ListPage, ListPages, Note
from crm.core.views.shown import Field, zone

HISTORY = "history"


@dataclass
class Tab:
    """A tab of a record."""

    key: str
    label: str
    url: str
    current: bool
    count: str | None = None


@dataclass
class Entry:
    """A change of the journal, in words."""

    who: str
    when: str
    action_text: str
    changes: list[tuple[str, str, str]]
    initials: str = ""
    hue: str = ""


@dataclass
class Panel:
    """A read-only block beside or below the fields; `first` puts it above the side's groups."""

    title: str
    first: bool = False
    html: Markup | str = ""
    lines: list[Field] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    empty: str = ""
    url: str = ""
    url_label: str = ""
    meta: str = ""
    actions: list[Action] = field(default_factory=list)


@dataclass
class Address:
    """A postal address as a block; `tags` say what it is used for."""

    title: str
    lines: list[str]
    tags: list[str]
    edit_url: str = ""


@dataclass
class RecordPage:
    """Everything templates/core/record.html places."""

    title: str
    id: int
    crumbs: list[tuple[str, str]]
    actions: list[Action] = field(default_factory=list)
    menu: list[Action] = field(default_factory=list)
    idline: list[Field] = field(default_factory=list)
    tabs: list[Tab] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    side: list[Group] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)
    read_panels: list[Panel] = field(default_factory=list)
    figures: list[tuple[str, str, str]] = field(default_factory=list)
    stages: list[Any] = field(default_factory=list)
    related: ListPage | None = None
    history: list[Entry] | None = None
    panel: Markup | None = None
    row_version: int | None = None
    edit_url: str = ""
    field_url: str = ""
    notice: Note | None = None


class RecordPages(ListPages):
    """The record page and its fragments."""

    show_template = "core/record.html"

    @expose(f"/show/{PK}")
    @has_access
    def show(self, pk: int) -> ResponseReturnValue:
        row = self.row(pk, names=self.shown_names())
        page = self.record_page(row)
        self.put_tab(page, row, request.args.get("tab", ""))
        return self.render(self.show_template, page=page, row=row)

    record_relations: Sequence[str] = ()

    def shown_names(self) -> list[str]:
        """What the record shows; a slice adds in `record_relations` what its own blocks read."""
        sets = [*(self.show_fieldsets or ()), *self.side_fieldsets]
        fields = [name for _title, names in self.fieldsets(sets) for name in names]
        return self.visible([*self.idline, *fields, *self.record_relations])

    def record_page(self, row: Any) -> RecordPage:
        """The head of a record, whichever tab is open."""
        page = RecordPage(str(row), row.id, [(self.words("list_title"), self.url("list"))])
        editable = self.may_edit(row)
        page.row_version = getattr(row, "row_version", None)
        if editable:
            page.edit_url = self.url("edit", pk=row.id)
            page.field_url = self.url("show", pk=row.id).replace("/show/", "/field/")
        page.idline = [self.field_of(row, name) for name in self.visible(self.idline)]
        edit = [Action(_("Edit"), page.edit_url, "pencil", key="E")] if editable else []
        page.actions = [*edit, *self.head_actions(row)]
        page.menu = self.record_menu(row, editable)
        page.notice = self.notice(row)
        return page

    def may_edit(self, row: Any) -> bool:
        """Whether the record offers to be changed."""
        return "edit" not in self.exclude_route_methods and self.may("edit", row)

    def head_actions(self, row: Any) -> list[Action]:
        """Buttons of the head: those of upper slices, the record's own, the primary one last."""
        actions = [
            *(a for v, r in reversed(self.lists_here(row)) for a in v.actions_on(row, r)),
            *self.record_actions(row),
        ]
        return sorted(actions, key=lambda action: action.primary)

    def record_actions(self, row: Any) -> list[Action]:
        """The record's own buttons of the head; the last one may be the page's primary."""
        return []

    def actions_on(self, parent: Any, relation: str) -> list[Action]:
        """What this list offers in the head of the record it hangs on: to add to it, mostly."""
        return []

    def panel_on(self, parent: Any, relation: str) -> Panel | None:
        """What this list says in the side column of the record it hangs on."""
        return None

    def record_menu(self, row: Any, editable: bool) -> list[Action]:
        """The "…" of the head; what destroys stands last."""
        menu: list[Action] = []
        if "delete" not in self.exclude_route_methods and self.may("delete", row):
            url = self.url("delete", pk=row.id)
            confirm = "" if self.datamodel.has_bin else _("This cannot be undone.")
            menu.append(Action(_("Delete"), url, "trash", "post", danger=True, confirm=confirm))
        return menu

    def notice(self, row: Any) -> Note | None:
        """A record of another company than the one chosen in the top bar says so (design)."""
        actor = current_actor()
        company_id = getattr(row, "company_id", None)
        if actor.active_company_id in (None, company_id) or company_id is None:
            return None
        company = actor.company_of(company_id)
        name = company.name if company else ""
        return Note("info", _("This record belongs to %(company)s.", company=name))

    # Tabs ───────────────────────────────────────────────────────────────────────────────────────

    def put_tab(self, page: RecordPage, row: Any, chosen: str) -> None:
        """The tabs of the record, and what the chosen one shows."""
        related = self.lists_here(row)
        counts = self._tab_counts(related, row)
        keys = [
            "",
            *(_tab_key(view, relation) for view, relation in related),
            *self._history_keys(),
            *self.extra_tabs(),
        ]
        if chosen not in keys:
            abort(404)
        here = self.url("show", pk=row.id)
        page.tabs = [Tab("", self.first_tab(), here, chosen == "")]
        for view, relation in related:
            key = _tab_key(view, relation)
            title = str(view.tab_titles.get(relation) or view.words("list_title"))
            page.tabs.append(Tab(key, title, f"{here}?tab={key}", key == chosen, counts.get(key)))
        for key, label in self.extra_tabs().items():
            page.tabs.append(Tab(key, str(label), f"{here}?tab={key}", key == chosen))
        if self._history_keys():
            page.tabs.append(Tab(HISTORY, _("Journal"), f"{here}?tab={HISTORY}", chosen == HISTORY))
        if chosen == HISTORY:
            page.history = self.history_of(row)
        elif chosen in self.extra_tabs():
            self.put_extra(page, row, chosen)
        elif chosen:
            view, relation = next(pair for pair in related if _tab_key(*pair) == chosen)
            page.related = view.as_tab(row, relation, here, chosen)
        else:
            self.put_first(page, row)

    def extra_tabs(self) -> Mapping[str, Any]:
        """Tabs of this table alone: key → label."""
        return {}

    def put_extra(self, page: RecordPage, row: Any, chosen: str) -> None:
        """Fill the page for one of `extra_tabs`."""

    def first_tab(self) -> str:
        return _("Information")

    def _history_keys(self) -> list[str]:
        return [HISTORY]

    def put_first(self, page: RecordPage, row: Any) -> None:
        """The first tab: the fields, in groups, and the side column."""
        page.groups = self.groups(row, self.show_fieldsets)
        page.side = self.groups(row, self.side_fieldsets)
        told = (view.panel_on(row, relation) for view, relation in self.lists_here(row))
        page.panels = [panel for panel in told if panel is not None]
        if page.field_url:
            names = set(self.in_place())
            for group in [*page.groups, *page.side]:
                for one in group.fields:
                    one.editable = one.name in names

    def groups(self, row: Any, sets: Any) -> list[Group]:
        return [
            Group(title, [self.field_of(row, name) for name in names])
            for title, names in self.fieldsets(sets)
        ]

    def lists_here(self, row: Any) -> list[tuple[Any, str]]:
        """(view, relationship) of each list that hangs on this record, if the actor may read it."""
        actor = current_actor()
        found = [
            (view, relation)
            for view in all_views()
            for relation in view.tab_of
            if inspect(view.datamodel.obj).relationships[relation].mapper.class_ is type(row)
            and view.can("read")
            and (view.setting is None or actor.on(view.setting))
            and view.is_visible(relation, actor)
        ]
        return sorted(found, key=lambda pair: pair[0].tab_place)

    def _tab_counts(self, related: Sequence[tuple[Any, str]], row: Any) -> dict[str, str]:
        """The number on each tab, in one statement."""
        parts = []
        for view, relation in related:
            model = view.datamodel.obj
            inner = select(model.id).where(belongs(model, relation, row)).limit(1000).subquery()
            key = _tab_key(view, relation)
            parts.append(
                select(literal(key).label("key"), func.count().label("n")).select_from(inner)
            )
        if not parts:
            return {}
        found = self.datamodel.session.execute(union_all(*parts))
        return {one.key: write_number(int(one.n)) for one in found if one.n}

    def as_tab(self, parent: Any, relation: str, path: str, tab: str) -> ListPage:
        """This list, of what belongs to `parent`, with a way to add to it."""
        address = self.address(path, keep=("tab",))
        address.rest = [("tab", tab)]
        # Of the parent, and no further: its company may be another than the one chosen on top.
        about = [belongs(self.datamodel.obj, relation, parent)]
        page: ListPage = self.list_page(address, full=False, about=about, without=relation)
        if page.add_url:
            page.add_url = self.url("add", **{relation: parent.id})
        page.export_url = page.bin_url = ""
        page.totals_url = ""
        return page

    # History ────────────────────────────────────────────────────────────────────────────────────

    def history_of(self, row: Any) -> list[Entry]:
        """The journal of a row, in words; fields that are hidden now are left out."""
        entries = history(self.datamodel.session, row)
        names = self._names_behind(type(row), entries)
        return [entry for one in entries if (entry := self._entry(type(row), one, names))]

    def _entry(
        self, model: type[Any], one: Journal, names: Mapping[tuple[type[Any], int], str]
    ) -> Entry | None:
        changes = []
        for name, (before, after) in one.changes.items():
            shown = self._change(model, name, before, after, names)
            if shown is not None and one.action != "created":
                changes.append(shown)
        if one.action == "changed" and not changes:
            return None
        who = f"{one.user.first_name} {one.user.last_name}".strip() if one.user else _("Automatic")
        return Entry(who, write_instant(one.at, zone()), action_words(one.action), changes)

    def _change(
        self,
        model: type[Any],
        name: str,
        before: Any,
        after: Any,
        names: Mapping[tuple[type[Any], int], str],
    ) -> tuple[str, str, str] | None:
        root = name.removesuffix("_id")
        if not self.is_visible(root, current_actor()) or self.is_hidden_in_history(root):
            return None
        try:
            spec = spec_of(model, name)
        except KeyError:
            return self._child_change(model, name, before, after)
        target = _target_of(model, name)
        texts = [_told(spec, value, target, names) for value in (before, after)]
        return str(spec.label), texts[0], texts[1]

    def is_hidden_in_history(self, name: str) -> bool:
        """Whether this actor must not read the old values of a field."""
        return False

    def _child_change(
        self, model: type[Any], name: str, before: Any, after: Any
    ) -> tuple[str, str, str] | None:
        """A change of a line, told as `quote_line.quantity`."""
        table, dot, column = name.partition(".")
        for relation in inspect(model).relationships if dot else ():
            if relation.mapper.class_.__tablename__ == table:
                try:
                    label = str(spec_of(relation.mapper.class_, column).label)
                except KeyError:
                    return None
                return label, _plain(before), _plain(after)
        return None

    def _names_behind(
        self, model: type[Any], entries: Sequence[Journal]
    ) -> dict[tuple[type[Any], int], str]:
        """The labels of every row that the entries point to: one filtered statement a table."""
        wanted: dict[type[Any], set[int]] = {}
        for one in entries:
            for name, pair in one.changes.items():
                target = _target_of(model, name)
                ids = {v for v in pair if isinstance(v, int)} if target is not None else set()
                if target is not None and ids:
                    wanted.setdefault(target, set()).update(ids)
        names = {}
        for target, ids in wanted.items():
            statement: Select[Any] = select(target).where(target.id.in_(ids))
            for found in self.datamodel.session.scalars(statement).unique():
                names[target, found.id] = _label(found)
        return names

    # One field in place ─────────────────────────────────────────────────────────────────────────

    def in_place(self) -> list[str]:
        """The fields of the edit form that may be changed on the record itself."""
        actor_sees = self.visible(self.edit_columns or ())
        return [n for n in actor_sees if n not in self.readonly_in_place and n not in self.children]

    @expose(f"/field/{PK}/<name>", methods=("GET", "POST"))
    @has_access
    def field(self, pk: int, name: str) -> ResponseReturnValue:
        """The input of one value (GET), and its saving (POST)."""
        row = self.row(pk, "edit")
        if name not in self.in_place():
            abort(404)
        form = Form(self.datamodel, [name], picker=self.picker_base(), widths=self.widths)
        form.about(row)
        before = stored(row, [name])
        if request.method == "GET":
            return self._field_edit(row, form.show(before), name)
        if form.read(request.form, before) and self._saved(row, form):
            return self.render(
                "core/parts/field_read.html",
                field=self._read_field(row, name),
                page=self.record_page(row),
                others=self._others(row, name),
            )
        return self._field_edit(self.row(pk, "edit"), form, name, 422)

    def _read_field(self, row: Any, name: str) -> Field:
        shown = self.field_of(row, name)
        shown.editable = True
        return shown

    def _others(self, row: Any, name: str) -> list[Field]:
        """Computed values of the page, which this change may have moved."""
        names = [
            n
            for _title, group in self.fieldsets(
                [*(self.show_fieldsets or ()), *self.side_fieldsets]
            )
            for n in group
        ]
        return [
            self.field_of(row, n) for n in names if n != name and spec_of(type(row), n).readonly
        ]

    def _saved(self, row: Any, form: Form) -> bool:
        version = request.form.get("row_version", "")
        try:
            with transaction():
                self.datamodel.update(
                    row, form.values, int(version) if version.isdecimal() else None
                )
        except DomainError as error:
            if error.status == 409:
                raise
            form.refuse(error.message, error.fields)
            return False
        return True

    def _field_edit(
        self, row: Any, form: Form, name: str, status: int = 200
    ) -> ResponseReturnValue:
        form.offer()
        field: FormField = form.fields[name]
        field.errors = [*field.errors, *form.form_errors]
        return self.render(
            "core/parts/field_edit.html",
            status,
            field=field,
            action=request.path,
            row_version=row.row_version,
            page=self.record_page(row),
        )

    def picker_base(self) -> str:
        return self.url("pick", name="x")[:-2]


def belongs(model: type[Any], relation: str, parent: Any) -> ColumnElement[bool]:
    """The condition that a row of `model` hangs on `parent` by `relation`."""
    attribute = getattr(model, relation)
    if inspect(model).relationships[relation].uselist:
        return attribute.any(type(parent).id == parent.id)
    return attribute == parent


def stored(row: Any, names: Sequence[str]) -> dict[str, Any]:
    """The values of a row by name, and the keys behind its links."""
    mapper = inspect(type(row))
    values = {name: getattr(row, name) for name in names}
    for name in names:
        if name in mapper.relationships and not mapper.relationships[name].uselist:
            local = next(iter(mapper.relationships[name].local_columns))
            values[f"{name}_id"] = getattr(row, mapper.get_property_by_column(local).key)
    if hasattr(row, "currency"):
        values.setdefault("currency", row.currency)
    return values


def action_words(action: str) -> str:
    """What a journal entry says happened."""
    return {
        "created": _("created this record"),
        "changed": _("changed this record"),
        "deleted": _("put this record in the bin"),
        "restored": _("restored this record"),
    }.get(action, _("removed this record"))


def _tab_key(view: Any, relation: str) -> str:
    return f"{view.route_base.strip('/').replace('/', '-')}.{relation}"


def _target_of(model: type[Any], name: str) -> type[Any] | None:
    mapper = inspect(model)
    if name not in mapper.columns or not mapper.columns[name].foreign_keys:
        return None
    column = mapper.columns[name]
    for relation in mapper.relationships:
        if column in relation.local_columns and not relation.uselist:
            found: type[Any] = relation.mapper.class_
            return found
    return None


def _told(
    spec: Any, value: Any, target: type[Any] | None, names: Mapping[tuple[type[Any], int], str]
) -> str:
    """A journaled value in the reader's language."""
    if value is None or value == "":
        return ""
    if target is not None:
        return names.get((target, value), _("Not available"))
    if spec.kind == "references":
        return str(value)  # links are journaled by their labels
    return written(spec, _revived(spec, value), zone=zone())


def _revived(spec: Any, value: Any) -> Any:
    """The Python value behind its JSON form."""
    match spec.kind:
        case "date":
            return date.fromisoformat(value)
        case "instant" | "next":
            return datetime.fromisoformat(value)
        case "money" | "decimal" | "percent":
            return Decimal(value)
        case "translated":
            return Words(value)
        case _:
            return value


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


def _label(row: Any) -> str:
    return f"{row.first_name} {row.last_name}".strip() if isinstance(row, User) else str(row)
