"""/X/add and /X/edit/<id>: the form; whatever goes wrong, the typed values are kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import flash, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from crm.core.datamodel.rules import Values
from crm.core.db import transaction
from crm.core.errors import Conflict, DomainError, NotFound
from crm.core.forms import Form
from crm.core.views.base import PK, FieldGroup
from crm.core.views.conflict import apply_choices, line_digests, stored_values
from crm.core.views.inplace import InPlacePages, here_path
from crm.core.views.pages import Note
from crm.core.views.prefill import Prefill, read_prefill
from crm.core.views.uploads import store_pictures
from crm.core.views.versions import ConcurrentEdit, posted_version

# Among the posted values: nothing is saved, the form is shown again as another one.
SHOW = "show"


@dataclass
class FormPage:
    """Everything templates/core/form.html places."""

    title: str
    action: str
    crumbs: list[tuple[str, str]]
    groups: list[FieldGroup]
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
    bar_figure: tuple[str, str] | None = None  # (name, label) of a figure in the save bar
    intro: str = ""
    danger: bool = False
    cancel_label: str = ""
    aside: list[Any] = field(default_factory=list)
    concurrent_edit: ConcurrentEdit | None = None
    is_short: bool = False  # some of the fields, with a way to the whole form
    shows: list[tuple[str, str, str, bool]] = field(default_factory=list)  # other forms, as buttons
    live_url: str = ""  # answers a post of the form with HTML, to be shown beside it
    asks: bool = False  # saving it may lead to a question first, which opens as a dialog


class FormPages(InPlacePages):
    """Create and change."""

    add_template = edit_template = "core/form.html"

    @expose("/add", methods=("GET", "POST"))
    @has_access
    def add(self) -> ResponseReturnValue:
        form = self.form(self.add_names())
        form.files = request.files
        given = self.prefill(form)
        if request.method == "GET" or SHOW in request.form:
            self.open_form(form, given.values)
            return self.add_page(form, given)
        form.read(request.form)
        if (row := self._created(form, given.values)) is not None:
            return self.added(row, self.created_message(row))
        return self.add_page(form, given, form.status)

    @expose(f"/edit/{PK}", methods=("GET", "POST"))
    @has_access
    def edit(self, pk: int) -> ResponseReturnValue:
        return self.change(self.row(pk, "edit", self.visible(self.edit_columns or ())))

    def change(self, row: Any) -> ResponseReturnValue:
        """The form of a row (GET), and its saving (POST)."""
        pk, names = row.id, self.edit_names(row)
        form = self.form(names, row).set_context(row)
        before = stored_values(row, names)
        if request.method == "GET":
            return self._edit_page(row, form.fill(before))
        version, asked = posted_version(), self.visible(self.edit_columns or ())
        form.files = request.files
        form.read(request.form, before)
        apply_choices(form, before)
        told = self.concurrent_edit(row, version, asked)
        if told is not None:
            return self.conflict(row, form, told)
        try:
            if self._changed(row, form, row.row_version):
                return self.to_record(row, self.changed_message(row))
        except Conflict:
            row = self.row(pk, "edit")
            return self.conflict(
                row, form, self.concurrent_edit(row, version, asked) or ConcurrentEdit()
            )
        return self._edit_page(self.row(pk, "edit"), form, form.status)

    # Which fields ───────────────────────────────────────────────────────────────────────────────

    def add_names(self) -> list[str]:
        return self.visible(self.add_columns or ())

    def prefill(self, form: Form) -> Prefill:
        """Initial values from the query string: `?account=7` from the tab of an account."""
        names = [*self.add_names(), *self.tab_of]
        return read_prefill(form, [name for name in names if not self.is_child_list(name)])

    def open_form(self, form: Form, values: Values) -> None:
        """Fill the form of a new row as it opens."""
        form.fill(self.datamodel.defaults(values))

    def added(self, row: Any, message: str) -> ResponseReturnValue:
        """Where a new row leads to."""
        return self.to_record(row, message)

    # Saving ─────────────────────────────────────────────────────────────────────────────────────

    def _created(self, form: Form, given: Mapping[str, Any]) -> Any:
        kept = {name: value for name, value in given.items() if name not in form.fields}
        return self._save(form, lambda: self.datamodel.create({**kept, **form.known_values()}))

    def _changed(self, row: Any, form: Form, version: int) -> bool:
        def change() -> Any:
            self.datamodel.update(row, form.known_values(), version)
            return row

        return self._save(form, change) is not None

    def _save(self, form: Form, write: Callable[[], Any]) -> Any:
        """The saved row; None where something is wrong, which the form then says."""
        saved: list[Any] = []

        def save() -> None:
            saved.append(write())
            if form.is_read:
                self.after_save(saved[0], form)

        if not self.committed(form, save, lambda: self.before_save(form)):
            return None
        for note in form.notes:
            flash(note, "warning")
        return saved[0]

    def committed(
        self, form: Form, write: Callable[[], None], prepare: Callable[[], None] = lambda: None
    ) -> bool:
        """Whether `write` was committed; where not, the form says what is wrong.

        Where a text could not be read, the rules are asked about the others all the same, and what
        was written is undone: who corrects a form sees all that is wrong with it at once.
        """
        try:
            if form.is_read:
                prepare()
            with transaction():
                write()
                if not form.is_read:
                    raise DomainError
        except (Conflict, NotFound):
            raise
        except DomainError as error:
            if form.is_read or error.status == DomainError.status:
                form.refuse(error.message, error.fields, error.status)
            return False
        return True

    def before_save(self, form: Form) -> None:
        """A hook for slow work, before the transaction. Raises DomainError by field."""
        store_pictures(form)

    def after_save(self, row: Any, form: Form) -> None:
        """A hook inside the transaction, after the flush of the row."""

    def created_message(self, row: Any) -> str:
        return _("%(name)s created", name=row)

    def changed_message(self, row: Any) -> str:
        return _("%(name)s saved", name=row)

    # Pages ──────────────────────────────────────────────────────────────────────────────────────

    def add_page(self, form: Form, given: Prefill, status: int = 200) -> ResponseReturnValue:
        page = self.form_page(form, self.words("add_title"), here_path(), self.url("list"), "add")
        page.notes += [Note("warn", text) for text in given.wrong]
        return self.render(self.add_template, status, page=page, form=form)

    def _edit_page(self, row: Any, form: Form, status: int = 200) -> ResponseReturnValue:
        url = self.return_url(row)
        page = self.form_page(form, self.words("edit_title"), request.path, url, str(row.id))
        page.crumbs = self.breadcrumbs(row)
        page.row_version = row.row_version
        # A form shown again keeps the version and the digests of the lines it was opened with.
        opened = [("row_version", str(row.row_version)), *line_digests(form.fields)]
        page.hidden += [(name, request.form.get(name) or text) for name, text in opened]
        return self.render(self.edit_template, status, page=page, form=form, row=row)

    def form_page(self, form: Form, title: str, action: str, cancel_url: str, key: str) -> FormPage:
        form.load_choices()
        self.prepare_form(form)
        sets = self.add_fieldsets if key == "add" else self.edit_fieldsets
        groups = []
        for group_title, names in self.fieldsets(sets or [(None, {"fields": list(form.fields)})]):
            fields = [form.fields[name] for name in names if name in form.fields]
            if fields:
                groups.append(FieldGroup(group_title, fields))
        page = FormPage(
            title, action, self.breadcrumbs(), groups, cancel_url,
            _("Save"), f"{self.route_base.strip('/')}/{key}",
        )  # fmt: skip
        page.errors = form.summary
        page.form_errors = form.form_errors
        page.has_required = any(f.spec.required for f in form.fields.values())
        if any(f.widget == "file" for f in form.fields.values()):
            page.enctype = "multipart/form-data"
        return page

    def prepare_form(self, form: Form) -> None:
        """A hook to change the inputs: units, help texts, limited choices."""
