"""Series on the pages of events: the rule in the form, and what the record says of it."""

from datetime import datetime
from typing import Any

from flask import g, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.calendar import quick, services
from crm.calendar.forms import EventForm
from crm.calendar.guest_views import is_told
from crm.calendar.models import Event, EventStatus
from crm.calendar.recurrence import Rule, occurrences
from crm.calendar.rule_words import RuleText, describe
from crm.calendar.series import changing, creating
from crm.calendar.series.arithmetic import moved_rule
from crm.calendar.series.question import choices
from crm.calendar.series.reach import Reach, Touched
from crm.calendar.series.repeating import PREFIX, Repeat
from crm.calendar.series.telling import neighbor, rule_now, series_sentence
from crm.calendar.series_acts import APART, ASKED, REACH, SeriesActs, posted_reach
from crm.core.datamodel.rules import Values
from crm.core.datamodel.saving import check_version
from crm.core.errors import DomainError
from crm.core.forms import Form
from crm.core.models.text import format_near
from crm.core.views import Field, FieldGroup, FormPage, Panel, RecordPage
from crm.core.views.conflict import stored_values
from crm.core.views.display import zone


class SeriesPages(SeriesActs):
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
        page = self.asking_page(row, _("Save “%(name)s”", name=row), offered)
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
            reach = Reach.THIS if wrong else posted_reach()
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


def _saving(number: int) -> str:
    return ngettext("Save %(num)s event", "Save %(num)s events", number)
