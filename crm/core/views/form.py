"""/X/add and /X/edit/<id>: one form, saved by one road, that never loses what was typed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flask import request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.core.db import transaction
from crm.core.errors import Conflict, DomainError
from crm.core.forms import Form
from crm.core.journal import history
from crm.core.models import spec_of
from crm.core.models.text import write_instant
from crm.core.rows import fetch
from crm.core.views.base import PK, Group
from crm.core.views.inplace import InPlacePages, posted_version, stored
from crm.core.views.pages import Note
from crm.core.views.prefill import Prefill, read_prefill
from crm.core.views.shown import zone


@dataclass
class FormPage:
    """Everything templates/core/form.html places."""

    title: str
    action: str
    crumbs: list[tuple[str, str]]
    groups: list[Group]
    cancel_url: str
    submit_label: str
    draft_key: str
    row_version: int | None = None
    errors: list[tuple[str, str, str]] = field(default_factory=list)
    form_errors: list[str] = field(default_factory=list)
    hidden: list[tuple[str, str]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    enctype: str = ""
    has_required: bool = False
    preview_url: str = ""
    intro: str = ""
    danger: bool = False
    cancel_label: str = ""
    aside: list[Any] = field(default_factory=list)


@dataclass
class ConflictPage:
    """Both versions of a record, field by field."""

    title: str
    who: str
    when: str
    action: str
    cancel_url: str
    fields: list["Differing"]
    hidden: list[tuple[str, str]]
    merged_count: int = 0
    joinable: list[tuple[str, str]] = field(default_factory=list)
    crumbs: list[tuple[str, str]] = field(default_factory=list)


class Differing(NamedTuple):
    """One field that two people changed; the texts are for reading, `typed` is what was typed."""

    name: str
    label: str
    yours: str
    saved: str
    before: str
    typed: list[str]


class FormPages(InPlacePages):
    """Create and change."""

    add_template = edit_template = "core/form.html"

    @expose("/add", methods=("GET", "POST"))
    @has_access
    def add(self) -> ResponseReturnValue:
        form = self.form(self.add_names())
        form.files = request.files
        given = self.given(form)
        if request.method == "GET":
            form.show(self.datamodel.defaults(given.values))
            return self._add_page(form, given)
        if form.read(request.form) and (row := self._created(form, given.values)) is not None:
            return self.to_record(row, self.created_message(row))
        return self._add_page(form, given, 422)

    @expose(f"/edit/{PK}", methods=("GET", "POST"))
    @has_access
    def edit(self, pk: int) -> ResponseReturnValue:
        return self.change(self.row(pk, "edit", self.visible(self.edit_columns or ())))

    def change(self, row: Any) -> ResponseReturnValue:
        """The form of a row (GET), and its saving (POST)."""
        pk, names = row.id, self.edit_names(row)
        form = self.form(names, row).about(row)
        before = stored(row, names)
        if request.method == "GET":
            return self._edit_page(row, form.show(before))
        version = posted_version()
        form.files = request.files
        ok = form.read(request.form, before)
        settle(form, before)
        if row.row_version != version:
            return self._conflict(row, form, version)
        try:
            if ok and self._changed(row, form, version):
                return self.to_record(row, self.changed_message(row))
        except Conflict:
            return self._conflict(fetch(self.datamodel.session, type(row), pk), form, version)
        return self._edit_page(self.row(pk, "edit"), form, 422)

    # Which fields ───────────────────────────────────────────────────────────────────────────────

    def add_names(self) -> list[str]:
        return self.visible(self.add_columns or ())

    def edit_names(self, row: Any) -> list[str]:
        """The fields that may be changed now; the company is chosen once, at creation."""
        return [name for name in self.visible(self.edit_columns or ()) if name != "company"]

    def form(self, names: list[str], row: Any = None) -> Form:
        """The form of these fields, for `row` or for a new one."""
        return Form(
            self.datamodel,
            names,
            picker=self.picker_base(),
            widths=self.widths,
            children=self.children,
            outputs=self.live_columns,
        )

    def given(self, form: Form) -> Prefill:
        """What the address says of the new record: `?account=7`, from the tab it was added from."""
        names = [*self.add_names(), *self.tab_of]
        return read_prefill(form, [name for name in names if not self.is_of_lines(name)])

    # Saving ─────────────────────────────────────────────────────────────────────────────────────

    def _created(self, form: Form, given: Mapping[str, Any]) -> Any:
        kept = {name: value for name, value in given.items() if name not in form.fields}
        try:
            with transaction():
                row = self.datamodel.create({**kept, **form.values})
                self.saved(row, form)
        except DomainError as error:
            form.refuse(error.message, error.fields)
            return None
        return row

    def _changed(self, row: Any, form: Form, version: int) -> bool:
        try:
            with transaction():
                self.datamodel.update(row, form.values, version)
                self.saved(row, form)
        except Conflict:
            raise
        except DomainError as error:
            form.refuse(error.message, error.fields)
            return False
        return True

    def saved(self, row: Any, form: Form) -> None:
        """Inside the transaction, after the row was flushed: a slice's files, for one."""

    def created_message(self, row: Any) -> str:
        return _("%(name)s created", name=row)

    def changed_message(self, row: Any) -> str:
        return _("%(name)s saved", name=row)

    # Pages ──────────────────────────────────────────────────────────────────────────────────────

    def _add_page(self, form: Form, given: Prefill, status: int = 200) -> ResponseReturnValue:
        page = self.form_page(form, self.words("add_title"), here_path(), self.url("list"), "add")
        page.notes += [Note("warn", text) for text in given.wrong]
        return self.render(self.add_template, status, page=page, form=form)

    def _edit_page(self, row: Any, form: Form, status: int = 200) -> ResponseReturnValue:
        url = self.way_back(row)
        page = self.form_page(form, self.words("edit_title"), request.path, url, str(row.id))
        page.crumbs = self.crumbs_of(row)
        page.row_version = row.row_version
        # A form that comes back keeps the version it was opened with.
        version = request.form.get("row_version", "") or str(row.row_version)
        page.hidden.append(("row_version", version))
        return self.render(self.edit_template, status, page=page, form=form, row=row)

    def form_page(self, form: Form, title: str, action: str, cancel_url: str, key: str) -> FormPage:
        form.offer()
        self.prepare_form(form)
        sets = self.add_fieldsets if key == "add" else self.edit_fieldsets
        groups = []
        for group_title, names in self.fieldsets(sets or [(None, {"fields": list(form.fields)})]):
            fields = [form.fields[name] for name in names if name in form.fields]
            if fields:
                groups.append(Group(group_title, fields))
        page = FormPage(
            title, action, self.crumbs_of(), groups, cancel_url,
            _("Save"), f"{self.route_base.strip('/')}/{key}",
        )  # fmt: skip
        page.errors = [(f.id, f.label, text) for f in form.fields.values() for text in f.errors]
        page.form_errors = form.form_errors
        page.has_required = any(f.spec.required for f in form.fields.values())
        if any(f.kind in ("file", "picture") for f in form.fields.values()):
            page.enctype = "multipart/form-data"
        return page

    def way_back(self, row: Any) -> str:
        """Where the form of a row is left for."""
        return self.page_of(row) or self.url("list")

    def crumbs_of(self, row: Any = None) -> list[tuple[str, str]]:
        """What stands above a form."""
        crumbs = [(self.words("list_title"), self.url("list"))]
        return crumbs if row is None else [*crumbs, (str(row), self.way_back(row))]

    def prepare_form(self, form: Form) -> None:
        """A slice's last word on the inputs: units, notes, which choices to leave out."""

    # Two editors ────────────────────────────────────────────────────────────────────────────────

    def _conflict(self, row: Any, form: Form, version: int) -> ResponseReturnValue:
        """Both versions; what only one of the two changed is merged without a question."""
        saved = self.form(list(form.fields), row).show(stored(row, list(form.fields))).offer()
        form.offer()
        old = self._before(row, version)
        page = ConflictPage(
            _("Two versions of this record"), *self._last_change(row), request.path,
            self.way_back(row), [], [("row_version", str(row.row_version))],
            crumbs=self.crumbs_of(row),
        )  # fmt: skip
        for name, mine in form.fields.items():
            if mine.kind == "output":
                continue
            theirs = saved.fields[name]
            if posted_pairs(mine) == posted_pairs(theirs) or in_words(mine) == old.get(name):
                page.hidden += posted_pairs(theirs)  # not touched here: the saved value stands
                continue
            page.hidden += posted_pairs(mine)
            if name not in old:  # nobody else touched this field: what was typed stands
                page.merged_count += 1
                continue
            texts = (in_words(mine), in_words(theirs), old[name])
            page.fields.append(
                Differing(name, mine.label, *texts, [v for _n, v in posted_pairs(mine)])
            )
            if mine.kind == "longtext" and mine.text and theirs.text:
                page.joinable.append((name, mine.label))
        return self.render("core/conflict.html", 409, page=page, form=form, row=row)

    def _before(self, row: Any, version: int) -> dict[str, str]:
        """The fields that others changed since `version`, with what stood there before."""
        entries = self.history_of(row)
        names = {str(self._label(name)): name for name in self.edit_columns or ()}
        since = max(row.row_version - version, 0)
        old: dict[str, str] = {}
        for entry in reversed(entries[:since]):
            for label, before, __ in entry.changes:
                if label in names:
                    old.setdefault(names[label], before)
        return old

    def _label(self, name: str) -> Any:
        return spec_of(self.datamodel.obj, name).label

    def _last_change(self, row: Any) -> tuple[str, str]:
        last = next(iter(history(self.datamodel.session, row, 1)), None)
        if last is None or last.user is None:
            return "", ""
        return f"{last.user.first_name} {last.user.last_name}".strip(), write_instant(
            last.at, zone()
        )


def settle(form: Form, before: Mapping[str, Any]) -> None:
    """Follow the choices made on the conflict page: keep what is saved, or join two texts."""
    for name in form.fields:
        if request.form.get(f"join_{name}") and form.values.get(name):
            form.values[name] = f"{before[name]}\n\n{form.values[name]}"
        elif request.form.get(f"choice_{name}") == "saved":
            form.values.pop(name, None)


def here_path() -> str:
    """The form posts back to its own address, with what it was given."""
    return request.full_path.rstrip("?")


def posted_pairs(field: Any) -> list[tuple[str, str]]:
    """(name, value) as the browser would send the field."""
    if field.kind == "rows":
        pairs = [(field.count_name, str(len(field.rows)))]
        return pairs + [pair for line in field.rows for part in line for pair in posted_pairs(part)]
    if field.kind == "translated":
        return [(name, text) for __, __, text, name in field.parts]
    if field.kind == "boolean":
        return [(field.name, "1")] if field.text in ("1", "on", "True", "true") else []
    return [(field.name, text) for text in field.texts or [""]]


def in_words(field: Any) -> str:
    """What a field of a form says, for a reader."""
    if field.kind == "rows":
        count = len(field.rows)
        return ngettext("%(num)s line", "%(num)s lines", count)
    if field.kind == "boolean":
        return _("Yes") if posted_pairs(field) else _("No")
    chosen = [option.text for option in field.options if option.selected]
    if field.options:
        return ", ".join(chosen)
    return ", ".join(text for __, text in posted_pairs(field) if text)
