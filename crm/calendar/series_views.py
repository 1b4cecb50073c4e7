"""Series on the pages of events: the rule in the form, and the question how far a change goes.

For the calendar: `/events/move/<id>?starts_at=…&ends_at=…` (ISO 8601 with an offset) asks in a
dialog how far a move goes (GET) and moves (POST with the event's `row_version`, and `reach`, "this"
without it); it leads back to the page that it was opened on, or to `back`.
"""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import abort, flash, g, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.calendar import quick, services
from crm.calendar.forms import EventForm
from crm.calendar.guest_views import ASKED as TELL_ASKED
from crm.calendar.guest_views import TELL, is_told
from crm.calendar.invitations import noting
from crm.calendar.models import Event, EventStatus
from crm.calendar.recurrence import Rule, occurrences
from crm.calendar.rule_words import RuleText, describe
from crm.calendar.series import changing, creating, deleting, undoing
from crm.calendar.series.arithmetic import moved_rule
from crm.calendar.series.question import (
    Choice,
    QuestionPage,
    apart_words,
    choices,
    refused_words,
    tell_words,
)
from crm.calendar.series.reach import Reach, Touched
from crm.calendar.series.repeating import PREFIX, Repeat
from crm.calendar.series.telling import neighbor, rule_now, series_sentence
from crm.companies.views.owned import OwnedView
from crm.core.datamodel.rules import Values
from crm.core.datamodel.saving import check_version
from crm.core.db import transaction
from crm.core.errors import Conflict, DomainError
from crm.core.forms import Form
from crm.core.models.dates import check_year
from crm.core.models.text import format_near
from crm.core.security.redirects import HOME, current_path, safe_next
from crm.core.views import PK, Action, Field, FieldGroup, FormPage, Panel, RecordPage
from crm.core.views.conflict import stored_values
from crm.core.views.display import zone

REACH, APART = "reach", "with_apart"
ASKED = (REACH, APART, TELL, TELL_ASKED, "csrf_token")  # what the question itself posts


class SeriesPages(OwnedView):
    """What the pages of events do with series."""

    # The form ───────────────────────────────────────────────────────────────────────────────────

    def form_page(self, form: Form, title: str, action: str, cancel_url: str, key: str) -> FormPage:
        page = super().form_page(form, title, action, cancel_url, key)
        row = form.row
        if isinstance(form, EventForm) and _offers(form):
            repeat = form.repeat or _repeat(row)
            if request.method == "POST" and form.repeat is None:
                repeat = repeat.read(request.form)
            form.repeat = repeat
            form.repeat_start = _start_shown(form)
            form.repeat_url = self.url("repeat", **({"of": row.id} if row is not None else {}))
            group = FieldGroup(_("Recurrence"), [], key=PREFIX)
            page.groups.insert(1, group)
            page.errors += [(f"f-{PREFIX}_{name}", _("Recurrence"), text)
                            for name, text in repeat.errors.items()]  # fmt: skip
            if row is not None and row.series_id is not None:
                page.asks = True
        return page

    def _created(self, form: Form, given: Values) -> Any:
        if not isinstance(form, EventForm) or not _offers(form) or not request.form.get(PREFIX):
            return super()._created(form, given)
        kept = {name: value for name, value in given.items() if name not in form.fields}

        def create() -> Event:
            full = self.datamodel.defaults({**kept, **form.known_values()})
            rule = _posted_rule(form, full)
            if rule is None:
                self.datamodel.create({**kept, **form.known_values()})  # for what else is wrong
                raise DomainError
            return creating.create(full, rule)[0]

        return self._save(form, create)

    def created_message(self, row: Event) -> str:
        if row.series is None:
            return super().created_message(row)
        number = len(row.series.places())
        return ngettext("%(num)s event created", "%(num)s events created", number)

    # Saving ─────────────────────────────────────────────────────────────────────────────────────

    def change(self, row: Event) -> ResponseReturnValue:
        asked = request.method == "POST" and row.series_id is not None
        question = self._question(row) if asked and REACH not in request.form else None
        return question or super().change(row)

    def _question(self, row: Event) -> ResponseReturnValue | None:
        """The question, where what was typed can be read and changes more than an outcome."""
        names = self.edit_names(row)
        form = self.form(names, row).set_context(row)
        assert isinstance(form, EventForm)  # noqa: S101  the form of this view
        form.read(request.form, stored_values(row, names))
        rule = _new_rule(form, row, form.values) if form.is_read else None
        if not form.is_read or (form.repeat and form.repeat.errors):
            return None
        changed = services.changed_names(row, form.values) - {"outcome"}
        without = [Reach.THIS] if rule is not None else []
        offered = choices(row, _saving, without=without)
        if not (changed or rule) or (len(offered) < 2 and rule is None) or not offered:
            return None
        page = self._asking_page(row, _("Save “%(name)s”", name=row), offered)
        page.hidden = [pair for pair in request.form.items(multi=True) if pair[0] not in ASKED]
        page.tells = is_told()
        return self.render("calendar/series_question.html", page=page, row=row)

    def _changed(self, row: Event, form: Form, version: int) -> bool:
        if not isinstance(form, EventForm):
            return super()._changed(row, form, version)

        def change() -> Event:
            check_version(row, version)
            values = form.known_values()
            rule = _new_rule(form, row, values)
            wrong = form.repeat is not None and form.repeat.errors
            reach = Reach.THIS if wrong else _posted_reach()
            found = changing.update(row, values, reach, rule=rule, with_apart=APART in request.form)
            if wrong:
                raise DomainError
            g.touched = found
            return row

        return self._save(form, change) is not None

    def changed_message(self, row: Event) -> str:
        found: Touched | None = g.get("touched")
        if found is None or len(found.events) < 2:
            return super().changed_message(row)
        return ngettext("%(num)s event saved", "%(num)s events saved", len(found.events))

    @expose("/repeat", methods=("POST",))
    @has_access
    def repeat(self) -> ResponseReturnValue:
        """HTML: the rule that is typed in words, with its next dates, and what saving it says."""
        pk = request.args.get("of", type=int)
        row = self.row(pk, "edit") if pk is not None else None
        type_ = row.type if row is not None else quick.asked_type()
        form = EventForm(self.datamodel, ["starts_at", "ends_at", "all_day"], type_=type_)
        if row is not None:
            form.set_context(row)
        form.read(request.form)
        start = form.values.get("starts_at")
        if not isinstance(start, datetime):
            return self.render("calendar/repeat_note.html", text=None, repeat=None)
        values = self.datamodel.defaults({"starts_at": start}) if row is None else form.values
        clock = row.zone if row is not None else form.clock(values)
        repeat = _repeat(row).read(request.form)
        text, number = _described(repeat, start, clock, all_day=bool(form.values.get("all_day")))
        return self.render(
            "calendar/repeat_note.html",
            text=text,
            repeat=repeat,
            submit=_saving(number) if number else "",
            first=start.astimezone(clock).date(),
        )

    # Moving ─────────────────────────────────────────────────────────────────────────────────────

    @expose(f"/move/{PK}", methods=("GET", "POST"))
    @has_access
    def move(self, pk: int) -> ResponseReturnValue:
        event = self.row(pk, "edit")
        starts_at, ends_at = (_moment(name) for name in ("starts_at", "ends_at"))
        if request.method == "POST":
            return self._moved(event, starts_at, ends_at)
        offered = choices(event, _moving)
        page = self._asking_page(event, _("Move “%(name)s”", name=event), offered)
        page.action = f"{request.path}?{urlencode(list(request.args.items()))}"
        page.cancel_label = _("Keep the time")
        shown = [format_near(one, zone()) for one in (event.starts_at, starts_at)]
        page.intro = " → ".join(shown)
        page.hidden = [("row_version", str(event.row_version)), ("back", current_path())]
        return self.render("calendar/series_question.html", page=page, row=event)

    def _moved(self, event: Event, starts_at: datetime, ends_at: datetime) -> ResponseReturnValue:
        version, undo_url = self.checked_version(event), ""
        former = undoing.Former.of(event.series) if event.series is not None else None
        try:
            with transaction():
                check_version(event, version)
                found = changing.move(
                    event, starts_at, ends_at, _posted_reach(), with_apart=APART in request.form
                )
                _tell_or_not(event)
                moved = undoing.token_of(former) if former is not None else ""
                if moved:
                    undo_url = self.url("undo_move", pk=event.id, move=moved)
        except Conflict:
            return self.stale_response(event.id)
        number = len(found.events)
        message = ngettext("%(num)s event moved", "%(num)s events moved", number)
        told: Any = {"text": message, "undo_url": undo_url}
        flash(told, "success")
        return redirect(_back() or self.page_of(event) or self.url("list"), 303)

    @expose(f"/undo_move/{PK}", methods=("POST",))
    @has_access
    def undo_move(self, pk: int) -> ResponseReturnValue:
        """Put the events of a move of a series back, all or none; `move` says which."""
        event = self.row(pk, "edit")
        back = _back() or self.page_of(event) or self.url("list")
        try:
            with transaction():
                number = len(undoing.undo(request.args.get("move", "")))
        except DomainError as error:
            flash(str(error), "danger")
            return redirect(back, 303)
        flash(ngettext("%(num)s event moved back", "%(num)s events moved back", number), "success")
        return redirect(back, 303)

    # Deleting ───────────────────────────────────────────────────────────────────────────────────

    def record_menu(self, row: Event, editable: bool) -> list[Action]:
        menu = super().record_menu(row, editable)
        url = self.url("delete_series", pk=row.id)
        asks = Action(_("Delete"), url, "trash", danger=True, opens_dialog=True)
        return [asks if one.danger and row.series_id is not None else one for one in menu]

    @expose(f"/delete_series/{PK}", methods=("GET", "POST"))
    @has_access
    def delete_series(self, pk: int) -> ResponseReturnValue:
        """Ask how far a deletion goes (GET), and delete (POST)."""
        event = self.row(pk, "delete")
        if event.series_id is None:
            return redirect(self.url("show", pk=pk), 303)
        if request.method == "POST":
            return self._deleted_series(event)
        offered = choices(event, _deleting, action="delete")
        page = self._asking_page(event, _("Delete “%(name)s”", name=event), offered, "delete")
        page.danger, page.cancel_label, page.apart = True, _("Keep them"), ""
        page.hidden = [("row_version", str(event.row_version))]
        return self.render("calendar/series_question.html", page=page, row=event)

    def _deleted_series(self, event: Event) -> ResponseReturnValue:
        version = self.checked_version(event)
        try:
            with transaction():
                check_version(event, version)
                found = deleting.delete(event, _posted_reach())
                _tell_or_not(event)
                undo_url = self.act_url("restore", found.events[0])
        except Conflict:
            return self.stale_response(event.id)
        number = len(found.events)
        message = ngettext("%(num)s event deleted", "%(num)s events deleted", number)
        told: Any = {"text": message, "undo_url": undo_url}
        flash(told, "success")
        return redirect(self.list_left() or self.url("list"), 303)

    # What is shown ──────────────────────────────────────────────────────────────────────────────

    def in_place(self, row: Event) -> list[str]:
        """Nothing of a series is edited in place: its form asks how far the change goes."""
        return [] if row.series_id is not None else super().in_place(row)

    def fill_first_tab(self, page: RecordPage, row: Event) -> None:
        super().fill_first_tab(page, row)
        if row.series_id is not None:
            page.panels.append(self._series_panel(row))

    def _series_panel(self, row: Event) -> Panel:
        """The rule in words, with the events before and after."""
        lines = [Field(REACH, "", "text", None, series_sentence(row), icon="repeat")]
        for label, after in ((_("Previous: %(day)s"), False), (_("Next: %(day)s"), True)):
            other = neighbor(row, after=after)
            if other is not None:
                text = label % {"day": format_near(other.starts_at, zone())}
                lines.append(Field(REACH, "", "text", text, text, url=self.page_of(other)))
        return Panel(_("Recurrence"), lines=lines)

    def _asking_page(
        self, row: Event, title: str, offered: list[Choice], action: str = "edit"
    ) -> QuestionPage:
        url = self.page_of(row) or self.url("list")
        page = QuestionPage(
            title, request.path, self.breadcrumbs(row), [], url,
            offered[0].submit if offered else _("Save"), "",
        )  # fmt: skip
        page.choices = offered
        page.intro = series_sentence(row)
        in_series = row.series_id is not None
        page.apart = apart_words(row) if in_series else ""
        page.refused = refused_words(row, action) if in_series else ""
        page.tell = tell_words(row, action)
        return page


def _offers(form: EventForm) -> bool:
    """Whether a form asks about repetition: the whole one, of an event that is planned."""
    is_planned = form.row is None or form.row.status == EventStatus.PLANNED
    return is_planned and "starts_at" in form.fields and not quick.is_short()


def _repeat(row: Event | None) -> Repeat:
    """The inputs with what an event has: from itself on, so that its dates can be foretold."""
    found = rule_now(row, from_here=True) if row is not None else None
    return Repeat.of(found[0] if found is not None else None)


def _start_shown(form: EventForm) -> datetime | None:
    """The local start that the form shows, as far as it could be read."""
    start = form.values.get("starts_at") or form.fields["starts_at"].data
    if form.row is not None and not isinstance(start, datetime):
        start = form.row.starts_at
    clock = form.clock({})
    return start.astimezone(clock) if isinstance(start, datetime) else None


def _posted_rule(form: EventForm, values: Values) -> Rule | None:
    """The rule that was posted for an event with these values, errors into the form."""
    form.repeat = (form.repeat or _repeat(form.row)).read(request.form)
    clock = form.clock(values)
    return form.repeat.rule(values["starts_at"], clock)


def _new_rule(form: EventForm, row: Event, values: Values) -> Rule | None:
    """The rule that was posted, where it is another one than the event has."""
    if not _offers(form) or PREFIX not in request.form:
        return None
    times = services.complete_times(row, dict(values))
    rule = _posted_rule(form, {**times, "owner": row.owner})
    repeat = form.repeat
    if repeat is None or repeat.errors or rule is None:
        return None
    moved = None
    if repeat.known is not None:
        days = [one.astimezone(row.zone).date() for one in (row.starts_at, times["starts_at"])]
        number = repeat.known.count or len(occurrences(repeat.known, row.starts_at, row.zone))
        moved = moved_rule(repeat.known, days[0], days[1], number)
    return None if repeat.is_known(rule, moved) else rule


def _described(
    repeat: Repeat, start: datetime, clock: Any, *, all_day: bool
) -> tuple[RuleText | None, int]:
    rule = repeat.rule(start, clock)
    if rule is None:
        return None, 0
    found = occurrences(rule, start, clock)
    return describe(rule, found, clock, all_day=all_day), len(found)


def _posted_reach() -> Reach:
    """How far the change goes: this event, unless the question was answered otherwise."""
    text = request.form.get(REACH, Reach.THIS)
    return Reach(text) if text in list(Reach) else abort(400)


def _tell_or_not(event: Event) -> None:
    if not is_told():
        noting.tell_nobody(event)


def _moment(name: str) -> datetime:
    try:
        found = datetime.fromisoformat(request.args.get(name, ""))
        check_year(found.year)
    except ValueError:
        abort(400)
    return found if found.tzinfo is not None else abort(400)


def _back() -> str:
    """The page on which the question was asked."""
    back = safe_next(request.form.get("back") or current_path())
    return "" if back == HOME else back


def _saving(number: int) -> str:
    return ngettext("Save %(num)s event", "Save %(num)s events", number)


def _moving(number: int) -> str:
    return ngettext("Move %(num)s event", "Move %(num)s events", number)


def _deleting(number: int) -> str:
    return ngettext("Delete %(num)s event", "Delete %(num)s events", number)
