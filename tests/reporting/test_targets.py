"""Targets: who sets and reads them, and what of them is reached, compared with plain Python."""

import re
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from random import Random
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.accounts.models import Account
from crm.companies.models import AppSettings, Company, User
from crm.core.errors import DomainError, Forbidden
from crm.core.journal import Journal
from crm.core.rows import unfiltered
from crm.opportunities import services
from crm.opportunities.models import Opportunity, SalesTarget
from crm.opportunities.services.targets import Changed, may_set, set_targets
from crm.reporting.boards.asked import Asked
from crm.reporting.boards.periods import Period
from crm.reporting.boards.targets import TARGETS
from tests.factories import make, person
from tests.fixtures import Acting, Cast, Client, statements_of, written_once

Everything = Callable[[], AbstractContextManager[Session]]
PERIOD = Period(date(2027, 5, 3), date(2027, 5, 9))
QUARTER = Period(date(2027, 4, 1), date(2027, 6, 30))
FIRST = QUARTER.first
PAGE = "/reporting/targets/?year=2027"


def company(session: Session, pk: int) -> Company:
    return session.get_one(Company, pk)


@written_once
def sales(acting: Acting, cast: Cast, everything: Everything) -> None:
    """Won opportunities of four people in two currencies, and targets of three of them."""
    random = Random(5)  # noqa: S311  no secret
    with acting("alice") as session:
        session.execute(update(AppSettings).values(manage_agencies=True))
        made = []
        for number in range(40):
            row = make(Opportunity, name=f"Vente {number}", account=make(Account), owner=None)
            session.flush()
            made.append(row.id)
            services.win(row)
        session.flush()
        for pk in (cast.claire, cast.hugo):
            for currency, amount in (("EUR", 1000), ("USD", 500)):
                changes = {(pk, FIRST): Changed(None, Decimal(amount + pk))}
                set_targets(company(session, cast.france), 2027, currency, changes)
        changes = {(cast.olga, FIRST): Changed(None, Decimal(700))}
        set_targets(company(session, cast.iberia), 2027, "EUR", changes)
    with everything() as session, unfiltered("the world of this test"):
        session.execute(update(User).where(User.id == cast.claire).values(agency_id=cast.lyon))
        for pk in made:
            owner = random.choice([cast.claire, cast.hugo, cast.marc, cast.olga])
            values = {
                "company_id": cast.iberia if owner == cast.olga else cast.france,
                "owner_id": owner,
                "currency": random.choice(["EUR", "USD"]),
                "amount": random.choice([None, Decimal(random.randint(1, 10**5)) / 100]),
                "closed_on": date(2027, 3, 20) + timedelta(days=random.randint(0, 110)),
            }
            session.execute(update(Opportunity).where(Opportunity.id == pk).values(**values))


@pytest.mark.both
@pytest.mark.parametrize("somebody", ["alice", "marc", "claire", "ines", "olga", "audrey"])
def test_what_is_reached_is_that_of_the_rows_one_may_read(
    acting: Acting, sales: None, somebody: str
) -> None:
    with acting(somebody) as session:
        aims: dict[Any, Decimal] = defaultdict(Decimal)
        for one in session.scalars(select(SalesTarget)):
            aims[one.currency, str(one.owner)] += one.amount
        won: dict[Any, Decimal] = defaultdict(Decimal)
        number = 0
        for row in session.scalars(select(Opportunity)).unique():
            key = row.currency, str(row.owner)
            if key in aims and QUARTER.first <= row.closed_on <= QUARTER.last:
                won[key] += row.amount or 0
                number += 1
        shown = TARGETS.read(Asked(PERIOD))
        assert aims
        assert shown.count == number
        assert {section.currency for section in shown.sections} == {key[0] for key in aims}
        for section in shown.sections:
            mine = {key: aim for key, aim in aims.items() if key[0] == section.currency}
            found = {line.label: [one.value for one in line.figures] for line in section.lines}
            assert found == {
                key[1]: [won[key] * 100 / aim, won[key], aim] for key, aim in mine.items()
            }
            assert section.total is not None
            total, target = sum(won[key] for key in mine), sum(mine.values())
            assert [one.value for one in section.total.figures] == [
                total * 100 / target, total, target,
            ]  # fmt: skip


@pytest.mark.both
def test_who_reads_which_targets(acting: Acting, cast: Cast, sales: None) -> None:
    readable = {
        "alice": {cast.claire, cast.hugo, cast.olga},
        "marc": {cast.claire, cast.hugo},
        "claire": {cast.claire, cast.hugo},
        "olga": {cast.olga},
        "nadia": set(),
    }
    for somebody, people in readable.items():
        with acting(somebody) as session:
            found = {one.owner_id for one in session.scalars(select(SalesTarget))}
            assert found == people, somebody


def test_agency_scope_reads_the_targets_of_its_agency(
    acting: Acting, cast: Cast, sales: None, everything: Everything
) -> None:
    for agency, people in ((cast.lyon, {cast.claire, cast.hugo}), (cast.lille, {cast.hugo})):
        with everything() as session:
            session.execute(update(User).where(User.id == cast.ines).values(agency_id=agency))
        with acting("ines") as session:
            assert {one.owner_id for one in session.scalars(select(SalesTarget))} == people


@pytest.mark.parametrize(
    ("somebody", "is_allowed"),
    [("alice", True), ("marc", True), ("claire", False), ("ines", False), ("audrey", False)],
)
def test_who_sets_targets(acting: Acting, cast: Cast, somebody: str, is_allowed: bool) -> None:
    with acting(somebody) as session:
        assert may_set() is is_allowed
        assert may_set(cast.france) is is_allowed
        if not is_allowed:
            with pytest.raises(Forbidden):
                set_targets(company(session, cast.france), 2027, "EUR", {})
        assert may_set(cast.iberia) is (somebody == "alice")


def test_each_figure_opens_the_list_of_its_rows(
    acting: Acting, as_user: Callable[[str], Client], sales: None
) -> None:
    client = as_user("marc")
    url = f"/reporting/boards/forecast/targets?period={PERIOD.first}..{PERIOD.last}"
    page = unescape(client.get(url, headers={"HX-Request": "true"}).text)
    links = re.findall(r'<td class="r num"><a href="([^"]+)">([^<]+)</a></td>', page)
    assert len(links) >= 4
    for link, text in links:
        answer = client.get(link)
        assert answer.status_code == 200
        if text.endswith("%"):  # of the amount beside it
            assert any(other == link for other, amount in links if amount != text)
            continue
        ids = {int(pk) for pk in re.findall(r'data-row="(\d+)"', answer.text)}
        with acting("marc") as session:
            rows = session.scalars(select(Opportunity).where(Opportunity.id.in_(ids))).unique()
            total = sum((row.amount or Decimal(0)) for row in rows)
        assert f"{total:,.2f}" == re.sub(r"[^\d.,]", "", text), link
    assert "Set the targets" in page
    assert "Set the targets" not in as_user("claire").get(url).text


def test_a_chart_of_targets_is_two_statements(acting: Acting, sales: None, app: Any) -> None:
    with acting("marc"), statements_of(app, "BEGIN", "ROLLBACK", "PRAGMA", "SET") as statements:
        TARGETS.read(Asked(PERIOD))
    assert len(statements) <= 4, statements


def test_targets_are_typed_changed_and_taken_away(
    as_user: Callable[[str], Client], cast: Cast, everything: Everything
) -> None:
    client, name = as_user("marc"), f"{cast.claire}.2"
    where = {"year": "2027", "company": str(cast.france), "currency": "EUR"}
    for was, text, kept in (("", "70,000.50", 1), ("70000.50", "80000", 1), ("80000.00", "", 0)):
        data = {**where, f"was.{name}": was, name: text}
        answer = client.post("/reporting/targets/save", data=data)
        assert answer.status_code == 303, answer.text
        with everything() as session:
            found = list(session.scalars(select(SalesTarget)))
            assert len(found) == kept
            if kept:
                assert found[0].quarter == FIRST
                assert found[0].owner_id == cast.claire
                assert f'value="{found[0].amount:.2f}"' in client.get(PAGE).text.replace(",", "")
    with everything() as session:
        entries = session.scalars(select(Journal).where(Journal.kind == "sales_target"))
        assert [one.action for one in entries] == ["created", "changed", "purged"]


@pytest.mark.parametrize("text", ["many", "-5", "1.234"])
def test_what_is_no_amount_is_refused(
    as_user: Callable[[str], Client], cast: Cast, everything: Everything, text: str
) -> None:
    name, other = f"{cast.claire}.2", f"{cast.hugo}.2"
    where = {"year": "2027", "company": str(cast.france), "currency": "EUR"}
    data = {**where, name: text, other: "5"}
    answer = as_user("marc").post("/reporting/targets/save", data=data)
    assert answer.status_code == 422
    assert f'value="{text}"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    with everything() as session:
        assert not list(session.scalars(select(SalesTarget)))


def test_what_somebody_else_changed_meanwhile_is_not_lost(
    as_user: Callable[[str], Client], cast: Cast, acting: Acting
) -> None:
    with acting("alice") as session:
        changes = {(cast.claire, FIRST): Changed(None, Decimal(9))}
        set_targets(company(session, cast.france), 2027, "EUR", changes)
    name = f"{cast.claire}.2"
    where = {"year": "2027", "company": str(cast.france), "currency": "EUR"}
    data = {**where, f"was.{name}": "", name: "5"}
    answer = as_user("marc").post("/reporting/targets/save", data=data)
    assert answer.status_code == 422
    assert "Somebody else has changed this" in answer.text
    found = re.search(rf'name="was.{name}" value="([^"]+)"', answer.text)
    assert found is not None
    data[f"was.{name}"] = found[1]
    assert as_user("marc").post("/reporting/targets/save", data=data).status_code == 303


def test_a_target_is_of_a_whole_quarter(app: Any) -> None:
    with app.test_request_context(), pytest.raises(DomainError):
        SalesTarget(quarter=date(2027, 5, 1)).check()


def test_who_is_deactivated_keeps_targets(
    as_user: Callable[[str], Client], cast: Cast, sales: None, everything: Everything
) -> None:
    with everything():
        person(cast.hugo).active = False
    page = as_user("marc").get(PAGE).text
    assert "Hugo Henry" in page
    assert "deactivated" in page


@pytest.mark.parametrize(
    ("somebody", "query", "status"),
    [
        ("marc", "", 200), ("alice", "", 200), ("claire", "", 403), ("ines", "", 403),
        ("nadia", "", 403), ("marc", "&currency=XXY", 404), ("marc", "&company=99999", 404),
        ("marc", "&year=20270", 404), ("marc", "&company=abc", 404),
    ],
)  # fmt: skip
def test_the_page(as_user: Callable[[str], Client], somebody: str, query: str, status: int) -> None:
    path = "/reporting/targets/?year=2027" if "year" not in query else "/reporting/targets/?x=1"
    assert as_user(somebody).get(path + query).status_code == status


def test_another_companys_targets_are_not_found(
    as_user: Callable[[str], Client], cast: Cast
) -> None:
    query = f"&company={cast.iberia}"
    assert as_user("marc").get(PAGE + query).status_code == 404
    where = {"year": "2027", "company": str(cast.iberia), "currency": "EUR"}
    data = {**where, f"{cast.olga}.1": "5"}
    assert as_user("marc").post("/reporting/targets/save", data=data).status_code == 404
    assert as_user("claire").post("/reporting/targets/save", data=data).status_code == 403
