"""Importing an .ics file: the form, what it would do, and doing it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

from flask import flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from crm.calendar.importing import services
from crm.calendar.importing.lines import MEGABYTES
from crm.calendar.importing.reading import MOST, Found, read
from crm.calendar.importing.services import ImportPlan
from crm.calendar.rule_words import rule_sentence
from crm.companies.models import Company
from crm.companies.views.owned import OwnedView
from crm.core.actor import current_actor
from crm.core.db import db, transaction
from crm.core.errors import DomainError
from crm.core.files import storage
from crm.core.files.checking import Checked
from crm.core.files.models import StoredFile, is_unused
from crm.core.files.names import clean_name
from crm.core.files.storing import keep
from crm.core.forms import FormField
from crm.core.models import Spec, kinds
from crm.core.models.text import format_day, format_instant, parse_number
from crm.core.types import utcnow
from crm.core.views import Action, FieldGroup, FormPage
from crm.core.views.address import ListAddress
from crm.core.views.pages import ListPage, Note

MEDIA_TYPE = "text/calendar"


@dataclass(frozen=True)
class Line:
    """One event of the file: its subject, when it is for its reader, and what is to be said."""

    subject: str
    when: str
    notes: Sequence[str] = ()


@dataclass
class ImportPage(FormPage):
    """The form, or what the import of a file would do."""

    is_previewed: bool = False
    company: str = ""
    companies: list[tuple[int, str, bool]] = field(default_factory=list)
    created: list[Line] = field(default_factory=list)
    doubled: list[Line] = field(default_factory=list)
    skipped: list[Line] = field(default_factory=list)


class EventImport(OwnedView):
    """The pages of an import; nothing is created before its last button."""

    def import_action(self) -> list[Action]:
        """In the menu of the list."""
        if not self.can("create"):
            return []
        return [Action(_("Import an .ics file"), self.url("import_file"), "upload")]

    @expose("/import", methods=("GET", "POST"))
    @has_access
    def import_file(self) -> ResponseReturnValue:
        """Choose a file (GET), and see what its import would do (POST)."""
        chosen = _file_field()
        if request.method == "GET":
            return self._asked(chosen)
        upload = request.files.get("file")
        try:
            if upload is None or not upload.filename:
                raise DomainError(_("Choose a file."), field="file")
            content = upload.stream.read(MEGABYTES * 1024 * 1024 + 1)
            plan = _plan(content)
        except DomainError as error:
            chosen.errors.append(error.fields.get("file") or str(error))
            return self._asked(chosen, 422)
        stored = _stored(upload, content) if plan.created else None
        return self._previewed(plan, stored, _company())

    @expose("/import_confirm", methods=("POST",))
    @has_access
    def import_confirm(self) -> ResponseReturnValue:
        """Create all of what was shown, or nothing."""
        file, company = _kept(), _company()
        if file is None or company is None:
            flash(_("This file was imported already, or is no longer stored."), "warning")
            return redirect(self.url("import_file"), 303)
        with storage.read(file.key) as opened:
            plan = _plan(opened.read())
        if plan.digest != request.form.get("shown"):
            told = _("Events changed in the meantime. This is what would be imported now.")
            return self._previewed(plan, file, company, told)
        try:
            with transaction():
                count = services.create(plan, db.session.get_one(Company, company.id), file)
        except DomainError as error:
            flash(str(error), "danger")
            return redirect(self.url("import_file"), 303)
        flash(ngettext("%(num)s event imported", "%(num)s events imported", count), "success")
        return redirect(self.opening_url(), 303)

    def _asked(self, chosen: FormField, status: int = 200) -> ResponseReturnValue:
        page = self._page(self.url("import_file"), _("Continue"))
        self._ask(page, chosen)
        return self.render("calendar/import.html", status, page=page)

    def _ask(self, page: ImportPage, chosen: FormField) -> None:
        """Put the form into a page."""
        page.groups = [FieldGroup("", [chosen])]
        page.enctype, page.has_required = "multipart/form-data", True
        page.errors = [(chosen.id, chosen.label, text) for text in chosen.errors]
        actor = current_actor()
        present = actor.company
        if actor.has_several_companies:
            page.companies = [
                (one.id, one.name, one == present) for one in actor.companies if one.active
            ]

    def _previewed(
        self, plan: ImportPlan, file: StoredFile | None, company: Company | None, told: str = ""
    ) -> ResponseReturnValue:
        count = len(plan.created)
        label = ngettext("Import %(num)s entry", "Import %(num)s entries", count)
        page = self._page(self.url("import_confirm"), label)
        page.is_previewed = True
        page.created, page.doubled = _lines(plan.created), _lines(plan.doubled)
        page.skipped = [Line(one.subject, one.reason) for one in plan.skipped]
        if told:
            page.notes = [Note("warn", told)]
        if file is not None and company is not None:
            page.company = company.name if current_actor().has_several_companies else ""
            page.hidden = [
                ("stored", str(file.id)), ("shown", plan.digest), ("company", str(company.id)),
            ]  # fmt: skip
        else:  # nothing to import: another file may be chosen
            page.action, page.submit_label = self.url("import_file"), _("Continue")
            self._ask(page, _file_field())
        return self.render("calendar/import.html", 409 if told else 200, page=page)

    def _page(self, action: str, label: str) -> ImportPage:
        return ImportPage(
            title=_("Import an .ics file"),
            action=action,
            crumbs=[(self.words("list_title"), self.opening_url())],
            groups=[],
            cancel_url=self.opening_url(),
            submit_label=label,
            draft_key="",
        )

    def list_page(self, address: ListAddress, **said: Any) -> ListPage:
        page = super().list_page(address, **said)
        page.menu += self.import_action()
        return page


def _file_field() -> FormField:
    told = _(
        "At most %(size)s MB and %(count)s events. Guests and reminders are not imported, and "
        "nobody is told.",
        size=MEGABYTES,
        count=MOST,
    )
    spec = Spec(_l("File (.ics)"), kinds.TEXT, required=True)
    return FormField("file", spec, widget="file", accept=".ics,.ical,text/calendar", help=told)


def _plan(content: bytes) -> ImportPlan:
    return services.plan_of(read(content, ZoneInfo(current_actor().time_zone), utcnow()))


def _stored(upload: FileStorage, content: bytes) -> StoredFile:
    """Keep the file until it is confirmed; linked by nothing it is deleted a day later."""
    checked = Checked(clean_name(upload.filename), MEDIA_TYPE, BytesIO(content), is_safe=False)
    file = keep(checked)
    with transaction() as session:
        session.add(file)
    return file


def _kept() -> StoredFile | None:
    """The file that was shown: one's own, and stored for an import."""
    pk = parse_number(request.form.get("stored", ""))
    own = select(StoredFile).where(
        StoredFile.id == pk,
        StoredFile.created_by_id == current_actor().user_id,
        StoredFile.media_type == MEDIA_TYPE,
        is_unused(),
    )
    return db.session.scalars(own).first()


def _company() -> Company | None:
    """The company of the new events: the one that was chosen, of one's own."""
    actor = current_actor()
    asked = actor.company_of(parse_number(request.form.get("company", "")))
    facts = asked if asked is not None and asked.active else actor.company
    return db.session.get(Company, facts.id) if facts is not None else None


def _lines(events: Sequence[Found]) -> list[Line]:
    reader = ZoneInfo(current_actor().time_zone)
    return [Line(one.subject, _when(one, reader), _told(one)) for one in events]


def _when(one: Found, reader: ZoneInfo) -> str:
    """When an event is, for its reader; days are the same everywhere."""
    if not one.all_day:
        return format_instant(one.starts_at, reader.key)
    zone = ZoneInfo(one.time_zone)
    return format_day(one.starts_at.astimezone(zone).date())


def _told(one: Found) -> list[str]:
    if one.rule is None:
        return list(one.notes)
    local = one.starts_at.astimezone(ZoneInfo(one.time_zone))
    return [rule_sentence(one.rule, local, all_day=one.all_day), *one.notes]
