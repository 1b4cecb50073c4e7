"""The table of everybody's day and month, compared with plain Python over what its reader sees."""

import re
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from crm.calendar.models import Event
from crm.companies.days import today
from crm.core.actor import current_actor
from crm.core.types import utcnow
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from crm.reporting.boards.asked import Asked
from crm.reporting.boards.people import BY_PERSON
from crm.reporting.boards.periods import read_period
from crm.reporting.boards.shown import Shown
from tests.factories import make, person
from tests.fixtures import Acting, Cast, Client
from tests.reporting.boards_world import PEOPLE, plant

pytestmark = pytest.mark.both
AsUser = Callable[[str], Client]
URL = "/reporting/boards/manager/by-person?period=this_year"
PART = {"HX-Request": "true"}
CELL = re.compile(r'<td class="r num[^"]*">(?:<svg.*?</svg>)?<a href="([^"]+)">([^<]+)</a></td>')


@pytest.fixture
def planted(acting: Acting, cast: Cast, everything: Any) -> None:
    plant(acting, cast, everything)
    with acting("claire"):
        make(Event, subject="Late", starts_at=utcnow(), owner=person(cast.claire))


def by_hand(session: Any) -> dict[str, dict[str, Any]]:
    """Person → what they have to do, and their amounts by currency."""
    zone, now, day = ZoneInfo(current_actor().time_zone), utcnow(), today()
    told: dict[str, dict[str, Any]] = defaultdict(lambda: defaultdict(Decimal))

    def rows(model: type[Any]) -> Any:
        for row in session.scalars(select(model)).unique():
            yield told[str(row.owner) if row.owner else "Unassigned"], row

    for mine, row in rows(Event):
        planned, done = row.status == "planned", row.status == "done"
        mine["today"] += (planned or done) and row.starts_at.astimezone(zone).date() == day
        mine["late"] += planned and row.ends_at <= now
    for mine, row in rows(Lead):
        mine["unanswered"] += row.status.kind == "open" and row.last_event_at is None
    for mine, row in rows(Opportunity):
        is_open = row.stage.kind == "open"
        mine["idle"] += is_open and row.next_event_at is None
        if is_open and row.amount is not None:
            mine["open", row.currency] += row.amount
        won = row.stage.kind == "won" and row.closed_on and row.closed_on.year == day.year
        if won and row.amount is not None:
            mine["won", row.currency] += row.amount
    return {name: mine for name, mine in told.items() if any(mine.values())}


@pytest.mark.parametrize("somebody", PEOPLE)
def test_it_tells_what_its_reader_may_read(
    app: Flask, acting: Acting, planted: None, somebody: str
) -> None:
    with app.test_request_context(), acting(somebody) as session:
        expected = by_hand(session)
        shown = BY_PERSON.read(Asked(read_period("this_year")))
        head = [name.replace(",", "").split() for name in shown.head[1:]]
        assert head[0] == ["Events", "today"]
        (section,) = shown.sections
        for line in [*section.lines, section.total]:
            mine = expected.pop(line.label) if line is not section.total else None
            values = [figure.value or 0 for figure in line.figures]
            if mine is not None:
                names = ("today", "late", "unanswered", "idle")
                assert values[:4] == [mine[name] for name in names], line.label
                amounts = [mine.get(one, 0) for one in columns(shown)]
                assert values[4:] == amounts, line.label
            else:
                assert values == [
                    sum(one.figures[at].value or 0 for one in section.lines)
                    for at in range(len(values))
                ]
    assert {name for name, mine in expected.items() if any(mine.values())} == set()


def columns(shown: Shown) -> list[tuple[str, str]]:
    """Which amounts a column has, and in which currency."""
    total = shown.sections[0].total
    assert total is not None
    figures = total.figures[4:]
    return [
        ("open" if label.startswith("Open") else "won", figure.currency)
        for label, figure in zip(shown.head[5:], figures, strict=True)
    ]


def test_every_figure_opens_the_list_of_its_rows(as_user: AsUser, planted: None) -> None:
    client = as_user("marc")
    html = unescape(client.get(URL, headers=PART).text)
    assert "Claire Colin" in html
    cells = CELL.findall(html)
    assert len(cells) > 15
    for url, text in cells:
        page = client.get(url)
        assert page.status_code == 200
        if "€" not in text and "$" not in text:
            assert page.text.count("data-row=") == int(text), url
        else:
            assert page.text.count("data-row="), url


def test_those_beyond_the_most_are_one_line(
    as_user: AsUser, planted: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.reporting.boards.by_person.MOST", 1)
    client = as_user("marc")
    html = unescape(client.get(URL, headers=PART).text)
    row = next(one for one in html.split("<tr") if " others</span></th>" in one)
    cells = CELL.findall(row)
    assert cells
    for url, text in cells:
        if text.isdigit():
            assert client.get(url).text.count("data-row=") == int(text), url


def test_it_is_for_who_looks_after_others_and_a_csv_for_who_exports(
    as_user: AsUser, planted: None, cast: Cast
) -> None:
    assert 'id="b-team"' in as_user("marc").get("/").text
    assert 'id="b-team"' not in as_user("claire").get("/").text
    csv = as_user("marc").get(URL.replace("by-person", "by-person.csv"))
    assert csv.status_code == 200
    assert csv.text.count("\n") == 5, "a head, three people, and nobody's"
    assert as_user("ines").get(URL.replace("by-person", "by-person.csv")).status_code == 403
    empty = as_user("marc").get(f"{URL}&_flt_0_owner={cast.nadia}", headers=PART)
    assert "No row to show." in empty.text


def test_it_costs_one_statement_a_table(as_user: AsUser, planted: None, counting: Any) -> None:
    client = as_user("marc")
    client.get(URL, headers=PART)
    with counting() as statements:
        client.get(URL, headers=PART)
    assert len([one for one in statements if "GROUP BY" in one]) == 3
    assert len(statements) <= 7
