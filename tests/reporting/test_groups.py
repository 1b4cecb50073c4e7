"""Groups of random rows, compared with what plain Python makes of the rows one may read."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from crm.core.actor import current_actor
from crm.core.datamodel.buckets import Step, first_day, last_day
from crm.core.datamodel.grouping import TEAM, Group, Measure, read_groups
from crm.opportunities.models import Opportunity
from tests.factories import make, person
from tests.fixtures import Acting, Cast, written_once

pytestmark = pytest.mark.both
PEOPLE = ("alice", "marc", "claire")
MEASURES = (
    Measure("sum", "amount"),
    Measure("average", "amount"),
    Measure("sum", "weighted_amount"),
    Measure("sum", "recurring_monthly"),
    Measure("sum", "recurring_total"),
    Measure("sum", "total_amount"),
)


@written_once
def sales(acting: Acting, cast: Cast) -> None:
    """Opportunities of three people, in two currencies, some without amount or owner."""
    random = Random(7)  # noqa: S311  no secret
    owners = [cast.claire, cast.hugo, cast.marc, None]
    with acting("alice") as session:
        for _number in range(60):
            owner = random.choice(owners)
            recurring = random.choice([None, Decimal(random.randint(1, 10**7)) / 100])
            row = make(
                Opportunity,
                owner=person(owner) if owner else None,
                currency=random.choice(["EUR", "USD"]),
                amount=random.choice([None, Decimal(random.randint(0, 10**9)) / 100]),
                probability=random.randint(0, 100),
                recurring_amount=recurring,
                recurring_period=random.choice([1, 3, 6, 12]),
                recurring_duration=random.randint(1, 40) if recurring else None,
                expected_close_on=random.choice(
                    [None, date(2026, 1, 1) + timedelta(days=random.randint(0, 800))]
                ),
            )
            session.flush()
            at = datetime(2025, 12, 31, tzinfo=UTC) + timedelta(minutes=random.randint(0, 10**6))
            changed = update(Opportunity).where(Opportunity.id == row.id).values(created_on=at)
            session.execute(changed, execution_options={"synchronize_session": False})


def by_hand(rows: list[Any], keys: Any) -> dict[Any, list[Any]]:
    found = defaultdict(list)
    for row in rows:
        for key in keys(row):
            found[key, row.currency].append(row)
    return found


def figures(rows: list[Any]) -> tuple[Any, ...]:
    made = []
    for measure in MEASURES:
        values = [value for row in rows if (value := getattr(row, measure.name)) is not None]
        total = sum(values, Decimal(0)) if values else None
        if measure.how == "average" and total is not None:
            total /= len(values)
        made.append(total)
    return len(rows), *made


GROUPS = {
    "owner": (Group("owner"), lambda row: [row.owner_id]),
    "stage": (Group("stage"), lambda row: [row.stage_id]),
    "kind": (Group("stage.kind"), lambda row: [row.stage.kind]),
    "team": (Group(TEAM), lambda row: [g.id for g in row.owner.groups] if row.owner else [None]),
    **{
        step.value: (
            Group("expected_close_on", step),
            lambda row, step=step: [
                first_day(row.expected_close_on, step) if row.expected_close_on else None
            ],
        )
        for step in Step
    },
    **{
        f"created {step}": (
            Group("created_on", step),
            lambda row, step=step: [
                first_day(
                    row.created_on.astimezone(ZoneInfo(current_actor().time_zone)).date(), step
                )
            ],
        )
        for step in Step
    },
}


@pytest.mark.parametrize("name", GROUPS)
def test_groups_are_those_of_the_rows_that_one_may_read(
    acting: Acting, sales: None, name: str
) -> None:
    group, keys = GROUPS[name]
    for somebody in PEOPLE:
        with acting(somebody) as session:
            rows = list(session.scalars(select(Opportunity)).unique())
            expected = {
                key: figures(group)
                for key, group in by_hand(rows, lambda r: keys(r) or [None]).items()
            }
            found = {
                (one.keys[0], one.currency): (
                    one.count,
                    *(s.value(m.how) for s, m in zip(one.sums, MEASURES, strict=True)),
                )
                for one in read_groups(Opportunity, [], [group], MEASURES)
            }
            assert rows
            assert found == expected, somebody


def test_two_groups_and_none(acting: Acting, sales: None) -> None:
    with acting("claire") as session:
        rows = list(session.scalars(select(Opportunity)).unique())
        found = read_groups(Opportunity, [], [Group("owner"), Group("stage")])
        assert sum(one.count for one in found) == len(rows)
        assert {one.keys for one in found} == {(r.owner_id, r.stage_id) for r in rows}
        (everything,) = read_groups(Opportunity, [])
        assert (everything.keys, everything.currency, everything.count) == ((), None, len(rows))
        assert read_groups(Opportunity, [Opportunity.id < 0], [Group("owner")]) == []


def test_a_part_of_a_year_ends_before_the_next_begins() -> None:
    for step in Step:
        day = date(2027, 1, 1)
        for _number in range(400):
            first = first_day(day, step)
            assert first <= day <= last_day(first, step)
            assert first_day(last_day(first, step) + timedelta(days=1), step) > first
            day += timedelta(days=1)
