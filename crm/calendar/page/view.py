"""/calendar: the page, and what its script reads and changes."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import abort, jsonify, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.calendar import display, services
from crm.calendar.models import Event, EventStatus
from crm.calendar.page import asked, moves, remembering, rows
from crm.calendar.page.changes import change, done, events_view, series_question, to_edit
from crm.calendar.page.details import Details, details_of
from crm.calendar.page.people import Person, Team, read_agencies, read_people, read_teams
from crm.calendar.page.words import script_words
from crm.companies.days import today
from crm.core.actor import Scope, current_actor
from crm.core.datamodel import DataModel
from crm.core.db import transaction
from crm.core.models.locale import locale
from crm.core.security.page import Page
from crm.core.views.base import PK

LONGEST = timedelta(days=62)  # what one answer may span


@dataclass
class CalendarPage:
    """Everything templates/calendar/calendar.html places."""

    title: str
    views: list[tuple[str, str]]
    types: list[tuple[str, str, str, str]]  # value, label, icon, hue
    people: list[Person]
    teams: list[Team]
    agencies: list[tuple[int, str]]
    add_url: str
    list_url: str
    config: dict[str, Any] = field(default_factory=dict)


class CalendarView(Page):
    """The calendar of the people one ticks, through the rights on events."""

    datamodel = DataModel(Event, services.RULES)
    route_base = "/calendar"
    default_view = "show"
    class_permission_name = "events"
    method_permission_name: ClassVar[dict[str, str]] = {
        "show": "read", "rows": "read", "event": "read", "remember": "read",
        "move": "edit", "mark_done": "edit", "reopen": "edit",
    }  # fmt: skip
    icon = "calendar"
    list_title = _l("Calendar")

    @expose("/")
    @has_access
    def show(self) -> ResponseReturnValue:
        wanted = asked.read(remembering.with_remembered(request.args))
        found = read_people()
        events = events_view()
        page = CalendarPage(
            title=_month(wanted),
            views=[
                ("day", _("Day")), ("week", _("Week")), ("month", _("Month")),
                ("agenda", _("Agenda")),
            ],
            types=[
                (type_, str(label), display.ICONS[type_], display.HUES[type_])
                for type_, label in display.type_labels().items()
            ],
            people=found,
            teams=read_teams(found),
            agencies=read_agencies(),
            add_url=events.url("add", short=1) if events.can("create") else "",
            list_url=events.url("list"),
        )  # fmt: skip
        page.config = self._config(page, wanted)
        return self.render("calendar/calendar.html", page=page)

    def _config(self, page: CalendarPage, wanted: asked.Asked) -> dict[str, Any]:
        """What the script is told: addresses, who is who, and its words."""
        actor = current_actor()
        known = {asked.NOBODY, *(one.id for one in page.people)}
        return {
            "me": actor.user_id,
            "zone": actor.time_zone,
            "forOthers": actor.widest_scope("create", Event.__entity__) > Scope.OWN,
            "language": locale().language,
            "people": [asdict(one) for one in page.people],
            "teams": [asdict(one) for one in page.teams],
            "types": [
                {"name": name, "label": label, "icon": icon, "hue": hue}
                for name, label, icon, hue in page.types
            ],
            "statuses": list(EventStatus),
            "urls": {
                "rows": self.url("rows"),
                "remember": self.url("remember"),
                "event": self.url("event", pk=0).removesuffix("0"),
                "move": self.url("move", pk=0).removesuffix("0"),
                "done": self.url("mark_done", pk=0).removesuffix("0"),
                "reopen": self.url("reopen", pk=0).removesuffix("0"),
                "add": page.add_url,
            },
            "asked": {
                "view": wanted.view, "date": wanted.day.isoformat(), "color": wanted.color,
                "people": [pk for pk in wanted.people if pk in known],
                "types": wanted.types, "agencies": wanted.agencies,
            },
            "words": script_words(),
        }  # fmt: skip

    @expose("/rows")
    @has_access
    def rows(self) -> ResponseReturnValue:
        """The events between `from` and `to`, instants with an offset; left out, this week's."""
        try:
            since, until = (
                datetime.fromisoformat(request.args.get(name, otherwise)).astimezone(UTC)
                for name, otherwise in zip(("from", "to"), _this_week(), strict=True)
            )
        except (ValueError, OverflowError):
            abort(400)
        if not timedelta() < until - since <= LONGEST or not 1900 <= since.year <= 2200:
            abort(400)
        return jsonify(rows.read_rows(asked.read(request.args), since, until))

    @expose("/remember", methods=("POST",))
    @has_access
    def remember(self) -> ResponseReturnValue:
        """Open with these people, types, agencies and colours the next time."""
        with transaction():
            remembering.remember(request.form)
        return jsonify({})

    @expose(f"/event/{PK}")
    @has_access
    def event(self, pk: int) -> ResponseReturnValue:
        """The details of one event, a part of the page."""
        view = events_view()
        found: Details = details_of(view, view.row(pk))
        return self.render("calendar/event.html", event=found)

    @expose(f"/move/{PK}", methods=("POST",))
    @has_access
    def move(self, pk: int) -> ResponseReturnValue:
        """Another start and end: `start`, `end` and `row_version`."""
        event = to_edit(pk)
        if isinstance(event, tuple):
            return event
        try:
            span = moves.read_span(request.form)
        except (ValueError, OverflowError):
            abort(400)
        if question := series_question(event, span):
            return jsonify(ask=question)
        before = moves.span_of(event)
        answer = change(event, lambda: moves.move(event, span), span)
        if answer is not None:
            return answer
        text = _("Moved to %(when)s", when=display.format_when(event))
        told = " · ".join(part for part in (text, moves.past_warning(event)) if part)
        undo = {"url": self.url("move", pk=pk), **before.words}
        return done(event, told, undo)

    @expose(f"/mark_done/{PK}", methods=("POST",))
    @has_access
    def mark_done(self, pk: int) -> ResponseReturnValue:
        """Mark as done; the outcome is kept as it is."""
        return self._status(pk, services.mark_done, _("Event marked as done"), "reopen")

    @expose(f"/reopen/{PK}", methods=("POST",))
    @has_access
    def reopen(self, pk: int) -> ResponseReturnValue:
        return self._status(pk, services.reopen, _("Event reopened"), "")

    def _status(
        self, pk: int, verb: Callable[[Event], None], text: str, undo: str
    ) -> ResponseReturnValue:
        event = to_edit(pk)
        if isinstance(event, tuple):
            return event
        answer = change(event, lambda: verb(event))
        if answer is not None:
            return answer
        return done(event, text, {"url": self.url(undo, pk=pk)} if undo else None)


def _this_week() -> tuple[str, str]:
    monday = today() - timedelta(days=today().weekday())
    zone = ZoneInfo(current_actor().time_zone)
    days = (monday, monday + timedelta(days=7))
    first, after = (datetime.combine(day, time(), zone).isoformat() for day in days)
    return first, after


def _month(wanted: asked.Asked) -> str:
    text = format_date(wanted.day, "LLLL y", locale=locale())
    return text[0].upper() + text[1:]
