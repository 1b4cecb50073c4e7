"""Series: what each reach touches, what stays, and what the bin brings back."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from crm.accounts.models import Account
from crm.calendar import services
from crm.calendar.models import Event, EventStatus
from crm.calendar.recurrence import LAST, Frequency, Rule
from crm.calendar.series import changing, creating, deleting
from crm.calendar.series.reach import Reach, every_reach, touched
from crm.calendar.signals import moved, occurrences_created
from crm.core.db import db
from crm.core.errors import DomainError
from tests.factories import again, make, person, table_of
from tests.fixtures import Acting, Cast

pytestmark = pytest.mark.both
PARIS = ZoneInfo("Europe/Paris")
TEN_WEEKS = Rule(frequency=Frequency.WEEKLY, weekdays=(0,), count=10)
AHEAD = "2038-03-01T10:00"  # for what is of events to come; 2038 has the days and clocks of 2027


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(UTC)


def series(rule: Rule = TEN_WEEKS, start: str = "2027-03-01T10:00", **values: Any) -> list[Event]:
    """A new series of events of an hour, as a form makes it."""
    given = {"subject": "Point d’équipe", "starts_at": local(start), **values}
    return creating.create(table_of(Event).defaults(given), rule)


def live(event: Event) -> list[Event]:
    """The events of a series, in its order."""
    statement = select(Event).where(Event.series_id == event.series_id)
    return list(db.session.scalars(statement.order_by(Event.original_start)))


def days(events: Sequence[Event]) -> list[str]:
    return [f"{one.starts_at.astimezone(PARIS):%d/%m %H:%M}" for one in events]


def test_the_events_of_a_series_are_there_at_once(acting: Acting) -> None:
    with acting("claire"):
        account = make(Account)
        events = series(account=account)
        assert len(events) == 10
        assert days(events)[3:6] == ["22/03 10:00", "29/03 10:00", "05/04 10:00"]
        assert [f"{one.starts_at:%H:%M}" for one in events[3:5]] == ["09:00", "08:00"]
        assert {one.ends_at - one.starts_at for one in events} == {timedelta(hours=1)}
        assert len({one.uid for one in events}) == 10
        assert again(account).next_event_at == events[0].starts_at


def test_days_stay_days_when_clocks_change(acting: Acting) -> None:
    rule = Rule(frequency=Frequency.DAILY, count=3)
    with acting("claire"):
        events = series(rule, "2027-03-27T00:00", ends_at=local("2027-03-28T00:00"), all_day=True)
        assert days(events) == ["27/03 00:00", "28/03 00:00", "29/03 00:00"]
        assert [one.last_day for one in events] == [date(2027, 3, day) for day in (27, 28, 29)]
        fall = series(rule, "2027-10-30T00:00", ends_at=local("2027-10-31T00:00"), all_day=True)
        assert [one.last_day for one in fall] == [
            date(2027, 10, 30), date(2027, 10, 31), date(2027, 11, 1),
        ]  # fmt: skip


@pytest.mark.accept("A-70")
def test_a_refused_rule_creates_nothing(acting: Acting) -> None:
    with acting("claire"):
        with pytest.raises(DomainError) as refused:
            series(Rule(frequency=Frequency.WEEKLY, count=3))
        assert list(refused.value.fields) == ["weekdays"]
        assert db.session.scalar(select(Event.id)) is None


@pytest.mark.accept("A-68")
def test_the_place_of_the_fourth_changes_for_one_seven_or_ten(acting: Acting) -> None:
    for reach, number in ((Reach.THIS, 1), (Reach.FOLLOWING, 7), (Reach.ALL, 10)):
        with acting("claire"):
            events = series()
            fourth = events[3]
            assert len(touched(fourth, reach).events) == number
            changing.update(fourth, {"location": "Salle 2"}, reach)
            found = [again(one) for one in events]
            assert [one.location for one in found].count("Salle 2") == number
            assert days(found) == days(events)


@pytest.mark.accept("A-68")
def test_done_and_cancelled_ones_are_counted_and_stay(acting: Acting) -> None:
    with acting("claire"):
        events = series()
        services.mark_done(events[0])
        services.mark_done(events[4])
        services.cancel(events[5])
        found = every_reach(events[3])
        counts = [(len(one.events), one.done, one.cancelled) for one in found.values()]
        assert counts == [(1, 0, 0), (5, 1, 1), (7, 2, 1)]
        changing.update(events[3], {"location": "Salle 2"}, Reach.ALL)
        places = [again(one).location for one in events]
        assert [places[number] for number in (0, 4, 5)] == [None, None, None]
        assert places.count("Salle 2") == 7


def test_what_was_changed_apart_is_skipped_unless_asked_for(acting: Acting) -> None:
    with acting("claire"):
        events = series()
        changing.update(events[5], {"location": "Chez eux"}, Reach.THIS)
        changing.update(events[0], {"location": "Ici", "subject": "Point"}, Reach.ALL)
        assert (again(events[5]).location, again(events[5]).subject) == ("Chez eux", "Point")
        assert [one.id for one in touched(events[0], Reach.ALL).apart] == [events[5].id]
        changing.update(events[0], {"location": "Là"}, Reach.ALL, with_apart=True)
        assert again(events[5]).location == "Là"
        assert again(events[5]).apart == frozenset()


def test_the_following_become_a_series_of_their_own(acting: Acting) -> None:
    with acting("claire"):
        events = series()
        changing.update(events[3], {"location": "Salle 2"}, Reach.FOLLOWING)
        before, after = live(events[0]), live(events[3])
        assert (len(before), len(after)) == (3, 7)
        assert events[3].series.places() == [one.starts_at for one in after]
        assert events[3].series.uid != events[0].series.uid
        changing.update(events[9], {"location": "Salle 3"}, Reach.ALL)
        assert [again(one).location for one in events].count("Salle 3") == 7


def test_a_new_time_is_a_shift_of_the_clock_on_the_wall(acting: Acting) -> None:
    with acting("claire"):
        events = series()
        moves: list[Any] = []
        with moved.connected_to(lambda _sender, moves: told.extend(moves)):
            told = moves
            changing.move(
                events[3], local("2027-03-23T11:30"), local("2027-03-23T12:00"), Reach.ALL
            )
        found = [again(one) for one in events]
        assert days(found)[:5] == [
            "02/03 11:30", "09/03 11:30", "16/03 11:30", "23/03 11:30", "30/03 11:30",
        ]  # fmt: skip
        assert {one.ends_at - one.starts_at for one in found} == {timedelta(minutes=30)}
        assert len(moves) == 10
        assert moves[0].starts_at == local("2027-03-01T10:00")
        rule = events[0].series.rule
        assert (rule.weekdays, rule.count) == ((1,), 10)
        assert events[0].series.places() == [one.starts_at for one in found]


def test_done_ones_stay_and_the_moved_ones_are_a_series_of_their_own(acting: Acting) -> None:
    with acting("claire"):
        events = series()
        services.mark_done(events[0])
        services.mark_done(events[1])
        changing.move(events[2], local("2027-03-15T14:00"), local("2027-03-15T15:00"), Reach.ALL)
        found = [again(one) for one in events]
        assert days(found)[:4] == ["01/03 10:00", "08/03 10:00", "15/03 14:00", "22/03 14:00"]
        assert [one.id for one in live(events[0])] == [events[0].id, events[1].id]
        assert len(live(events[2])) == 8


def test_a_month_end_that_moves_takes_its_new_day(acting: Acting) -> None:
    with acting("claire"):
        events = series(Rule(frequency=Frequency.MONTHLY, count=4), "2027-01-31T10:00")
        changing.move(events[0], local("2027-01-30T10:00"), local("2027-01-30T11:00"), Reach.ALL)
        found = [again(one) for one in events]
        assert days(found) == ["30/01 10:00", "28/02 10:00", "30/03 10:00", "30/04 10:00"]


def test_one_that_was_moved_apart_stays_where_it_is(acting: Acting) -> None:
    with acting("claire"):
        events = series()
        changing.move(events[2], local("2027-03-17T16:00"), local("2027-03-17T17:00"))
        changing.move(events[0], local("2027-03-01T09:00"), local("2027-03-01T10:00"), Reach.ALL)
        found = [again(one) for one in events]
        assert days(found)[:4] == ["01/03 09:00", "08/03 09:00", "17/03 16:00", "22/03 09:00"]
        assert found[2].original_start == local("2027-03-15T09:00")
        changing.move(
            found[0], local("2027-03-01T08:00"), local("2027-03-01T09:00"), Reach.ALL,
            with_apart=True,
        )  # fmt: skip
        assert days([again(events[2])]) == ["15/03 08:00"]


def test_a_new_rule_makes_the_planned_ones_anew(acting: Acting, cast: Cast) -> None:
    guests = [{"user": None, "email": "guest@example.org"}]
    with acting("claire"):
        events = series(participants=guests)
        services.mark_done(events[0])
        made: list[Event] = []
        rule = Rule(frequency=Frequency.WEEKLY, weekdays=(0, 2), count=18)
        with occurrences_created.connected_to(lambda _sender, events: made.extend(events)):
            changing.update(events[1], {}, Reach.ALL, rule=rule)
        found = live(events[1])
        assert len(found) == 18
        assert days(found)[:4] == ["08/03 10:00", "10/03 10:00", "15/03 10:00", "17/03 10:00"]
        kept = {one.id for one in found}
        assert {one.id for one in events[1:]} <= kept
        assert len(made) == 9
        assert {guest.email for one in found for guest in one.participants} == {"guest@example.org"}
        assert [one.id for one in live(events[0])] == [events[0].id]


def test_a_new_rule_said_on_a_done_event_leaves_it_in_its_own_series(acting: Acting) -> None:
    with acting("claire"):
        events = series()
        services.mark_done(events[9])
        rule = Rule(frequency=Frequency.DAILY, count=2)
        changing.update(events[9], {}, Reach.ALL, rule=rule)
        assert [one.id for one in live(events[9])] == [events[9].id]
        assert len(live(events[0])) == 65  # from the first planned day to the two that were said


def test_a_rule_with_fewer_dates_puts_the_rest_into_the_bin(acting: Acting) -> None:
    with acting("claire"):
        events = series()
        changing.update(
            events[4], {}, Reach.ALL,
            rule=Rule(frequency=Frequency.WEEKLY, weekdays=(0,), count=2),
        )  # fmt: skip
        assert days(live(events[0])) == [
            "01/03 10:00", "08/03 10:00", "15/03 10:00", "22/03 10:00", "29/03 10:00",
            "05/04 10:00",
        ]  # fmt: skip


def test_an_event_becomes_a_series(acting: Acting) -> None:
    with acting("claire"):
        event = make(Event, starts_at=local("2027-01-29T10:00"))
        changing.update(
            event,
            {"location": "Ici"},
            rule=Rule(frequency=Frequency.MONTHLY, position=LAST, count=3),
        )  # fmt: skip
        found = live(event)
        assert days(found) == ["29/01 10:00", "26/02 10:00", "26/03 10:00"]
        assert {one.location for one in found} == {"Ici"}


def test_a_rule_needs_more_than_this_event(acting: Acting) -> None:
    with acting("claire"):
        events = series()
        with pytest.raises(DomainError) as refused:
            changing.update(events[0], {}, Reach.THIS, rule=TEN_WEEKS)
        assert list(refused.value.fields) == ["reach"]


@pytest.mark.accept("A-69")
def test_deleting_the_following_leaves_three_and_restoring_brings_the_seven_back(
    acting: Acting,
) -> None:
    with acting("marc"):
        events = series()
        assert len(deleting.delete(events[3], Reach.FOLLOWING).events) == 7
        assert days(live(events[0])) == ["01/03 10:00", "08/03 10:00", "15/03 10:00"]
    with acting("marc"):
        services.restore(events[6].id)
        assert len(live(events[0])) == 10
        deleting.delete(again(events[3]), Reach.ALL)
        assert live(events[0]) == []


def test_one_that_was_deleted_alone_comes_back_alone(acting: Acting) -> None:
    with acting("marc"):
        events = series()
        deleting.delete(events[9])
        deleting.delete(events[3], Reach.FOLLOWING)
        services.restore(events[9].id)
        assert len(live(events[0])) == 4


def test_deleting_all_keeps_done_ones(acting: Acting) -> None:
    with acting("marc"):
        events = series()
        services.mark_done(events[1])
        assert deleting.delete(events[3], Reach.ALL).done == 1
        assert [one.id for one in live(events[0])] == [events[1].id]


def test_deleted_events_come_back_where_they_were_after_the_others_moved(acting: Acting) -> None:
    with acting("marc"):
        events = series()
        deleting.delete(events[8], Reach.FOLLOWING)
        changing.move(events[0], local("2027-03-01T09:00"), local("2027-03-01T10:00"), Reach.ALL)
        services.restore(events[9].id)
        found = live(events[9])
        assert [one.id for one in found] == [events[8].id, events[9].id]
        assert {one.starts_at for one in found} <= set(events[9].series.places())


def test_events_of_others_are_named_and_stay(acting: Acting, cast: Cast) -> None:
    with acting("claire"):
        events = series()
    with acting("marc"):
        for number in (4, 5):
            services.update(again(events[number]), {"owner": person(cast.marc)})
    with acting("claire"):
        found = touched(again(events[0]), Reach.ALL)
        assert len(found.events) + len(found.refused) + found.hidden == 10
        assert len(found.events) == 8
        changing.move(
            again(events[0]), local("2027-03-01T09:00"), local("2027-03-01T10:00"), Reach.ALL
        )
    with acting("marc"):
        shown = [again(one).starts_at.astimezone(PARIS).hour for one in events]
        assert shown == [9, 9, 9, 9, 10, 10, 9, 9, 9, 9]


def test_366_events_are_written_in_one_short_transaction(acting: Acting, counting: Any) -> None:
    with acting("claire"):
        full = table_of(Event).defaults(
            {"subject": "Chaque jour", "starts_at": local("2027-01-01T10:00")}
        )
        with counting() as statements:
            events = creating.create(full, Rule(frequency=Frequency.DAILY, count=366))
        assert len(events) == 366
        # SQLite inserts row by row; nothing else is asked row by row.
        rest = [one for one in statements if not one.startswith("INSERT INTO event")]
        assert len(rest) < 25
    assert {one.status for one in events} == {EventStatus.PLANNED}
