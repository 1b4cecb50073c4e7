"""Each occurrence of a series has reminders of its own. Source: spec 9.4 and 9.5."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from crm.calendar.models import Event, ReminderMode, ReminderReason, ReminderUnit
from crm.calendar.series import changing, deleting
from crm.calendar.series.reach import Reach
from crm.calendar.services import restore
from tests.calendar.reminding import Everything, line, reminders, utc
from tests.calendar.test_series import live, series
from tests.factories import again
from tests.fixtures import Acting

DAY = timedelta(days=1)
START = "2037-03-02T10:00"


def day_before(**given: Any) -> dict[str, Any]:
    """In hours, which are as many where clocks change between."""
    return line(24, ReminderUnit.HOURS, **given)


def spans(events: Sequence[Event]) -> list[set[timedelta]]:
    """How long before its start each event is reminded of."""
    return [{one.starts_at - r.due_at for r in again(one).reminders} for one in events]


def test_each_occurrence_has_those_of_the_first_but_for_dates(acting: Acting) -> None:
    with acting("claire"):
        at = {"mode": ReminderMode.AT, "at": utc("2037-03-01T08:00")}
        events = series(start=START, reminders=[day_before(), at])
        assert spans(events[1:]) == [{DAY}] * 9
        assert len(events[0].reminders) == 2


def test_a_change_of_all_changes_them_on_all_and_keeps_the_rest(acting: Acting) -> None:
    with acting("claire"):
        events = series(start=START, reminders=[day_before()])
        kept = [again(one).reminders[0].id for one in events]
        first = again(events[0])
        lines = [day_before(id=kept[0]), line(48, ReminderUnit.HOURS)]
        changing.update(first, {"reminders": lines}, Reach.ALL)
        assert spans(live(first)) == [{DAY, 2 * DAY}] * 10
        assert [again(one).reminders[0].id for one in live(first)] == kept
        assert not again(first).apart


def test_lines_that_come_back_as_they_were_change_nothing(acting: Acting) -> None:
    with acting("claire"):
        events = series(start=START, reminders=[day_before()])
        third = again(events[2])
        pk = third.reminders[0].id
        same = {
            name: getattr(third.reminders[0], name)
            for name in ("mode", "amount", "unit", "at", "recipients", "channel")
        }
        changing.update(third, {"location": "Lyon", "reminders": [same | {"id": pk}]}, Reach.THIS)
        assert again(third).apart == {"location"}


def test_they_move_with_the_series_and_end_with_it(acting: Acting, everything: Everything) -> None:
    with acting("alice"):
        events = series(start=START, reminders=[day_before()])
        fourth = again(events[3])
        changing.move(fourth, fourth.starts_at + DAY, fourth.ends_at + DAY, Reach.FOLLOWING)
        assert spans(live(fourth)) == [{DAY}] * 7
        deleting.delete(again(fourth), Reach.FOLLOWING)
    found = [one.reason for one in reminders(everything)]
    assert found.count(ReminderReason.DELETED) == 7
    with acting("alice"):
        restore(fourth.id)
    assert {one.reason for one in reminders(everything)} == {None}
