"""The question before an event of a series changes: how far, and how many events that touches."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from flask_babel import gettext as _
from flask_babel import ngettext

from crm.calendar.guests import who_is
from crm.calendar.invitations.meeting import is_ahead
from crm.calendar.models import Event
from crm.calendar.rule_words import short_day
from crm.calendar.series.reach import Reach, Touched, every_reach
from crm.core.models.text import format_number
from crm.core.views import FormPage

Count = Callable[[int], str]


@dataclass(frozen=True)
class Choice:
    """One reach as it is offered; `submit` is what the button says for it."""

    value: str
    label: str
    why: str
    number: str
    submit: str
    is_chosen: bool


@dataclass
class QuestionPage(FormPage):
    """Everything templates/calendar/series_question.html places beside the form's own."""

    choices: Sequence[Choice] = field(default_factory=tuple)
    apart: str = ""  # the words of the tick that changes those, too, that were changed apart
    refused: str = ""
    tell: str = ""  # the words of the tick that tells the guests
    tells: bool = True


def choices(
    event: Event, act: Count, *, action: str = "edit", without: Sequence[Reach] = ()
) -> list[Choice]:
    """The reaches that touch any event; `act` says what the button does to so many."""
    reaches = every_reach(event, action)
    found = {
        reach: touched
        for reach, touched in reaches.items()
        if touched.events and reach not in without
    }
    splits = action == "edit" and Reach.ALL in reaches and _splits(reaches)
    labels = {
        Reach.THIS: _("This event"),
        Reach.FOLLOWING: _("This and the following"),
        Reach.ALL: _("All events of the series"),
    }
    return [
        Choice(reach, labels[reach], _why(reach, touched, splits=splits),
               event_count(len(touched.events)), act(len(touched.events)),
               reach is next(iter(found)))
        for reach, touched in found.items()
    ]  # fmt: skip


def _splits(reaches: Mapping[Reach, Touched]) -> bool:
    """Whether a change of the following leaves events of the series as they are."""
    whole = reaches[Reach.ALL]
    stay = whole.done + whole.cancelled + len(whole.refused) + whole.hidden
    return len(reaches[Reach.FOLLOWING].events) < len(whole.events) + stay


def event_count(number: int) -> str:
    """ "12 events"."""
    return ngettext("%(num)s event", "%(num)s events", number)


def _why(reach: Reach, touched: Touched, *, splits: bool) -> str:
    if reach is Reach.THIS:
        return _("The others stay as they are")
    begins = [_("A new series starts here")] if reach is Reach.FOLLOWING and splits else []
    done, cancelled = touched.done, touched.cancelled
    stays = begins
    if done:
        stays.append(
            ngettext(
                "%(num)s done event stays as it is", "%(num)s done events stay as they are", done
            )
        )
    if cancelled:
        stays.append(
            ngettext(
                "%(num)s cancelled event stays as it is",
                "%(num)s cancelled events stay as they are",
                cancelled,
            )
        )
    return " · ".join(stays)


def apart_words(event: Event) -> str:
    """The words of the tick for events that were changed on their own, "" without any."""
    others = [one for one in every_reach(event)[Reach.ALL].apart if one is not event]
    if not others:
        return ""
    if len(others) == 1:
        return _("Also the one that was changed on its own, %(day)s", day=_day(others[0], event))
    return _("Also the %(num)s that were changed on their own", num=format_number(len(others)))


def tell_words(event: Event, action: str) -> str:
    """The words of the tick that tells the guests by e-mail, "" where nobody is told."""
    found = every_reach(event, action)
    events = {one.id: one for touched in found.values() for one in touched.events}
    guests = {
        who_is(guest)
        for one in events.values()
        if is_ahead(one)
        for guest in one.participants
        if guest.user_id is None or guest.user_id != one.owner_id
    }
    if not guests:
        return ""
    return ngettext(
        "Tell the %(num)s guest by e-mail", "Tell the %(num)s guests by e-mail", len(guests)
    )


def refused_words(event: Event, action: str) -> str:
    """Which events stay because the actor may not change them, "" without any."""
    touched = every_reach(event, action)[Reach.ALL]
    number = len(touched.refused) + touched.hidden
    if not number:
        return ""
    told = ngettext(
        "%(num)s event of colleagues stays as it is.",
        "%(num)s events of colleagues stay as they are.",
        number,
    )
    return " ".join([told, ", ".join(_day(one, event) for one in touched.refused)]).strip()


def _day(one: Event, event: Event) -> str:
    local = one.starts_at.astimezone(event.zone)
    return short_day(local.date(), event.starts_at.astimezone(event.zone).year)
