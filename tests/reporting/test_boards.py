"""Boards: what they count."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from sqlalchemy import update

from crm.accounts.models import Account, LostReason
from crm.companies.days import today
from crm.companies.models import AppSettings
from crm.core.db import db
from crm.opportunities import services
from crm.opportunities.models import Opportunity
from crm.reporting.boards.periods import Period, read_period
from crm.reporting.boards.table import ALL
from tests.factories import make, person, word
from tests.fixtures import Acting, Cast, Client, written_once

CELL = re.compile(r'<td class="r num"><a href="([^"]+)">([^<]+)</a></td>')
CHARTS = [(board.key, chart.key) for board in ALL for chart in board.charts]
SETTINGS = {"manage_agencies": True, "manage_recurring": True}
PART = {"HX-Request": "true"}


@written_once
def sales(acting: Acting, cast: Cast) -> None:
    """Two won, one lost, three open of Claire; one in dollars; one of Olga's."""
    with acting("alice") as session:
        session.execute(update(AppSettings).values(**SETTINGS))
    with acting("claire") as session:
        account = make(Account, owner=person(cast.claire))
        mine = {"owner": person(cast.claire), "account": account}
        for amount in (10_000, 5_000, 700, 300, 200, 100):
            make(Opportunity, name=f"Vente {amount}", amount=Decimal(amount), **mine)
        session.flush()
        found = {row.amount: row for row in session.query(Opportunity)}
        services.win(found[10_000])
        services.win(found[5_000])
        services.lose(found[700], lost_reason=word(LostReason, "Price"))
    with acting("marc"):
        make(Opportunity, name="In dollars", amount=Decimal(40), currency="USD", owner=None)
    with acting("olga"):
        suya = make(Opportunity, name="Suya", amount=Decimal(999), account=make(Account))
        services.win(suya)


def chart(client: Client, key: str, name: str, query: str = "") -> str:
    answer = client.get(f"/reporting/boards/{key}/{name}{query}", headers=PART)
    assert answer.status_code == 200, answer.text
    return unescape(answer.text)


def listed(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200, url
    return unescape(answer.text)


@pytest.mark.accept("A-78")
def test_what_is_won_counts_won_ones_alone(as_user: Callable[[str], Client], sales: None) -> None:
    found = chart(as_user("claire"), "opportunities", "won-by-owner")
    assert "€15,000.00" in found
    assert "2 won opportunities" in found
    figures = chart(as_user("claire"), "opportunities", "kpis")
    rate = figures[figures.index("<dt>Win rate</dt>") :].partition("</dd>")[0]
    assert "66.7%" in rate
    assert "2 of 3" in rate


@pytest.mark.both
@pytest.mark.accept("A-79")
def test_the_pipeline_of_90_days_has_its_open_ones_alone(
    as_user: Callable[[str], Client], acting: Acting
) -> None:
    closing = {-1: 1, 0: 20, 45: 300, 90: 4_000, 91: 50_000}
    with acting("claire"):
        account = make(Account)
        for days, amount in closing.items():
            _closing(days, amount, account=account)
        _closing(30, 7, account=account, currency="USD")
        _closing(None, 600_000, account=account)
        won, lost = (_closing(30, 8_000_000, account=account) for _n in range(2))
        services.win(won)
        services.lose(lost, lost_reason=word(LostReason, "Price"))
    claire = as_user("claire")
    found = chart(claire, "opportunities", "next-90-days")
    sums = dict(
        re.findall(
            r'<th scope="rowgroup"[^>]*>([^<]+)</th>.*?class="sum">(.*?)</tr>', found, re.DOTALL
        )
    )
    assert sums.keys() == {"Euro", "US Dollar"}
    assert [text for _url, text in CELL.findall(sums["Euro"])][:2] == ["3", "€4,320.00"]
    assert [text for _url, text in CELL.findall(sums["US Dollar"])][:2] == ["1", "$7.00"]
    assert "4 open opportunities" in found
    assert "Amounts of different currencies are not added up." in found
    (url, _text), *_more = CELL.findall(sums["Euro"])
    names = set(re.findall(r"Close [-\w]+", listed(claire, url)))
    assert names >= {"Close 0", "Close 45", "Close 90"}
    assert not names & {"Close -1", "Close 91", "Close None", "Close 30"}


def _closing(days: int | None, amount: int, **values: Any) -> Opportunity:
    """An opportunity of Claire's that is expected to close in so many days."""
    day = today() + timedelta(days=days) if days is not None else None
    found = make(
        Opportunity, name=f"Close {days}", amount=Decimal(amount), expected_close_on=day, **values
    )
    db.session.flush()
    return found


@pytest.mark.both
def test_the_groups_beyond_the_largest_ten_stand_together(
    as_user: Callable[[str], Client], acting: Acting
) -> None:
    with acting("claire"):
        for number in range(1, 14):
            account = make(Account, name=f"Client {number}")
            row = make(Opportunity, name=f"Sale {number}", amount=Decimal(number), account=account)
            db.session.flush()
            services.win(row)
    claire = as_user("claire")
    found = chart(claire, "opportunities", "won-by-account")
    rows = re.findall(
        r'<tr><th scope="row"><span[^>]*>(.*?)</span></th>(.*?)</tr>', found, re.DOTALL
    )
    assert [label for label, _cells in rows] == [
        *(f"Client {n}" for n in range(13, 3, -1)),
        "3 others",
    ]
    (url, count), (_url, amount) = CELL.findall(rows[-1][1])
    assert (count, amount) == ("3", "€6.00")
    assert set(re.findall(r"Sale \d+", listed(claire, url))) == {"Sale 1", "Sale 2", "Sale 3"}


def test_what_the_settings_leave_out_has_no_chart(
    as_user: Callable[[str], Client], acting: Acting
) -> None:
    """A setting that hides a field hides the charts and figures of it."""
    gone = {
        "manage_agencies": ("Won by agency", "won-by-agency"),
        "manage_recurring": ("Monthly recurring revenue won", "recurring-won"),
    }
    for is_on in (True, False):
        with acting("alice") as session:
            session.execute(update(AppSettings).values(dict.fromkeys(gone, is_on)))
        claire = as_user("claire")
        page = listed(claire, "/reporting/boards/opportunities")
        figures = chart(claire, "opportunities", "kpis")
        for title, key in gone.values():
            assert (title in page) is is_on
            status = claire.get(f"/reporting/boards/opportunities/{key}").status_code
            assert status == (200 if is_on else 404)
        assert ("Monthly recurring revenue won" in figures) is is_on


@pytest.mark.accept("A-24")
def test_nothing_of_another_company_is_counted(
    as_user: Callable[[str], Client], sales: None
) -> None:
    for key, name in CHARTS:
        assert "999" not in chart(as_user("claire"), key, name, "?period=this_year")


def test_currencies_are_never_added(as_user: Callable[[str], Client], sales: None) -> None:
    found = chart(as_user("marc"), "opportunities", "by-stage")
    assert "$40.00" in found
    assert "€600.00" in found
    assert "Amounts of different currencies are not added up." in found


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("?period=2027-02-30..2027-03-01", 400),
        ("?period=2027-03-02..2027-03-01", 400),
        ("?period=soon", 400),
        ("?_flt_0_owner=abc", 400),
        ("?_flt_9_owner=1", 400),
        ("?_flt_0_name=x", 400),
        ("?_flt_0_=x", 400),
        ("?period=0001-01-01..9999-12-31", 400),
        ("?period=1900-01-01..1900-12-31", 400),
        ("?period=9999-01-01..9999-12-31", 400),
        ("?period=2006-01-01..2027-01-01", 400),
        ("?period=2007-01-01..2026-12-31", 200),
    ],
)
def test_a_wrong_choice_is_refused_with_a_note(
    as_user: Callable[[str], Client], query: str, status: int
) -> None:
    client = as_user("claire")
    path = "/reporting/boards/opportunities"
    assert client.get(f"{path}/by-stage{query}").status_code == status
    page = client.get(path + query)
    assert page.status_code == 200
    assert ("c-note" in page.text) is ("data-later" not in page.text)


def test_a_hundred_of_the_largest_amounts_are_added(
    as_user: Callable[[str], Client], acting: Acting, cast: Cast, sales: None
) -> None:
    with acting("claire") as session:
        account = make(Account, owner=person(cast.claire))
        for _number in range(100):
            make(Opportunity, amount=Decimal("999999999999999.99"), account=account)
        session.flush()
        pk = account.id
    claire = as_user("claire")
    for path in (
        "/reporting/boards/opportunities/by-stage",
        "/reporting/pipeline?subject=accounts",
        "/opportunities/list/",
        f"/clients/show/{pk}?tab=opportunities.account",
    ):
        answer = claire.get(path, follow_redirects=True)
        assert answer.status_code == 200, path
        assert re.search(r"(99|100)(,\d{3}){5}", answer.text), path


def test_a_period_is_compared_where_it_is_asked_for(
    as_user: Callable[[str], Client], sales: None
) -> None:
    before = f">{read_period('last_quarter')}</th>"
    for asked, is_compared in (("compare=1", True), ("compare=0", False), ("compare=", False)):
        found = chart(as_user("claire"), "opportunities", "won-by-owner", f"?{asked}")
        assert (before in found) is is_compared


def test_a_free_period_is_typed_as_people_type_days(as_user: Callable[[str], Client]) -> None:
    answer = as_user("claire").get("/reporting/boards/opportunities?first=1/2/2027&last=3/3/2027")
    assert answer.status_code == 302
    assert "period=2027-02-01..2027-03-03" in answer.location


def test_the_period_before() -> None:
    for name in ("this_month", "this_quarter", "this_year"):
        before = read_period(name).before()
        assert before == read_period(name.replace("this", "last"))
        assert before.last + timedelta(days=1) == read_period(name).first
    free = Period(today(), today() + timedelta(days=9))
    assert free.before() == Period(today() - timedelta(days=10), today() - timedelta(days=1))


def test_a_chart_as_csv(as_user: Callable[[str], Client], sales: None) -> None:
    answer = as_user("claire").get("/reporting/boards/opportunities/by-stage.csv")
    assert answer.mimetype == "text/csv"
    assert "EUR,3,600.00" in answer.text


@pytest.mark.parametrize("path", ["nothing", "opportunities/nothing", "opportunities/nothing.csv"])
def test_unknown_boards_and_charts(as_user: Callable[[str], Client], path: str) -> None:
    assert as_user("claire").get(f"/reporting/boards/{path}").status_code == 404


def test_who_may_read_nothing_has_no_boards(as_user: Callable[[str], Client]) -> None:
    for path in ("", "boards/opportunities", "boards/opportunities/by-stage"):
        assert as_user("nadia").get(f"/reporting/{path}").status_code == 404
    assert "/reporting/" not in as_user("nadia").get("/").text
    assert 'href="/reporting/"' in as_user("claire").get("/").text
