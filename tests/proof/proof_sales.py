"""A real sales export is loaded with its known totals, and only once."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.accounts.models import Account, LostReason
from crm.companies.models import Agency, AppSettings, Company, Group, User
from crm.opportunities.models import Opportunity, Stage
from tests.fixtures import Client
from tests.imports.conftest import Load, load

__all__ = ["load"]  # the fixture of the imports' own tests
pytestmark = pytest.mark.both

MAPS = Path(__file__).parents[1] / "imports/sales"
# It lies beside the project, which does not contain it.
EXPORT = Path(__file__).parents[3] / "shared/data/sales"
STEPS = {
    "agencies": "sales_teams",
    "groups": "sales_teams",
    "users": "sales_teams",
    "accounts": "accounts",
    "opportunities": "sales_pipeline",
}

FIGURE = re.compile(r'<a href="([^"]+)">([^<]+)</a>')
Everything = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def load_all(load: Load) -> Callable[[], list[str]]:
    """Load the export, as `make sales` does; the last line of each step."""
    if not EXPORT.is_dir():
        pytest.skip(f"there is no sales export at {EXPORT}")

    def run() -> list[str]:
        load("companies", MAPS / "companies.csv", MAPS / "companies.toml", company=None)
        told = [
            load(entity, EXPORT / f"{file}.csv", MAPS / f"{entity}.toml", company="SALES")
            for entity, file in STEPS.items()
        ]
        return [step.lines[-1] for step in told]

    return run


def test_the_sales_export_loads_and_loads_once(
    load_all: Callable[[], list[str]],
    everything: Everything,
    as_user: Callable[[str], Client],
) -> None:
    with everything() as session:
        session.get_one(AppSettings, 1).manage_agencies = True
    assert load_all() == [
        "3 records created.",
        "6 records created.",
        "35 records created.",
        "85 records created.",
        "8800 records created.",
    ]
    with everything() as session:
        _has_the_totals(session)
        won = session.scalars(select(Stage.id).where(Stage.kind == "won")).one()
    assert load_all() == [
        "3 records already existed.",
        "6 records already existed.",
        "35 records already existed.",
        "85 records already existed.",
        "8800 records already existed.",
    ]
    with everything() as session:
        _has_the_totals(session)
    alice = as_user("alice")
    _has_the_follow_up(alice)
    assert "4,238" in alice.get(f"/opportunities/list/?_flt_0_stage={won}").text
    assert "10,005,534" in alice.get(f"/opportunities/totals/?_flt_0_stage={won}").text


def _has_the_totals(session: Session) -> None:
    company = session.scalars(select(Company).where(Company.code == "SALES")).one()
    ours = Opportunity.company_id == company.id
    agencies = set(session.scalars(select(Agency.name).where(Agency.company_id == company.id)))
    assert agencies == {"Central", "East", "West"}
    hired = select(User).where(User.companies.contains(company), User.agency_id.is_not(None))
    people = list(session.scalars(hired))
    assert len(people) == 35
    assert len({group.name for user in people for group in user.groups}) == 6
    assert session.scalar(select(func.count()).where(Group.is_team)) == 6 + 1  # the cast's
    assert all(str(user.agency) in agencies and not user.password for user in people)
    owners = select(Opportunity.owner_id).where(ours).distinct()
    assert len(list(session.scalars(owners))) == 30
    _has_the_accounts(session, company)
    _has_the_opportunities(session, company)


def _has_the_accounts(session: Session, company: Company) -> None:
    accounts = list(session.scalars(select(Account).where(Account.company == company)))
    assert len(accounts) == 85
    assert sum(account.parent is not None for account in accounts) == 15
    named = {account.name: account for account in accounts}
    assert str(named["Acme Corporation"].industry) == "Technology"
    assert named["Acme Corporation"].annual_revenue == Decimal("1100040000.00")
    assert str(named["Bluth Company"].parent) == "Acme Corporation"
    assert {account.kind for account in accounts} == {"client"}


def _has_the_opportunities(session: Session, company: Company) -> None:
    ours = Opportunity.company_id == company.id
    figures = select(Stage, func.count(), func.sum(Opportunity.amount)).join(Opportunity.stage)
    by_stage = session.execute(figures.where(ours).group_by(Stage.id))
    assert {str(stage): (count, amount) for stage, count, amount in by_stage} == {
        "New": (500, None),
        "Qualification": (1589, None),
        "Won": (4238, 10_005_534),
        "Lost": (2473, 0),
    }
    won = select(Agency.name, func.count(), func.sum(Opportunity.amount)).join(Opportunity.agency)
    won = won.where(ours, Opportunity.stage.has(Stage.kind == "won")).group_by(Agency.name)
    assert {name: (count, amount) for name, count, amount in session.execute(won)} == {
        "Central": (1629, 3_346_293),
        "West": (1438, 3_568_647),
        "East": (1171, 3_090_594),
    }
    given = select(Opportunity.lost_reason_id).where(ours)
    reasons = session.scalars(select(LostReason).where(LostReason.id.in_(given)))
    assert [str(reason) for reason in reasons] == ["Other"]
    unheld = select(func.count()).where(ours, Opportunity.account_id.is_(None))
    assert session.scalar(unheld) == 1425
    assert set(session.scalars(select(Opportunity.currency).where(ours).distinct())) == {"USD"}
    assert "GTXPro" not in set(
        session.scalars(select(Opportunity.need_type).where(ours).distinct())
    )


def _has_the_follow_up(alice: Client) -> None:
    """What each agency won, as the follow-up says it, and as the list does that it leads to."""
    page = unescape(alice.get("/reporting/pipeline?subject=accounts").text)
    table = page[page.index('id="b-stages"') :]
    agencies = re.findall(r'<th scope="col" class="r">([^<]+)</th>', table)[1:-1]
    won = re.findall(r'<tr><th scope="row">Won</th>(.*?)</tr>', table, re.DOTALL)[0]
    boxes = [FIGURE.findall(box) for box in won.split("</td>")][1:-2]
    found = {agency: tuple(box) for agency, box in zip(agencies, boxes, strict=True)}
    assert {agency: [text for _url, text in box] for agency, box in found.items()} == {
        "Central": ["$3,346,293.00", "1,629"],
        "West": ["$3,568,647.00", "1,438"],
        "East": ["$3,090,594.00", "1,171"],
    }
    for (amount_url, amount), (count_url, count) in found.values():
        for url in (amount_url, count_url):
            assert f"of {count}" in alice.get(url).text
            assert amount in alice.get(url.replace("/list/", "/totals/")).text
