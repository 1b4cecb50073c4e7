"""What the script of the calendar says, in the reader's language; {names} are filled in by it."""

from flask_babel import gettext as _


def script_words() -> dict[str, str]:
    return {
        "today": _("Today"),
        "tomorrow": _("Tomorrow"),
        "week": _("week %(number)s", number="{number}"),
        "span": _("from %(first)s to %(last)s", first="{first}", last="{last}"),
        "allDay": _("All day"),
        "day": _("Day"),
        "previousMonth": _("Previous month"),
        "nextMonth": _("Next month"),
        "timed": _("Times"),
        "more": _("+ %(count)s more", count="{count}"),
        "oneMore": _("+ 1 more"),
        "moreHint": _("Show all events of this day"),
        "busy": _("Busy"),
        "done": _("Done"),
        "cancelled": _("Cancelled"),
        "days": _("%(count)s days", count="{count}"),
        "nobody": _("Unassigned"),
        "noEvents": _("No events in this period"),
        "noEventsText": _("Choose other people or another period, or create an event."),
        "nobodyTicked": _("Nobody is ticked"),
        "nobodyTickedText": _("Tick a person at the side to see their events."),
        "offline": _("The server does not answer. The calendar may not be up to date."),
        "again": _("Try again"),
        "tooMany": _("There are too many events to show all of them: choose fewer people."),
        "undo": _("Undo"),
        "undone": _("Undone"),
        "close": _("Close"),
        "keepSaved": _("Keep the saved version"),
        "moveAnyway": _("Move anyway"),
        "staleTitle": _("Somebody else changed this event"),
        "free": _("%(slot)s, free", slot="{slot}"),
        "taken": _("%(slot)s: %(events)s", slot="{slot}", events="{events}"),
        "gone": _("This event no longer exists, or you no longer have access to it."),
        "keys": _(
            "Arrows move the slot, N or Enter creates an event, T shows today. On an event: "
            "Alt and arrows move it, Alt, Shift and arrows make it shorter or longer."
        ),
        "taskDay": _("A task has a due date and no time."),
    }
