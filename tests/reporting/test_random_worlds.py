"""Random worlds: no report tells anything of rows out of reach.

What each tells to an administrator, a manager, a salesperson and an assistant of an agency is
compared with plain Python over the rows that worlds.py says they may read: two currencies, rows in
the bin, archived accounts, private events.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from crm.accounts.models import Account
from crm.calendar.models import Event
from crm.companies.days import today
from crm.companies.models import AppSettings
from crm.core.actor import current_actor
from crm.core.datamodel.buckets import Step, first_day, last_day
from crm.core.db import db
from crm.core.models import kinds, spec_of
from crm.core.types import utcnow
from crm.core.views.address import ListAddress
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity, SalesTarget, Stage
from crm.reporting.boards import kpis
from crm.reporting.boards.asked import Asked
from crm.reporting.boards.forecast import FORECAST, coming_months
from crm.reporting.boards.passages import PASSAGES
from crm.reporting.boards.periods import Period, read_period
from crm.reporting.boards.recurring import RECURRING
from crm.reporting.boards.shown import Figure, Shown
from crm.reporting.boards.table import BOARDS
from crm.reporting.boards.targets import TARGETS
from crm.reporting.own.layout import read_layout
from crm.reporting.own.result import read as read_own
from crm.reporting.own.subjects import groups_of, measures_of, subject
from crm.reporting.pipeline.choice import Choice
from crm.reporting.pipeline.figures import AGENCY, STAGE, read_figures
from crm.reporting.pipeline.subjects import ACCOUNTS
from tests.factories import make, person
from tests.fixtures import Acting, Cast
from tests.reporting.worlds import RandomWorld, Sale, worlds, write

pytestmark = pytest.mark.both
READERS = ("alice", "marc", "claire", "ines")
ZERO = Decimal(0)
TEAM_OF = {"claire": "sales", "hugo": "sales"}
Everything = Callable[[], Any]


@dataclass
class Known:
    """What stays the same in all worlds."""

    app: Flask
    acting: Acting
    everything: Everything
    cast: Cast
    stages: list[tuple[int, str, str]]  # id, kind, name
    accounts: list[int]  # one that is open, one archived, one in the bin

    def kind(self, sale: Sale) -> str:
        return self.stages[sale.stage][1]

    def id_of(self, name: str | None) -> int | None:
        return getattr(self.cast, name) if name else None


@pytest.fixture
def known(app: Flask, acting: Acting, cast: Cast, everything: Everything) -> Known:
    with everything() as session:
        session.execute(update(AppSettings).values(manage_agencies=True, manage_recurring=True))
        person(cast.ines).agency_id = person(cast.claire).agency_id = cast.lyon
        person(cast.hugo).agency_id = cast.lille
        found = session.scalars(select(Stage).order_by(Stage.position, Stage.id))
        stages = [(one.id, str(one.kind), str(one.name)) for one in found]
    with acting("alice") as session:
        rows = [make(Account, name=f"Client {n}", company_id=cast.france) for n in range(3)]
        session.flush()
        for row in rows:  # everybody reads them
            row.owner = row.agency = None
        rows[1].archived_on, rows[2].deleted_at = utcnow(), utcnow()
        ids = [row.id for row in rows]
    return Known(app, acting, everything, cast, stages, ids)


def readings(known: Known, data: st.DataObject) -> Iterator[tuple[str, RandomWorld, list[Sale]]]:
    """A world, as each of its readers: who reads, the world, the sales they may read."""
    world = data.draw(worlds(len(known.stages), len(known.accounts)))
    with known.everything() as session:
        write(session, known.cast, world, known.accounts)
    for reader in READERS:
        with known.app.test_request_context(), known.acting(reader):
            yield reader, world, [one for one in world.sales if one.place.is_read_by(reader)]


def quickly(test: Any) -> Any:
    """A few worlds a test, drawn anew each time."""
    quiet = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(max_examples=6, deadline=None, suppress_health_check=quiet)(test)


def added(values: Iterable[Decimal | None]) -> Decimal | None:
    filled = [one for one in values if one is not None]
    return sum(filled, ZERO) if filled else None


def day_of(instant: datetime) -> date:
    return instant.astimezone(ZoneInfo(current_actor().time_zone)).date()


@quickly
@given(data=st.data())
def test_lists_show_the_rows_that_one_may_read(known: Known, data: st.DataObject) -> None:
    """Worlds and rights are as this file supposes them."""
    for reader, world, sales in readings(known, data):
        rows = {
            Opportunity: len(sales),
            Event: sum(one.place.is_read_by(reader) for one in world.calls),
            Lead: sum(one.place.is_read_by(reader) for one in world.inquiries),
        }
        for model, number in rows.items():
            assert len(list(db.session.scalars(select(model.id)))) == number, (reader, model)


# Own reports ────────────────────────────────────────────────────────────────────────────────────


def keys_of(known: Known, sale: Sale, by: str) -> list[Any]:
    """The groups of a sale."""
    name, _colon, step = by.partition(":")
    if name == "owner.groups":
        return [TEAM_OF.get(sale.place.owner or "")]
    if name in ("owner", "agency"):
        return [getattr(sale.place, name)]
    if name.startswith("stage"):
        return [known.kind(sale) if name == "stage.kind" else sale.stage]
    value = getattr(sale, name) if name != "closed_on" else closed_on(known, sale)
    if not step or value is None:
        return [value]
    return [first_day(day_of(value) if isinstance(value, datetime) else value, Step(step))]


def closed_on(known: Known, sale: Sale) -> date | None:
    return None if known.kind(sale) == "open" else sale.closed


LINES = (
    "owner", "owner.groups", "agency", "stage", "account", "currency", "score",
    "created_on:month", "created_on:week", "expected_close_on:quarter", "closed_on:year",
    "closed_on:month",
)  # fmt: skip
COLUMNS = ("stage", "stage.kind", "currency", "agency", "owner", "score")


@quickly
@given(data=st.data())
def test_own_reports_by_two_groups(known: Known, data: st.DataObject) -> None:
    by = data.draw(st.sampled_from(LINES))
    also = data.draw(st.sampled_from([one for one in COLUMNS if one != by]))
    turn = data.draw(st.integers(0, len(READERS) - 1))
    for reader, _world, sales in readings(known, data):
        view = subject("opportunities")
        assert {by, also} <= set(groups_of(view))
        turn += 1  # every measure, each as one of the readers
        for key in ["", *measures_of(view)][turn % len(READERS) :: len(READERS)]:
            layout = read_layout(view, {"by": by, "and": also, "measure": key})
            how, _colon, name = key.partition(":")
            cells = defaultdict(list)
            is_money = bool(key) and spec_of(Opportunity, name).kind is kinds.MONEY
            for sale in sales:
                currency = sale.currency if is_money else ""
                for one in keys_of(known, sale, by):
                    cells[currency, one, *keys_of(known, sale, also)].append(sale)
            expected = Counter(
                (where[0], len(found), told_of(known, found, how, name))
                for where, found in cells.items()
            )
            shown = read_own(layout, [])
            assert shown.count == len(sales), (reader, by, also, key)
            assert cells_of(shown, bool(key)) == expected, (reader, by, also, key)


def told_of(known: Known, found: Sequence[Sale], how: str, name: str) -> Decimal | None:
    if not how:
        return None
    each = [value_of(known, sale, name) for sale in found]
    total = added(None if one is None else Decimal(one) for one in each)
    if total is None or how == "sum":
        return total
    return total / sum(one is not None for one in each)


def value_of(known: Known, sale: Sale, name: str) -> Any:
    if name == "cycle_days":
        return cycle(known, sale)
    return sale.best if name == "best_amount" else getattr(sale, name)


def cycle(known: Known, sale: Sale) -> int | None:
    """The days from its creation until it was closed."""
    closed = closed_on(known, sale)
    days = (closed - day_of(sale.created_on)).days if closed is not None else -1
    return days if days >= 0 else None


def cells_of(shown: Shown, is_measured: bool) -> Counter[Any]:
    """Of each cell with rows: its currency, their number, what is measured."""
    step, found = 1 + is_measured, Counter[Any]()
    for section in shown.sections:
        for line in section.lines:
            figures = line.figures if is_measured else line.figures[:-1]  # without their total
            for at in range(0, len(figures), step):
                number = int(figures[at].value or 0)
                value = figures[at + 1].value if is_measured else None
                if number:
                    found[section.currency, number, value] += 1
    return found


# The forecast and its neighbours ────────────────────────────────────────────────────────────────


def values(figures: Sequence[Figure]) -> list[Any]:
    return [one.value for one in figures]


@quickly
@given(data=st.data())
def test_forecast_and_recurring_revenue(known: Known, data: st.DataObject) -> None:
    for _reader, _world, sales in readings(known, data):
        span = coming_months()
        meant: dict[str, list[Sale]] = defaultdict(list)
        for sale in sales:
            day = closed_on(known, sale) or sale.expected_close_on
            if known.kind(sale) != "lost" and day and span.first <= day <= span.last:
                meant[sale.currency].append(sale)
        shown = FORECAST.read(Asked())
        assert {one.currency for one in shown.sections} == set(meant)
        for section in shown.sections:
            mine = meant[section.currency]
            opened = [one for one in mine if known.kind(one) == "open"]
            likely = [one for one in mine if one.probability >= 75]
            assert section.total is not None
            told = [one or ZERO for one in values(section.total.figures)]
            assert told == [
                len(mine),
                added(one.amount for one in likely) or ZERO,
                added(one.weighted_amount for one in opened) or ZERO,
                added(one.best for one in opened) or ZERO,
            ]
        _recurring(known, sales)


def _recurring(known: Known, sales: Sequence[Sale]) -> None:
    span = Period(today() - timedelta(days=100), today())
    won = [s for s in sales if known.kind(s) == "won" and s.recurring_amount is not None]
    for section in RECURRING.read(Asked(span)).sections:
        mine = [(s, s.recurring_start_on, end_of(s)) for s in won if s.currency == section.currency]
        month = first_day(span.first, Step.MONTH)
        for line in section.lines:
            first = max(month, span.first)
            last = min(last_day(month, Step.MONTH), span.last)
            runs = [s.recurring_monthly for s, start, end in mine if start <= last < end]
            began = [
                s.recurring_monthly
                for s, start, end in mine
                if first <= start <= last and end >= span.first
            ]
            ended = [
                s.recurring_monthly
                for s, start, end in mine
                if first <= end <= last and start <= span.last
            ]
            expected = [len(runs), *(added(one) or ZERO for one in (runs, began, ended))]
            assert [one or ZERO for one in values(line.figures)] == expected
            month = last_day(month, Step.MONTH) + timedelta(days=1)


def end_of(sale: Sale) -> date:
    """The same day of a later month, else the last one of it."""
    start, month = sale.recurring_start_on, first_day(sale.recurring_start_on, Step.MONTH)
    for _month in range(sale.recurring_duration):
        month = last_day(month, Step.MONTH) + timedelta(days=1)
    return min(month + timedelta(days=start.day - 1), last_day(month, Step.MONTH))


@quickly
@given(data=st.data())
def test_passages(known: Known, data: st.DataObject) -> None:
    span = data.draw(st.sampled_from([None, Period(today() - timedelta(days=60), today())]))
    of = [kind for _pk, kind, _name in known.stages]
    order = [n for kind in ("open", "won") for n, one in enumerate(of) if one == kind]
    for _reader, _world, sales in readings(known, data):
        told: dict[str, list[tuple[bool, float | None]]] = defaultdict(list)
        for sale in sales:
            path = sale.path()
            for stage in {one[0] for one in path if of[one[0]] == "open"}:
                mine = [n for n, one in enumerate(path) if one[0] == stage and _in(span, one[1])]
                if mine:
                    after = {one[0] for one in path[mine[0] + 1 :]} & set(order)
                    further = any(order.index(one) > order.index(stage) for one in after)
                    told[known.stages[stage][2]].append((further, _spent(path, mine)))
        sections = PASSAGES.read(Asked(span)).sections
        lines = sections[0].lines if sections else []
        assert {line.label for line in lines if line.figures[0].value} == set(told)
        for line in lines:
            entered, went_on, _rate, spent = line.figures
            mine_ = told[line.label]
            assert [entered.value, went_on.value] == [len(mine_), sum(on for on, _s in mine_)]
            left = [one for _on, one in mine_ if one is not None]
            assert (spent.value is None) == (not left)
            if left:
                assert abs(float(spent.value or 0) - median(left) / 86400) < 0.01


def _in(span: Period | None, instant: datetime) -> bool:
    return span is None or span.first <= day_of(instant) <= span.last


def _spent(path: Sequence[Any], mine: Sequence[int]) -> float | None:
    lengths = [path[n][2] and path[n][2] - path[n][1] for n in mine]
    if any(one is None for one in lengths):
        return None
    return float(sum(one.total_seconds() for one in lengths))


@quickly
@given(data=st.data())
def test_targets(known: Known, data: st.DataObject) -> None:
    first = first_day(today(), Step.QUARTER)
    agency = {"claire": "lyon", "hugo": "lille", "marc": None}
    for reader, world, sales in readings(known, data):
        aims = {
            (one.currency, str(person(known.id_of(one.owner)))): one
            for one in world.targets
            if reader in ("alice", "marc")
            or (reader == "claire" and one.owner != "marc")
            or (reader == "ines" and agency[one.owner] in ("lyon", None))
        }
        assert len(list(db.session.scalars(select(SalesTarget.id)))) == len(aims)
        found = {
            (section.currency, line.label): values(line.figures)
            for section in TARGETS.read(Asked(Period(today(), today()))).sections
            for line in section.lines
        }
        assert found.keys() == aims.keys()
        for key, target in aims.items():
            won = added(
                sale.amount
                for sale in sales
                if (sale.place.owner, sale.currency) == (target.owner, target.currency)
                and known.kind(sale) == "won"
                and first <= sale.closed <= last_day(first, Step.QUARTER)
            )
            assert found[key][1:] == [won or ZERO, target.amount]
            assert found[key][0] == (won or ZERO) * 100 / target.amount


# The follow-up, and the figures of home ─────────────────────────────────────────────────────────


@quickly
@given(data=st.data())
def test_the_follow_up(known: Known, data: st.DataObject) -> None:
    for _reader, _world, sales in readings(known, data):
        figures = read_figures(Choice(ACCOUNTS, "records", ListAddress("", "/reporting/pipeline")))
        assert figures.records.total().count == 1  # neither the archived one nor that in the bin
        assert figures.opportunities is not None
        groups = defaultdict(list)
        for sale in sales:
            agency = known.id_of(sale.place.agency)
            groups[agency, known.stages[sale.stage][0], sale.currency].append(sale)
        found = {
            (*keys, currency): (cell.counts[currency], [one.value("sum") for one in sums])
            for keys, cell in figures.opportunities.by(AGENCY, STAGE).items()
            for currency, sums in cell.sums.items()
        }
        assert found == {
            key: (
                len(mine),
                [
                    added(getattr(sale, name) for sale in mine)
                    for name in ("amount", "weighted_amount", "recurring_monthly")
                ],
            )
            for key, mine in groups.items()
        }
        assert figures.events is not None
        assert figures.events.total().count == 0, "they are of no account"


@quickly
@given(data=st.data())
def test_the_figures_of_home(known: Known, data: st.DataObject) -> None:
    for reader, world, sales in readings(known, data):
        board = BOARDS["salesperson" if reader == "claire" else "manager"]
        month = read_period("this_month")
        shown = kpis.read(board.open_kpis(), Asked(month, filters=tuple(board.preset())))
        amounts, number, rate, average, leads, calls = (values(one.figures) for one in shown)

        whose = {"claire"} if reader == "claire" else None

        def mine(
            rows: Sequence[Any], reader: str = reader, whose: set[str] | None = whose
        ) -> list[Any]:
            return [
                one
                for one in rows
                if one.place.is_read_by(reader)
                and (reader != "claire" or one.place.owner == reader)
            ]

        closed = [
            one
            for one in mine(sales)
            if (day := closed_on(known, one)) and month.first <= day <= month.last
        ]
        won = [one for one in closed if known.kind(one) == "won"]
        by_currency = {
            one.currency: added(s.amount for s in won if s.currency == one.currency) for one in won
        }
        assert Counter(amounts) == Counter(one or ZERO for one in by_currency.values()) or not won
        assert number == [len(won)]
        assert rate == ([Decimal(len(won)) * 100 / len(closed)] if closed else [None])
        cycles = [one for sale in won if (one := cycle(known, sale)) is not None]
        assert average == ([Decimal(sum(cycles)) / len(cycles)] if cycles else [None])
        received = [
            one for one in mine(world.inquiries) if month.first <= one.received_on <= month.last
        ]
        assert leads == [len(received)]
        held = [
            one
            for one in mine(world.calls)
            if (one.type, one.status) == ("call", "done")
            and month.first <= day_of(one.starts_at) <= month.last
        ]
        assert calls == [len(held)]
