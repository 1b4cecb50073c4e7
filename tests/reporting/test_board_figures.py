"""Every figure of every board, compared with plain Python over the rows that its reader may see."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Source
from crm.calendar.models import Event
from crm.companies.days import today
from crm.core.actor import current_actor
from crm.core.datamodel.grouping import Group
from crm.core.types import utcnow
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from crm.quotes.models import Quote
from crm.reporting.boards.asked import Asked
from crm.reporting.boards.matrix import Matrix
from crm.reporting.boards.periods import Period, read_period
from crm.reporting.boards.table import ALL, BOARDS
from tests.factories import make
from tests.fixtures import Acting, Cast, Client, written_once
from tests.reporting.boards_world import PEOPLE, plant

Everything = Callable[[], AbstractContextManager[Session]]
Row = Any
PART = {"HX-Request": "true"}
SIGNS = {"Euro": "EUR", "US Dollar": "USD"}
SOON = Period(today(), today() + timedelta(days=90))


@dataclass(frozen=True)
class Told:
    """A chart in plain Python: which rows, on which day, in which groups, with which numbers."""

    model: type[Any]
    where: Callable[[Row], bool]
    day: Callable[[Row], date | None] | None
    lines: Callable[[Row], Iterable[str | None]]
    columns: Callable[[Row], str | None] | None = None
    numbers: Sequence[tuple[str, str]] = ()
    window: Period | None = None
    totals: bool = False  # cells of the first number alone, between the number of rows and the sum


def local(instant: Any) -> date | None:
    zone = ZoneInfo(current_actor().time_zone)
    return instant.astimezone(zone).date() if instant is not None else None


def kind(*kinds: str) -> Callable[[Row], bool]:
    return lambda row: (row.stage if isinstance(row, Opportunity) else row.status).kind in kinds


def status(*names: str) -> Callable[[Row], bool]:
    return lambda row: row.status in names


def one(name: str) -> Callable[[Row], Iterable[str | None]]:
    return lambda row: [str(value) if (value := getattr(row, name)) is not None else None]


def teams(row: Row) -> list[str | None]:
    found: list[str | None] = [str(team) for team in row.owner.groups] if row.owner else []
    return found or [None]


def month(name: str) -> Callable[[Row], Iterable[str | None]]:
    def tell(row: Row) -> list[str | None]:
        value = getattr(row, name)
        day = local(value) if hasattr(value, "hour") else value
        return [day.strftime("%B %Y") if day else None]

    return tell


def account(row: Row) -> list[str | None]:
    """An account out of reach has no name."""
    return [str(row.account) if row.account is not None else "Not available"]


def choice(name: str) -> Callable[[Row], str | None]:
    words = {"open": "Open", "won": "Won", "lost": "Lost", "planned": "Planned", "done": "Done"}
    more = {"call": "Call", "inbound": "Inbound", "outbound": "Outbound", "meeting": "Meeting"}
    rest = {"task": "Task", "event": "Event"}

    def tell(row: Row) -> str | None:
        value = getattr(row, name) if name != "kind" else row.stage.kind
        return {**words, **more, **rest}.get(str(value), str(value).capitalize()) if value else None

    return tell


def choices(name: str) -> Callable[[Row], Iterable[str | None]]:
    return lambda row: [choice(name)(row)]


def country(row: Row) -> list[str | None]:
    names = {"FR": "France", "ES": "Spain", "DE": "Germany"}
    return [names[row.country] if row.country else None]


def anything(row: Row) -> bool:
    return True


def kept(row: Row) -> bool:
    return row.status in ("planned", "done")


def held(row: Row) -> bool:
    return bool(row.type == "call" and row.status == "done")


def overdue(row: Row) -> bool:
    return bool(row.status == "planned" and row.ends_at <= utcnow())


def unassigned(row: Row) -> bool:
    return row.owner is None and row.status.kind == "open"


def won_recurring(row: Row) -> bool:
    return row.stage.kind == "won" and row.recurring_amount is not None


def closed_on(row: Row) -> date | None:
    found: date | None = row.closed_on
    return found


def received_on(row: Row) -> date | None:
    found: date | None = row.received_on
    return found


def starts_on(row: Row) -> date | None:
    return local(row.starts_at)


def issued_on(row: Row) -> date | None:
    found: date | None = row.issued_on
    return found


AMOUNT, WEIGHTED = ("sum", "amount"), ("sum", "weighted_amount")
MONTHLY, EXCL = ("sum", "recurring_monthly"), ("sum", "total_excl")
OFFERED = ("finalised", "sent", "accepted", "refused", "expired")


def won_by(lines: Callable[[Row], Iterable[str | None]]) -> Told:
    return Told(Opportunity, kind("won"), closed_on, lines, numbers=[AMOUNT])


def leads_by(lines: Any, columns: Any = None) -> Told:
    return Told(Lead, anything, received_on, lines, columns)


def events_by(lines: Any, columns: Any = None, where: Any = kept) -> Told:
    return Told(Event, where, starts_on, lines, columns)


def lead_status(row: Row) -> str | None:
    return str(row.status)


OPEN_OF_NOW = (Opportunity, kind("open"), None)
TOLD: Mapping[tuple[str, str], Told] = {
    ("opportunities", "closed-by-month"): Told(
        Opportunity, kind("won", "lost"), closed_on, month("closed_on"), choice("kind"), [AMOUNT]
    ),
    ("opportunities", "by-stage"): Told(*OPEN_OF_NOW, one("stage"), numbers=[AMOUNT, WEIGHTED]),
    ("opportunities", "by-stage-and-agency"): Told(
        *OPEN_OF_NOW, one("stage"), lambda row: str(row.agency) if row.agency else None, [AMOUNT],
        totals=True,
    ),
    ("opportunities", "next-90-days"): Told(
        Opportunity, kind("open"), lambda row: row.expected_close_on, month("expected_close_on"),
        numbers=[AMOUNT, WEIGHTED], window=SOON,
    ),
    ("opportunities", "won-by-owner"): won_by(one("owner")),
    ("opportunities", "won-by-team"): won_by(teams),
    ("opportunities", "won-by-agency"): won_by(one("agency")),
    ("opportunities", "won-by-source"): won_by(one("source")),
    ("opportunities", "won-by-account"): won_by(account),
    ("opportunities", "lost-by-reason"): Told(
        Opportunity, kind("lost"), closed_on, one("lost_reason"), numbers=[AMOUNT]
    ),
    ("opportunities", "recurring-won"): Told(
        Opportunity, won_recurring, closed_on, month("closed_on"), numbers=[MONTHLY]
    ),
    ("manager", "won-by-month"): won_by(month("closed_on")),
    ("leads", "by-month"): leads_by(month("received_on")),
    ("leads", "by-status"): leads_by(one("status")),
    ("leads", "by-source"): leads_by(one("source")),
    ("leads", "by-country"): leads_by(country),
    ("leads", "by-industry"): leads_by(one("industry")),
    ("leads", "by-team"): leads_by(teams, lead_status),
    ("leads", "by-owner"): leads_by(one("owner"), lead_status),
    ("leads", "unassigned"): Told(Lead, unassigned, None, one("source")),
    ("events", "by-month"): events_by(month("starts_at"), choice("status")),
    ("events", "by-type"): events_by(choices("type"), choice("status")),
    ("events", "by-owner"): events_by(one("owner"), choice("type")),
    ("events", "by-team"): events_by(teams, choice("type")),
    ("events", "calls-held"): events_by(one("owner"), choice("call_direction"), held),
    ("events", "overdue"): Told(Event, overdue, None, one("owner")),
    ("quotes", "by-status"): Told(
        Quote, anything, issued_on, choices("status"), numbers=[EXCL]
    ),
    ("quotes", "by-owner"): Told(
        Quote, status(*OFFERED), issued_on, one("owner"),
        numbers=[EXCL, ("average", "discount_rate")],
    ),
}  # fmt: skip
MONEY = {"amount", "weighted_amount", "recurring_monthly", "total_excl"}


def expected(told: Told, rows: Sequence[Row], period: Period) -> dict[Any, tuple[Any, ...]]:
    """(currency, line, column) → number of rows and the numbers; empty groups left out."""
    groups = defaultdict(list)
    span = told.window or period
    for row in rows:
        day = told.day(row) if told.day is not None else None
        is_in = told.day is None or (day is not None and span.first <= day <= span.last)
        if is_in and told.where(row):
            money = any(name in MONEY for _how, name in told.numbers)
            column = told.columns(row) if told.columns is not None else None
            for line in told.lines(row):
                groups[row.currency if money else "", line, column].append(row)
    return {key: figures(told, found) for key, found in groups.items()}


def figures(told: Told, rows: Sequence[Row]) -> tuple[Any, ...]:
    found: list[Any] = [len(rows)]
    for how, name in told.numbers:
        values = [value for row in rows if (value := getattr(row, name)) is not None]
        total = sum(values, Decimal(0)) if values else None
        if how == "average" and total is not None:
            total = round(total / len(values), 1)
        found.append(total)
    return tuple(found)


ROW = re.compile(r"<tr(?: class=\"(\w+)\")?>(.*?)</tr>", re.DOTALL)
HEAD = re.compile(r"<th scope=\"row\"( class=\"c-muted\")?>(.*?)</th>", re.DOTALL)
CELL = re.compile(r"<td class=\"r num[^\"]*\">(.*?)</td>", re.DOTALL)
LINK = re.compile(r"<a href=\"([^\"]+)\">")


@dataclass(frozen=True)
class Line:
    """A line of a table as it is shown."""

    currency: str
    label: str | None
    texts: Sequence[str]
    urls: Sequence[str]
    is_sum: bool = False


def table(html: str) -> list[Line]:
    """The lines of a chart's table; `currency` "" where it shows one."""
    lines, currency = [], ""
    body = html.partition("</thead>")[2]
    for css, inner in ROW.findall(body):
        if css == "part":
            currency = SIGNS[re.sub(r"<[^>]+>", "", inner)]
            continue
        head = HEAD.search(inner)
        assert head is not None, inner
        label = re.sub(r"<[^>]+>", "", head[2])
        cells = CELL.findall(inner)
        texts = [re.sub(r"<[^>]+>", "", cell) for cell in cells]
        urls = [found[1] if (found := LINK.search(cell)) else "" for cell in cells]
        lines.append(Line(currency, None if head[1] else label, texts, urls, css == "sum"))
    return lines


def number(text: str) -> Decimal | None:
    """A figure as it is shown; None of –."""
    found = re.sub(r"[^\d.]", "", text)
    return Decimal(found) if found else None


def heads(html: str) -> list[str]:
    return [
        re.sub(r"<[^>]+>", "", h)
        for h in re.findall(r"<th scope=\"col\" class=\"r\">(.*?)</th>", html)
    ]


def summed(first: Sequence[Any], second: Sequence[Any]) -> tuple[Any, ...]:
    pairs = zip(first, second, strict=True)
    return tuple(None if None in pair else sum(pair) for pair in pairs)


def added_up(wanted: Mapping[Any, tuple[Any, ...]]) -> dict[Any, tuple[Any, ...]]:
    """As `expected`, with a number of rows and a sum of each line; empty ones left out."""
    found: dict[Any, Any] = defaultdict(Decimal)
    for (currency, line, column), (count, amount) in wanted.items():
        found[currency, line, "Number"] += count
        for name in (column, "Total"):
            found[currency, line, name] += amount or 0
    return {key: (value,) for key, value in found.items() if value}


def shown_added_up(html: str) -> dict[Any, tuple[Any, ...]]:
    """As `added_up`, of what the page shows."""
    columns = [None if name == "No agency" else name for name in heads(html)]
    return {
        (line.currency, line.label, column): (value,)
        for line in table(html)
        if not line.is_sum
        for column, text in zip(columns, line.texts, strict=True)
        if (value := number(text))
    }


def shown(told: Told, html: str) -> dict[Any, tuple[Any, ...]]:
    """As `expected`, of what the page shows."""
    if told.totals:
        return shown_added_up(html)
    width = 1 + len(told.numbers)
    found = {}
    for line in table(html):
        if line.is_sum:
            continue
        columns: Sequence[str | None] = [None]
        if told.columns is not None:
            every = heads(html)[: None if told.numbers else -1]
            columns = [None if name == "Not filled in" else name for name in every[::width]]
        for place, column in enumerate(columns):
            cells = [number(text) for text in line.texts[place * width : (place + 1) * width]]
            if cells[0]:
                key = line.currency, line.label, column
                before = found.get(key)  # accounts out of reach have one name
                found[key] = summed(before, cells) if before is not None else tuple(cells)
    return found


@written_once
def business(acting: Acting, cast: Cast, everything: Everything) -> None:
    plant(acting, cast, everything)


def fetched(client: Client, board: str, chart: str, query: str) -> str:
    answer = client.get(f"/reporting/boards/{board}/{chart}?{query}", headers=PART)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def test_every_chart_with_groups_is_told_here() -> None:
    charts = {(board.key, chart.key) for board in ALL[:4] for chart in board.charts}
    lists = {("opportunities", key) for key in ("largest", "newest", "latest-lost")}
    lists |= {("opportunities", "recurring-ending"), ("quotes", "expiring")}
    assert charts | {("manager", "won-by-month")} == TOLD.keys() | lists
    known = [chart for board in ALL[:4] for chart in board.charts]
    own = [chart for key in ("manager", "salesperson") for chart in BOARDS[key].charts]
    told_apart = {"won-by-month", "by-person"}  # the latter in test_by_person
    assert {chart.key for chart in own if chart not in known} == told_apart


def open_charts() -> list[tuple[str, str]]:
    """The charts with groups that the actor may read, of all boards."""
    charts = [(board.key, chart) for board in ALL for chart in board.open_charts()]
    return [(key, chart.key) for key, chart in charts if (key, chart.key) in TOLD]


@pytest.mark.both
@pytest.mark.accept("A-24")
@pytest.mark.parametrize("somebody", PEOPLE)
def test_the_charts_count_what_plain_python_counts(
    acting: Acting, as_user: Callable[[str], Client], business: None, somebody: str
) -> None:
    client, period = as_user(somebody), read_period("this_year")
    with acting(somebody) as session:
        pages = {key: fetched(client, *key, "period=this_year") for key in open_charts()}
        for key, html in pages.items():
            told = TOLD[key]
            rows = list(session.scalars(select(told.model)).unique())
            assert rows
            wanted = expected(told, rows, period)
            if told.totals:
                wanted = added_up(wanted)
            found = shown(told, html)
            if len({currency for currency, _line, _column in wanted}) == 1:
                wanted = {("", line, column): told for (_c, line, column), told in wanted.items()}
            assert found == wanted, (somebody, key)
            assert html.count(">Not available</span></th>") <= 1, (somebody, key)


@dataclass(frozen=True)
class Kpi:
    """A figure above the charts in plain Python: of which rows it tells what."""

    model: type[Any]
    where: Callable[[Row], bool]
    day: Callable[[Row], date | None] | None
    tell: Callable[[Sequence[Row]], Decimal | None]
    by_currency: bool = False


def size(rows: Sequence[Row]) -> Decimal | None:
    return Decimal(len(rows))


def total(name: str) -> Callable[[Sequence[Row]], Decimal | None]:
    return lambda rows: sum((getattr(row, name) or Decimal(0) for row in rows), Decimal(0))


def average(name: str, places: int = 0) -> Callable[[Sequence[Row]], Decimal | None]:
    def tell(rows: Sequence[Row]) -> Decimal | None:
        values = [value for row in rows if (value := getattr(row, name)) is not None]
        return round(Decimal(sum(values)) / len(values), places) if values else None

    return tell


def share(
    is_part: Callable[[Row], bool], of: Callable[[Sequence[Row]], Decimal | None]
) -> Callable[[Sequence[Row]], Decimal | None]:
    def tell(rows: Sequence[Row]) -> Decimal | None:
        part, whole = of([row for row in rows if is_part(row)]), of(rows)
        return round(100 * (part or 0) / whole, 1) if whole else None

    return tell


def shown_kpis(html: str) -> dict[str, list[tuple[str, str]]]:
    """Label → (text, address) of its figures that open a list."""
    found = {}
    for label, rest in re.findall(r"<dt>(.*?)</dt><dd class=\"num\">(.*?)</dd>", html, re.DOTALL):
        links = re.findall(r"<a href=\"([^\"]+)\">([^<]+)</a>", rest)
        found[label] = [(text, url) for url, text in links]
    return found


CLOSED = (Opportunity, kind("won", "lost"), closed_on)
WON = (Opportunity, kind("won"), closed_on)
LEADS = (Lead, anything, received_on)
ISSUED = (Quote, status(*OFFERED), issued_on)
ANSWERED = (Quote, status("accepted", "refused", "expired"), issued_on)
KPIS: Mapping[tuple[str, str], Kpi] = {
    ("opportunities", "Amount won"): Kpi(*WON, total("amount"), by_currency=True),
    ("opportunities", "Opportunities won"): Kpi(*WON, size),
    ("opportunities", "Win rate"): Kpi(*CLOSED, share(kind("won"), size)),
    ("opportunities", "Win rate by amount"): Kpi(
        *CLOSED, share(kind("won"), total("amount")), by_currency=True
    ),
    ("opportunities", "Average cycle"): Kpi(*WON, average("cycle_days")),
    ("opportunities", "Monthly recurring revenue won"): Kpi(
        Opportunity, won_recurring, closed_on, total("recurring_monthly"), by_currency=True
    ),
    ("leads", "Leads created"): Kpi(*LEADS, size),
    ("leads", "Conversion rate"): Kpi(*LEADS, share(kind("converted"), size)),
    ("leads", "Time to conversion"): Kpi(
        Lead, kind("converted"), received_on, average("conversion_days")
    ),
    ("leads", "Unassigned, today"): Kpi(Lead, unassigned, None, size),
    ("quotes", "Quoted, excl. tax"): Kpi(*ISSUED, total("total_excl"), by_currency=True),
    ("quotes", "Finalised quotes"): Kpi(*ISSUED, size),
    ("quotes", "Acceptance rate"): Kpi(*ANSWERED, share(status("accepted"), size)),
    ("quotes", "Average discount"): Kpi(*ISSUED, average("discount_rate", 1)),
    ("quotes", "Expiring within a week"): Kpi(
        Quote,
        lambda row: (
            row.status in ("finalised", "sent")
            and today() <= row.valid_until <= today() + timedelta(days=7)
        ),
        None,
        size,
    ),
    ("events", "Planned events"): Kpi(Event, status("planned"), starts_on, size),
    ("events", "Events done"): Kpi(Event, status("done"), starts_on, size),
    ("events", "Calls held"): Kpi(Event, held, starts_on, size),
    ("events", "Overdue, today"): Kpi(Event, overdue, None, size),
}


def of_period(told: Kpi, rows: Sequence[Row], period: Period) -> list[Row]:
    found = [row for row in rows if told.where(row)]
    if told.day is None:
        return found
    days = [(row, told.day(row)) for row in found]
    return [row for row, day in days if day is not None and period.first <= day <= period.last]


def test_every_figure_above_the_charts_is_told_here() -> None:
    assert KPIS.keys() == {(b.key, str(one.label)) for b in ALL[:4] for one in b.kpis}
    known = [one for board in ALL[:4] for one in board.kpis]
    assert all(one in known for board in ALL[4:] for one in board.kpis)


@pytest.mark.both
@pytest.mark.parametrize("somebody", PEOPLE)
def test_the_figures_above_the_charts_are_those_of_plain_python(
    acting: Acting, as_user: Callable[[str], Client], business: None, somebody: str
) -> None:
    client, period = as_user(somebody), read_period("this_year")
    pages = {
        board.key: shown_kpis(fetched(client, board.key, "kpis", "period=this_year"))
        for board in ALL[:4]
    }
    with acting(somebody) as session:
        for (board, label), told in KPIS.items():
            rows = of_period(told, list(session.scalars(select(told.model)).unique()), period)
            currencies = {row.currency for row in rows} if told.by_currency else {""}
            wanted = (
                []
                if not rows
                else sorted(
                    (value, sum(1 for row in rows if not currency or row.currency == currency))
                    for currency in currencies
                    if (
                        value := told.tell(
                            [r for r in rows if not currency or r.currency == currency]
                        )
                    )
                    is not None
                )
            )
            found = sorted(
                (number(text), listed_rows(client, url)) for text, url in pages[board][label]
            )
            assert found == wanted, (somebody, board, label)


LISTED = {
    "opportunities": "OpportunityView",
    "leads": "LeadView",
    "quotes": "QuoteView",
    "events": "EventView",
}


def ids_of(client: Client, url: str) -> list[int]:
    """The rows of a list, all of them on one page."""
    view = LISTED[url.split("/")[1]]
    answer = client.get(f"{url}&psize_{view}=100")
    assert answer.status_code == 200, url
    return [int(pk) for pk in re.findall(r"data-row=\"(\d+)\"", answer.text)]


def listed_rows(client: Client, url: str) -> int:
    return len(ids_of(client, url))


def number_of(told: Told, place: int, many: int, is_compared: bool) -> int:
    """Which of `figures` a cell tells: 0 is the number of rows."""
    width = 1 + len(told.numbers)
    if told.totals:
        return min(place, 1)
    if told.columns is None:
        return min(1, len(told.numbers)) if place == width else place % width
    columns = many // (width + (1 if is_compared else 0))
    return 1 if width > 1 and place >= columns * width else place % width


PARTS = re.compile(r"<a href=\"([^\"]+)\" tabindex=\"-1\"><title>[^<]*: ([^<]+)</title>")


@pytest.mark.slow("follows every link of every chart")
@pytest.mark.parametrize(
    ("somebody", "query"),
    [
        ("alice", "period=this_year&compare=1"),
        ("marc", ""),
        ("claire", "period=this_year&compare=1&_flt_0_owner=me"),
        ("ines", "_flt_0_agency=none"),
    ],
)
def test_every_figure_opens_the_list_with_its_count_and_sum(
    acting: Acting, as_user: Callable[[str], Client], business: None, somebody: str, query: str
) -> None:
    client, known = as_user(somebody), {}
    with acting(somebody) as session:
        for key in open_charts():
            told = TOLD[key]
            rows = {row.id: row for row in session.scalars(select(told.model)).unique()}
            html = fetched(client, *key, query)
            for url, text in PARTS.findall(html):
                known[url] = known.get(url) or ids_of(client, url)
                found = figures(told, [rows[pk] for pk in known[url]])
                assert number(text) == found[min(1, len(told.numbers))], (somebody, key, url)
            for line in table(html):
                for place, (text, url) in enumerate(zip(line.texts, line.urls, strict=True)):
                    if not url:
                        assert text in ("0", "–"), (key, line)
                        continue
                    known[url] = known.get(url) or ids_of(client, url)
                    found = figures(told, [rows[pk] for pk in known[url]])
                    column = number_of(told, place, len(line.texts), "compare" in query)
                    assert number(text) == found[column], (somebody, key, line, url)


@pytest.mark.both
def test_a_bar_has_six_colours_at_most(acting: Acting, as_user: Callable[[str], Client]) -> None:
    """The columns beyond stand together in the last colour, which opens the rows of them all."""
    with acting("alice"):
        for n in range(1, 9):
            make(Source, name={"en": f"Source {n}", "fr": f"Source {n}"}, position=n)
    with acting("claire") as session:
        sources = list(session.scalars(select(Source).order_by(Source.id.desc()).limit(8)))[::-1]
        for n, source in enumerate(sources):
            for _lead in range(n + 1):
                make(Lead, organization=f"Lead {n}", source=source)
        make(Lead, organization="Lead of no source", source=None)
        session.flush()
        matrix = Matrix("x", "By source", Lead, Group("owner"), Group("source"), str)
        found = matrix.read(Asked())
        (line,) = found.sections[0].lines
        assert [part.value for part in line.parts] == [1, 2, 3, 4, 5, 22]
        assert [part.colour for part in line.parts] == [1, 2, 3, 4, 5, 6]
        assert sum(part.share for part in line.parts) == pytest.approx(100, abs=0.1)
        assert list(found.legend.values()) == [1, 2, 3, 4, 5, 6, 6, 6, 6]
        url = line.parts[-1].url.removeprefix("http://localhost")
    assert listed_rows(as_user("claire"), url) == 22
