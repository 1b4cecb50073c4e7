"""The demo goes in one act: what it made, and nothing else."""

from pathlib import Path

import pytest
from flask import Flask
from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import func, select

from crm import demo as making
from crm.accounts.models import Account
from crm.companies import demo
from crm.companies.models import Agency, Company
from crm.core.datamodel.saving import delete_row, update_row
from crm.core.errors import DomainError
from crm.core.rows import unfiltered
from crm.demo import business, places
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from crm.quotes.models import Quote
from tests.factories import make

pytestmark = pytest.mark.both
# What an administrator sees of it afterwards: who joined and left which company.
TOLD = ("journal",)
# Written past the session, and deleted with the opportunity.
FOLLOWING = ("opportunity_stage_time",)


@pytest.fixture(autouse=True)
def beside_the_cast(everything, monkeypatch: pytest.MonkeyPatch) -> None:
    """A short demo whose names are free in a database that has the cast."""
    with everything() as session:
        for agency in session.scalars(select(Agency)):
            agency.name = f"Notre {agency.name}"
    people = {f"demo-{name}": said for name, said in places.PEOPLE.items()}
    monkeypatch.setattr(places, "PEOPLE", people)
    for place in (places.FRANCE, places.IBERIA):
        monkeypatch.setitem(place, "name", f"Demo {place['name']}")
        monkeypatch.setitem(place, "code", f"D-{place['code']}"[:12])
    for name, (*said, group, agency, language, title) in people.items():
        people[name] = (*said, group and f"Demo {group}", agency, language, title)
    monkeypatch.setattr(places, "GROUPS", [f"Demo {name}" for name in places.GROUPS])
    shares = {
        "demo-claire": business.Share("fr", "lyon", 3, 5, converts=True),
        "demo-olga": business.Share("en", "iberia", 1, 1, catalogs=True),
    }
    monkeypatch.setattr(business, "SHARES", shares)
    monkeypatch.setattr(places, "ADMINISTRATOR", "demo-alice")
    elsewhere = {f"demo-{name}": found for name, found in places.PLACES.items()}
    monkeypatch.setattr(places, "PLACES", elsewhere)


def counts(session) -> dict[str, int]:
    tables = [table for table in Model.metadata.sorted_tables if table.name not in TOLD]
    return {t.name: session.scalar(select(func.count()).select_from(t)) for t in tables}


def fill(app: Flask) -> None:
    with app.app_context(), unfiltered("a test makes the demo"):
        making.fill()


def files_in(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_what_the_demo_made_goes_and_nothing_else(app, acting, everything, cast):
    folder = Path(app.extensions["crm.config"].files)
    kept = files_in(folder)
    with everything() as session:
        before = counts(session)
        company = session.scalars(select(Company).order_by(Company.id)).first()
        named = (company.name, company.code, company.city)
    fill(app)
    with everything() as session:
        assert counts(session)["lead"] == before["lead"] + 4
        assert session.get(Company, company.id).name == places.FRANCE["name"]
        lead = session.scalars(select(Lead).where(Lead.id.in_(demo.reading.made("lead")))).first()
        update_row(lead, {"description": "changed by hand, and still of the demo"})
        assert any(lead.is_converted for lead in session.scalars(select(Lead)))
        assert session.scalars(select(Quote.id).where(Quote.pdf_id.is_not(None))).first()
    assert files_in(folder) > kept
    with acting("alice"):
        assert demo.may_erase()
        assert not demo.blocking_rows()
        demo.erase()
    with everything() as session:
        assert counts(session) == before
        company = session.get(Company, company.id)
        assert (company.name, company.code, company.city) == named
        assert not demo.is_there()
    assert files_in(folder) == kept


def own_opportunity(session):
    """An opportunity of one's own, on an account of the demo."""
    of_demo = select(Account).where(Account.id.in_(demo.reading.made("account")))
    account = session.scalars(of_demo.order_by(Account.id)).first()
    return make(Opportunity, name="Projet Alpha", company=account.company, account=account)


def test_it_stays_while_own_records_need_it_and_says_which(app, acting, everything, as_user, cast):
    fill(app)
    with everything() as session:
        mine = own_opportunity(session)
        before = counts(session)
    with pytest.raises(DomainError), acting("alice"):
        demo.erase()
    with everything() as session:
        assert counts(session) == before
    alice = as_user("alice")
    page = alice.get("/setup/demo").text
    assert f'href="/opportunities/show/{mine.id}"' in page
    assert "Projet Alpha" in page
    assert "Opportunity, depends on: " in page
    assert '<form method="post" action="/setup/demo"' not in page
    assert alice.post("/setup/demo").location == "/setup/demo"
    with everything() as session:
        row = session.get(Opportunity, mine.id)
        row.account = row.contact = row.agency = row.owner = None
        assert not demo.blocking_rows()
    assert alice.post("/setup/demo").location == "/"
    with everything() as session:
        assert session.get(Opportunity, mine.id) is not None
        assert not demo.is_there()


def test_records_in_the_bin_that_need_it_can_be_deleted_first(
    app, acting, everything, as_user, cast
):
    fill(app)
    with everything() as session:
        mine = own_opportunity(session)
        delete_row(mine)
    alice = as_user("alice")
    assert "Opportunity, in the bin" in alice.get("/setup/demo").text
    assert alice.post("/setup/demo", data={"only": "bin"}).location == "/setup/demo"
    page = alice.get("/setup/demo").text
    assert "1 record deleted." in page
    assert "Projet Alpha" not in page
    with everything() as session:
        assert session.get(Opportunity, mine.id) is None
        assert demo.is_there()


def test_own_people_keep_their_companies_and_what_the_demo_people_did(
    app, acting, everything, cast
):
    fill(app)
    with everything() as session:
        claire = session.scalars(select(User).where(User.username == "demo-claire")).one()
        lead = make(Lead, organization="Élan", company=session.get(Company, cast.france))
        lead.created_by_id = claire.id
        marc, iberia = (
            session.get(User, cast.marc),
            session.scalars(select(Company).where(Company.name == places.IBERIA["name"])).one(),
        )
        marc.companies.append(iberia)
    with acting("alice"):
        demo.erase()
    with everything() as session:
        assert session.get(Lead, lead.id).created_by_id is None
        assert [one.id for one in session.get(User, cast.marc).companies] == [cast.france]


def test_only_who_may_delete_all_of_it_may_erase_it(app, as_user, cast):
    fill(app)
    assert as_user("marc").get("/setup/demo").status_code == 403
    assert as_user("claire").post("/setup/demo").status_code == 403


def test_without_a_demo_there_is_no_such_page(as_user):
    assert as_user("alice").get("/setup/demo").status_code == 404


def test_every_row_of_the_demo_is_marked(app, everything):
    with everything() as session:
        before = counts(session)
    fill(app)
    with everything() as session:
        marked = demo.counts()
        mapped = {mapper.local_table.name for mapper in Model.registry.mappers}
        for name, count in counts(session).items():
            if name in FOLLOWING:
                continue
            if name in mapped and "id" in Model.metadata.tables[name].c:
                assert count - before[name] == marked.get(name, 0), name
