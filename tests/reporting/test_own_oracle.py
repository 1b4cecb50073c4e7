"""Own reports of random choices, compared with plain Python over the rows that one may read."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from crm.core.actor import current_actor
from crm.core.datamodel.buckets import first_day
from crm.core.datamodel.grouping import TEAM, Group
from crm.core.db import db
from crm.core.models import kinds, spec_of
from crm.opportunities.models import Opportunity
from crm.reporting.own.layout import Layout, read_layout
from crm.reporting.own.result import read
from crm.reporting.own.subjects import groups_of, measures_of, subject
from tests.fixtures import Acting, Cast
from tests.reporting.boards_world import PEOPLE, plant

pytestmark = pytest.mark.both
Told = Counter[tuple[str, int, Decimal | None]]  # currency, rows, what is measured of them


def values(row: Any, group: Group) -> Iterable[Any]:
    """The groups of a row."""
    if group.name == TEAM:
        return ([team.id for team in row.owner.groups] if row.owner else []) or [None]
    relation, dot, rest = group.name.partition(".")
    if not dot and hasattr(row, f"{relation}_id"):
        key = getattr(row, f"{relation}_id")
        is_out_of_reach = key is not None and getattr(row, relation) is None
        return ["out of reach" if is_out_of_reach else key]  # these stand together
    value = getattr(row, relation)
    if dot:
        return [getattr(value, rest) if value is not None else None]
    if group.step is None or value is None:
        return [value]
    if hasattr(value, "hour"):
        value = value.astimezone(ZoneInfo(current_actor().time_zone)).date()
    return [first_day(value, group.step)]


def by_hand(rows: Iterable[Any], layout: Layout) -> Told:
    parts: dict[Any, list[Any]] = defaultdict(list)
    (group,) = layout.groups
    is_money = any(spec_of(Opportunity, one.name).kind is kinds.MONEY for one in layout.measures)
    for row in rows:
        for value in values(row, group):
            parts[value, row.currency if is_money else ""].append(row)
    return Counter(
        (currency, len(found), measured(found, layout))
        for (_value, currency), found in parts.items()
    )


def measured(rows: list[Any], layout: Layout) -> Decimal | None:
    if not layout.measures:
        return None
    (measure,) = layout.measures
    numbers = [Decimal(v) for row in rows if (v := getattr(row, measure.name)) is not None]
    total = sum(numbers, Decimal(0)) if numbers else None
    if total is None or measure.how == "sum":
        return total
    return total / len(numbers)


def told(layout: Layout) -> Told:
    shown = read(layout, [])
    assert shown.count == sum(1 for _row in readable()), layout.by
    return Counter(
        (
            section.currency,
            int(line.figures[0].value or 0),
            Decimal(line.figures[1].value) if layout.measures and line.figures[1].value is not None
            else None,
        )
        for section in shown.sections
        for line in section.lines
        if line.figures[0].value
    )  # fmt: skip


def readable() -> list[Any]:

    return list(db.session.scalars(select(Opportunity)).unique())


@pytest.fixture
def planted(
    app: Flask, acting: Acting, cast: Cast, everything: Any, monkeypatch: pytest.MonkeyPatch
) -> Acting:
    plant(acting, cast, everything)
    monkeypatch.setattr("crm.reporting.own.result.MOST_LINES", 1000)
    return acting


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_choice_tells_what_its_reader_may_read(
    app: Flask, planted: Acting, data: st.DataObject
) -> None:
    somebody = data.draw(st.sampled_from(PEOPLE))
    with app.test_request_context(), planted(somebody):
        view = subject("opportunities")
        by = data.draw(st.sampled_from(sorted(groups_of(view))))
        measure = data.draw(st.sampled_from(["", *sorted(measures_of(view))]))
        layout = read_layout(view, {"by": by, "measure": measure})
        assert layout.wrong == []
        assert told(layout) == by_hand(readable(), layout)
