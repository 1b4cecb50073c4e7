"""A change that the calendar asks for: done with its undo, refused with the reason, or stale."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from flask import jsonify
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from crm.calendar import display
from crm.calendar.models import Event
from crm.calendar.page import moves
from crm.calendar.series.reach import every_reach
from crm.core.datamodel.saving import check_version
from crm.core.db import transaction
from crm.core.errors import Conflict, DomainError, NotFound
from crm.core.views.base import views_of
from crm.core.views.versions import ConcurrentEdit, posted_version


def events_view() -> Any:
    """The view of the events' own pages."""
    return views_of(Event)[0]


def to_edit(pk: int) -> Any:
    """The event, or the answer where it may be read but not changed; 404 where neither."""
    view = events_view()
    try:
        return view.datamodel.fetch(pk, "edit")
    except NotFound:
        event = view.row(pk)
    owner = str(event.owner or "")
    text = (
        _("You cannot change this event: it is assigned to %(owner)s.", owner=owner)
        if owner
        else _("You cannot change this event: it is assigned to nobody.")
    )
    return jsonify(message=text), 403


def series_question(event: Event, span: moves.Span) -> str:
    """The URL that asks how far the move of an event of a series goes; "" where nothing is asked.

    What somebody else changed meanwhile comes first; only one event becomes a day or gets a time.
    """
    view = events_view()
    is_one = event.series_id is None or span.all_day is not event.all_day
    if is_one or view.concurrent_edit(event, posted_version(), moves.COMPARED) is not None:
        return ""
    if sum(bool(touched.events) for touched in every_reach(event).values()) < 2:
        return ""
    values = moves.values_of(span, event.zone)
    starts_at, ends_at = (values[name].isoformat() for name in ("starts_at", "ends_at"))
    return str(view.url("move", pk=event.id, starts_at=starts_at, ends_at=ends_at))


def change(
    event: Event, verb: Callable[[], None], span: moves.Span | None = None
) -> ResponseReturnValue | None:
    """Do it in a transaction; the answer where it is refused or somebody else was quicker."""
    view, version = events_view(), posted_version()
    told = view.concurrent_edit(event, version, moves.COMPARED)
    if told is not None:
        return _stale(event, told, span)
    version = event.row_version
    try:
        with transaction():
            check_version(event, version)
            verb()
    except Conflict:
        view.datamodel.session.expire_all()
        again = view.row(event.id)
        return _stale(again, view.concurrent_edit(again, version, moves.COMPARED), span)
    except DomainError as error:
        return jsonify(message=str(error)), error.status
    return None


def _stale(event: Event, told: ConcurrentEdit | None, span: moves.Span | None) -> Any:
    """409 with both versions, and the version with which the same can be asked again."""
    html = events_view().render(
        "calendar/stale.html",
        told=told or ConcurrentEdit(),
        saved=display.format_when(event),
        yours=_in_words(span) if span is not None else "",
    )[0]
    return jsonify(html=html, version=event.row_version, title=str(event)), 409


def _in_words(span: moves.Span) -> str:
    if isinstance(span.starts, datetime) and isinstance(span.ends, datetime):
        return display.format_span(span.starts, span.ends)
    return display.format_days(span.starts, span.ends - timedelta(days=1))


def done(event: Event, text: str, undo: dict[str, str] | None) -> ResponseReturnValue:
    """What was done, in words, and how to undo it: the URL to post to, with what else is posted."""
    return jsonify(told=text, version=event.row_version, undo=undo)
