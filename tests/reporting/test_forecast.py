"""The forecast board, compared with plain Python over the rows that its reader may see."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from decimal import Decimal
from html import unescape
from random import Random
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from crm.companies.days import today
from crm.companies.models import AppSettings
from crm.core.actor import current_actor
from crm.core.datamodel.buckets import Step, first_day, last_day
from crm.core.rows import unfiltered
from crm.opportunities.models import Opportunity, Stage, StageTime
from crm.reporting.boards.asked import Asked
from crm.reporting.boards.forecast import FORECAST, coming_months
from crm.reporting.boards.passages import PASSAGES
from crm.reporting.boards.periods import Period
from crm.reporting.boards.recurring import RECURRING
from crm.reporting.boards.shown import Line, Shown
from tests.factories import make
from tests.fixtures import Acting, Cast, Client, statements_of, written_once

pytestmark = pytest.mark.both
Everything = Callable[[], AbstractContextManager[Session]]
PEOPLE = ("alice", "marc", "claire", "ines", "olga")
PERIOD = Period(date(2026, 2, 10), date(2026, 5, 20))
ZERO = Decimal(0)


@written_once
def past(acting: Acting, cast: Cast, everything: Everything) -> None:
    """Opportunities of several people, agencies and companies, in two currencies, with a past."""
    random = Random(11)  # noqa: S311  no secret
    with acting("alice") as session:
        session.execute(update(AppSettings).values(manage_agencies=True, manage_recurring=True))
        stages = list(session.scalars(select(Stage).order_by(Stage.id)))
        kinds = {stage.id: str(stage.kind) for stage in stages}
        rows = [make(Opportunity, name=f"Vente {n}", owner=None) for n in range(90)]
        session.flush()
        ids = [row.id for row in rows]
    with everything() as session, unfiltered("the world of this test"):
        for pk in ids:
            company = random.choice([cast.france, cast.france, cast.france, cast.iberia])
            session.execute(
                update(Opportunity)
                .where(Opportunity.id == pk)
                .values(**_values(random, kinds, cast, company))
            )
            session.execute(StageTime.__table__.delete().where(StageTime.opportunity_id == pk))
            session.execute(insert(StageTime), list(_stays(random, pk, list(kinds))))


def _values(random: Random, kinds: dict[int, str], cast: Cast, company: int) -> dict[str, Any]:
    stage = random.choice(list(kinds))
    kind, amount = kinds[stage], random.choice([None, Decimal(random.randint(1, 10**8)) / 100])
    recurs = random.random() < 0.6
    owners = [cast.olga, None] if company == cast.iberia else [cast.claire, cast.hugo, cast.marc]
    likely = random.choice([10, 50, 75, 74, 90])
    return {
        "company_id": company,
        "owner_id": random.choice(owners),
        "agency_id": random.choice([cast.lyon, cast.lille, None])
        if company != cast.iberia
        else None,
        "stage_id": stage,
        "probability": {"open": likely, "won": 100, "lost": 0}[kind],
        "currency": random.choice(["EUR", "EUR", "USD"]),
        "amount": amount,
        "best_case": (amount or ZERO) + 10 if random.random() < 0.5 else None,
        "expected_close_on": today() + timedelta(days=random.randint(-60, 240)),
        "closed_on": None if kind == "open" else today() - timedelta(days=random.randint(0, 40)),
        "recurring_amount": Decimal(random.randint(1, 10**6)) / 100 if recurs else None,
        "recurring_period": random.choice([1, 3, 12]),
        "recurring_duration": random.randint(1, 6) if recurs else None,
        "recurring_start_on": date(2025, 10, 31) + timedelta(days=random.randint(0, 240)),
    }


def _stays(random: Random, pk: int, stages: Sequence[int]) -> Iterator[dict[str, Any]]:
    at = datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC")) + timedelta(hours=random.randint(0, 3000))
    for n in range(many := random.randint(1, 6)):
        left = at + timedelta(seconds=random.randint(0, 10**6))
        last = n == many - 1
        yield {
            "opportunity_id": pk, "stage_id": random.choice(stages),
            "entered_at": at, "left_at": None if last else left,
        }  # fmt: skip
        at = left


def readable(session: Session) -> list[Any]:
    return list(session.scalars(select(Opportunity)).unique())


def cells(lines: Sequence[Line]) -> dict[str, list[Any]]:
    return {line.label: [one.value for one in line.figures] for line in lines}


def of_currency(shown: Shown, currency: str) -> dict[str, list[Any]]:
    found = next(one for one in shown.sections if one.currency == currency)
    return cells([*found.lines, *([found.total] if found.total else [])])


def added(rows: Sequence[Any], name: str) -> Decimal | None:
    values = [value for row in rows if (value := getattr(row, name)) is not None]
    return sum(values, ZERO) if values or not rows else None


@pytest.mark.parametrize("somebody", PEOPLE)
def test_the_forecast_is_that_of_the_rows_one_may_read(
    acting: Acting, past: None, somebody: str
) -> None:
    with acting(somebody) as session:
        rows = [row for row in readable(session) if row.stage.kind in ("open", "won")]
        shown, span = FORECAST.read(Asked()), coming_months()
        groups = defaultdict(list)
        for row in rows:
            day = row.closed_on if row.stage.kind == "won" else row.expected_close_on
            if day and span.first <= day <= span.last:
                groups[row.currency, day.strftime("%B %Y")].append(row)
                groups[row.currency, "Total"].append(row)
        assert len({currency for currency, _month in groups}) == len(shown.sections)
        assert shown.count == sum(len(v) for (_c, key), v in groups.items() if key == "Total")
        for section in shown.sections:
            for label, found in of_currency(shown, section.currency).items():
                mine = groups[section.currency, label]
                opened = [row for row in mine if row.stage.kind == "open"]
                likely = [row for row in opened if row.probability >= 75]
                won = [row for row in mine if row.stage.kind == "won"]
                best = [
                    row.best_case if row.best_case is not None else row.amount for row in opened
                ]
                filled = [one for one in best if one is not None]
                assert found == [
                    len(mine),
                    added([*likely, *won], "amount"),
                    added(opened, "weighted_amount"),
                    sum(filled, ZERO) if filled or not opened else None,
                ], (section.currency, label)


@pytest.mark.parametrize("somebody", PEOPLE)
def test_what_recurs_by_month(acting: Acting, past: None, somebody: str) -> None:
    with acting(somebody) as session:
        rows = [
            row
            for row in readable(session)
            if row.stage.kind == "won" and row.recurring_amount is not None
        ]
        shown = RECURRING.read(Asked(PERIOD))
        assert shown.sections or not rows
        for section in shown.sections:
            mine = [row for row in rows if row.currency == section.currency]
            month = first_day(PERIOD.first, Step.MONTH)
            expected = {}
            while month <= PERIOD.last:
                first = max(month, PERIOD.first)
                last = min(last_day(month, Step.MONTH), PERIOD.last)
                runs = [r for r in mine if r.recurring_start_on <= last < r.recurring_end_on]
                began = [
                    r
                    for r in mine
                    if first <= r.recurring_start_on <= last and r.recurring_end_on >= PERIOD.first
                ]
                ended = [
                    r
                    for r in mine
                    if first <= r.recurring_end_on <= last and r.recurring_start_on <= PERIOD.last
                ]
                expected[month.strftime("%B %Y")] = [
                    len(runs),
                    *(added(some, "recurring_monthly") for some in (runs, began, ended)),
                ]
                month = last_day(month, Step.MONTH) + timedelta(days=1)
            assert of_currency(shown, section.currency) == expected


def stages_and_stays(session: Any) -> tuple[list[Stage], list[int], dict[int, list[StageTime]]]:
    """All stages, the ids of the open and won ones in order, and the stays of each opportunity."""
    ids = {row.id for row in readable(session)}
    stages = list(session.scalars(select(Stage).order_by(Stage.position, Stage.id)))
    order = [s.id for kind in ("open", "won") for s in stages if s.kind == kind]
    histories = defaultdict(list)
    for stay in session.scalars(select(StageTime).order_by(StageTime.id)):
        if stay.opportunity_id in ids:
            histories[stay.opportunity_id].append(stay)
    return stages, order, histories


@pytest.mark.parametrize("period", [None, PERIOD])
@pytest.mark.parametrize("somebody", PEOPLE)
def test_how_many_go_on_to_the_next_stage_and_how_long_they_stay(
    acting: Acting, past: None, somebody: str, period: Period | None
) -> None:
    with acting(somebody) as session:
        stages, order, histories = stages_and_stays(session)
        told: dict[int, list[tuple[bool, int | None]]] = defaultdict(list)
        for stays in histories.values():
            for stage in {stay.stage_id for stay in stays}:
                mine = [n for n, s in enumerate(stays) if s.stage_id == stage and _in(period, s)]
                if mine:
                    after = [s.stage_id for s in stays[mine[0] + 1 :] if s.stage_id in order]
                    place = order.index(stage) if stage in order else -1
                    told[stage].append((
                        any(order.index(one) > place for one in after),
                        _spent([stays[n] for n in mine]),
                    ))  # fmt: skip
        shown = cells(PASSAGES.read(Asked(period)).sections[0].lines)
        opened = [stage for stage in stages if stage.kind == "open"]
        assert len(shown) == len(opened)
        for stage, (label, found) in zip(opened, shown.items(), strict=True):
            assert label.startswith(str(stage.name))
            entries = told[stage.id]
            assert found[0] == len(entries)
            assert found[1] == sum(went_on for went_on, _seconds in entries)
            spent = [seconds for _went_on, seconds in entries if seconds is not None]
            if not entries or not spent:
                assert found[3] is None
            else:
                assert abs(float(found[3]) - median(spent) / 86400) < 0.01


@pytest.mark.parametrize("period", [None, PERIOD])
@pytest.mark.parametrize("somebody", ["marc", "claire", "ines"])
def test_every_passage_opens_the_list_of_its_rows(
    acting: Acting, as_user: Callable[[str], Client], past: None, somebody: str, period: Any
) -> None:
    """Those that entered the stage, that went on, and of the median those that have left it."""
    with acting(somebody) as session:
        stages, order, histories = stages_and_stays(session)
        shown = PASSAGES.read(Asked(period)).sections[0].lines
        entered: dict[str, tuple[set[int], set[int], set[int]]] = {}
        for stage in stages:
            told = entered[str(stage.name)] = (set(), set(), set())
            for pk, stays in histories.items():
                mine = [n for n, s in enumerate(stays) if s.stage_id == stage.id and _in(period, s)]
                further = order[order.index(stage.id) + 1 :] if stage.id in order else []
                if mine:
                    told[0].add(pk)
                    if any(s.stage_id in further for s in stays[mine[0] + 1 :]):
                        told[1].add(pk)
                    if all(stays[n].left_at is not None for n in mine):
                        told[2].add(pk)
    client, followed = as_user(somebody), 0
    for line in shown:
        numbers = entered[line.label]
        opened = {n: figure.url for n, figure in enumerate(line.figures) if figure.url}
        assert [figure.value for figure in line.figures[:2]] == [len(one) for one in numbers[:2]]
        assert {0, 2} <= opened.keys() if numbers[0] else not opened
        assert line.bar_url == opened.get(0, "")
        for n, url in opened.items():
            page = client.get(url + "&psize_OpportunityView=100")
            found = {int(pk) for pk in re.findall(r'data-row="(\d+)"', page.text)}
            assert found == numbers[(0, 1, 0, 2)[n]], url
            followed += 1
    assert followed > 8


@pytest.mark.parametrize(
    "text", ["", "x", "1@", "1@2026-02-30..2026-03-01", "1@1800-01-01..1800-01-02"]
)
def test_a_passage_that_means_nothing_is_refused(
    as_user: Callable[[str], Client], past: None, text: str
) -> None:
    page = as_user("claire").get(f"/opportunities/list/?_flt_0_passage={text}")
    assert page.status_code == 200
    assert "data-row=" not in page.text
    assert "c-note" in page.text


def test_rates_are_compared_with_those_of_the_period_before(acting: Acting, past: None) -> None:
    with acting("marc"):
        compared = PASSAGES.read(Asked(PERIOD, is_compared=True))
        before = PASSAGES.read(Asked(PERIOD.before()))
    was = {line.label: line.figures[2] for line in before.sections[0].lines}
    assert compared.head[-1] == str(PERIOD.before())
    for line in compared.sections[0].lines:
        assert line.figures[-1] == was[line.label]


def _in(period: Period | None, stay: Any) -> bool:
    if period is None:
        return True
    day = stay.entered_at.astimezone(ZoneInfo(current_actor().time_zone)).date()
    return bool(period.first <= day <= period.last)


def _spent(stays: Sequence[Any]) -> int | None:
    if any(stay.left_at is None for stay in stays):
        return None
    return sum(round((stay.left_at - stay.entered_at).total_seconds()) for stay in stays)


def test_a_chart_is_one_statement(acting: Acting, past: None, app: Any) -> None:
    with acting("claire"):
        for chart, many in ((FORECAST, 1), (RECURRING, 1), (PASSAGES, 2)):
            with statements_of(app, "BEGIN", "ROLLBACK", "PRAGMA", "SET") as statements:
                chart.read(Asked(PERIOD))
            assert len(statements) <= many, chart.key


ROW = re.compile(r"<tr[^>]*>(.*?)</tr>", re.DOTALL)
CELL = re.compile(r'<td class="r num"><a href="([^"]+)">([^<]+)</a></td>')
SUMS = {"Committed": "amount", "Weighted": "weighted_amount", "Best case": "best_amount"}


@pytest.mark.parametrize("somebody", ["marc", "claire", "ines"])
def test_every_figure_opens_a_list_with_its_count_and_sum(
    acting: Acting, as_user: Callable[[str], Client], past: None, somebody: str
) -> None:
    client = as_user(somebody)
    query = f"?period={PERIOD.first}..{PERIOD.last}"
    numbers = 0
    for key in ("forecast", "recurring"):
        answer = client.get(f"/reporting/boards/forecast/{key}{query}", headers={"HX-Request": "1"})
        heads = re.findall(r'<th scope="col" class="r">(.*?)</th>', answer.text)
        for row in ROW.findall(unescape(answer.text)):
            texts = re.findall(r'<td class="r num[^"]*">(.*?)</td>', row, re.DOTALL)
            for head, cell in zip(heads, texts, strict=False):
                found = re.search(r'<a href="([^"]+)">([^<]+)</a>', cell)
                if found is None:
                    continue
                page = client.get(found[1] + "&psize_OpportunityView=100")
                assert page.status_code == 200, found[1]
                ids = {int(pk) for pk in re.findall(r'data-row="(\d+)"', page.text)}
                if head.startswith("Number"):
                    assert str(len(ids)) == found[2], found[1]
                    numbers += 1
                    continue
                with acting(somebody) as session:
                    rows = [r for r in readable(session) if r.id in ids]
                    total = added(rows, SUMS.get(head, "recurring_monthly"))
                assert f"{total:,.2f}" == re.sub(r"[^\d.,]", "", found[2]), (head, found[1])
    assert numbers
