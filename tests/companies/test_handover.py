"""Who gets the records of a deactivated user or agency. Source: spec 1.2 and 11."""

import re
from collections.abc import Sequence
from datetime import timedelta
from html import unescape

import pytest
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select

from crm.accounts.models import Account, LostReason
from crm.calendar import services as events
from crm.calendar.models import Event
from crm.companies import handover
from crm.companies.models import Agency, AppSettings
from crm.core.journal import Journal
from crm.core.types import utcnow
from crm.leads import services as leads
from crm.leads.models import Lead
from crm.opportunities import services as opportunities
from crm.opportunities.models import Opportunity
from crm.quotes.models import Quote
from tests.factories import make, person, word
from tests.pressing import press

TICKS = ("leads", "accounts", "contacts", "opportunities", "quotes", "events")


def ticked(*names: str, shown: Sequence[str] = TICKS) -> dict[str, object]:
    """What the dialog posts; `shown` are the kinds whose numbers it showed."""
    return {**{f"tick-{name}": "1" for name in names or TICKS}, "shown": list(shown)}


@pytest.fixture
def held(acting, cast):
    """Hugo's: four open leads and a lost one, two planned events and a done one."""
    with acting("hugo"):
        for number in range(4):
            make(Lead, organization=f"Élan {number}", owner=person(cast.hugo))
        lost = make(Lead, organization="Perdu", owner=person(cast.hugo))
        leads.lose(lead=lost, lost_reason=word(LostReason, "Price"))
        for number in range(2):
            make(Event, subject=f"Appel {number}", starts_at=utcnow() + timedelta(days=1))
        events.mark_done(make(Event, subject="Fait", starts_at=utcnow() - timedelta(days=1)))


def owners(session, model) -> dict[str, int]:
    return {str(row): row.owner_id for row in session.scalars(select(model))}


@pytest.mark.both
@pytest.mark.accept("A-27")
def test_the_recipient_gets_the_open_records_in_one_go(held, as_user, everything, cast):
    alice = as_user("alice")
    page = alice.get(f"/users/deactivate/{cast.hugo}").text
    assert "4 open leads" in page
    assert "2 planned events" in page
    assert "prospects and clients" not in page
    values = {"owner": cast.claire, **ticked()}
    answer = press(alice, f"/users/deactivate/{cast.hugo}", data=values)
    assert answer.status_code == 303
    with everything() as session:
        assert not session.get(User, cast.hugo).active
        found = {**owners(session, Lead), **owners(session, Event)}
        assert [name for name, owner in found.items() if owner == cast.hugo] == ["Perdu", "Fait"]
        assert sum(owner == cast.claire for owner in found.values()) == 6


def test_a_recipient_of_another_company_is_refused_and_nothing_moves(
    held, as_user, everything, cast
):
    alice = as_user("alice")
    values = {"owner": cast.olga, **ticked()}
    answer = press(alice, f"/users/deactivate/{cast.hugo}", data=values)
    assert answer.status_code == 422
    with everything() as session:
        assert session.get(User, cast.hugo).active
        assert set(owners(session, Lead).values()) == {cast.hugo}


@pytest.mark.parametrize("kind", ["users", "agencies"])
def test_who_is_deactivated_is_not_the_recipient(kind, held, of_lyon, as_user, everything, cast):
    pk, link = {"users": (cast.hugo, "owner"), "agencies": (cast.lyon, "agency")}[kind]
    values = {link: pk, **ticked()}
    assert press(as_user("alice"), f"/{kind}/deactivate/{pk}", data=values).status_code == 422
    with everything() as session:
        assert session.get(User if kind == "users" else Agency, pk).active


def test_what_is_not_ticked_and_without_a_recipient_stays(held, as_user, everything, cast):
    alice = as_user("alice")
    values = {"owner": cast.claire, **ticked("events")}
    assert press(alice, f"/users/deactivate/{cast.hugo}", data=values).status_code == 303
    with everything() as session:
        assert set(owners(session, Lead).values()) == {cast.hugo}
        assert owners(session, Event)["Appel 0"] == cast.claire


def test_who_holds_nothing_is_asked_nothing_more(as_user, everything, cast):
    alice = as_user("alice")
    page = alice.get(f"/users/deactivate/{cast.marc}").text
    assert 'name="owner"' not in page
    assert press(alice, f"/users/deactivate/{cast.marc}", data=ticked()).status_code == 303
    with everything() as session:
        assert not session.get(User, cast.marc).active


def test_only_what_one_may_edit_is_counted_and_handed_over(held, acting, cast):
    with acting("marc"):  # of the company
        found = handover.numbers(handover.held_by("owner", cast.hugo))
        assert [(one.holding.key, n) for one, n in found] == [("leads", 4), ("events", 2)]
    with acting("claire"):  # edits her own only
        assert handover.held_by("owner", cast.hugo) == []


@pytest.mark.both
def test_a_thousand_records_take_as_many_statements_as_ten(
    held, acting, as_user, everything, counting, cast
):
    with acting("claire"):
        for number in range(20):
            make(Lead, organization=f"Été {number}", owner=person(cast.claire))
        make(Event, subject="Appel", starts_at=utcnow() + timedelta(days=1))
    alice, counts = as_user("alice"), []
    for holder in (cast.hugo, cast.claire):  # 4 leads and 2 events, 20 and 1
        values = {"owner": cast.marc, **ticked()}
        with counting() as statements:
            assert press(alice, f"/users/deactivate/{holder}", data=values).status_code == 303
        counts.append(len(statements))
    assert counts[0] == counts[1]
    with everything() as session:
        assert sum(owner == cast.marc for owner in owners(session, Lead).values()) == 24


@pytest.mark.both
def test_each_record_has_its_entry_in_the_journal(held, as_user, everything, cast):
    values = {"owner": cast.claire, **ticked()}
    press(as_user("alice"), f"/users/deactivate/{cast.hugo}", data=values)
    with everything() as session:
        moved = select(Lead).where(Lead.owner_id == cast.claire)
        rows = {row.id: row for row in session.scalars(moved)}
        told = select(Journal).where(Journal.kind == "lead", Journal.action == "changed")
        entries = [one for one in session.scalars(told) if one.user_id == cast.alice]
        assert sorted(one.row_id for one in entries) == sorted(rows)
        for one in entries:
            assert one.changes == {"owner_id": [cast.hugo, cast.claire]}
            assert one.row_version == rows[one.row_id].row_version
            assert one.company_id == rows[one.row_id].company_id
            assert rows[one.row_id].changed_by_id == cast.alice
        of_user = select(Journal.act_id).where(Journal.kind == "ab_user")
        assert entries[0].act_id in session.scalars(of_user).all()  # one transaction


@pytest.mark.both
def test_what_comes_after_the_dialog_was_opened_goes_along(held, acting, as_user, everything, cast):
    alice = as_user("alice")
    page = alice.get(f"/users/deactivate/{cast.hugo}").text
    shown = re.findall(r'name="shown" value="(\w+)"', page)
    assert shown == ["leads", "events"]
    with acting("hugo"):
        make(Lead, organization="Tard", owner=person(cast.hugo))
        make(Opportunity, name="Trop tard", owner=person(cast.hugo))
    values = {"owner": cast.claire, **ticked("leads", shown=shown)}
    assert press(alice, f"/users/deactivate/{cast.hugo}", data=values).status_code == 303
    with everything() as session:
        assert owners(session, Lead)["Tard"] == cast.claire
        assert owners(session, Opportunity)["Trop tard"] == cast.claire
        assert owners(session, Event)["Appel 0"] == cast.hugo  # left out on purpose


def test_who_held_nothing_when_the_dialog_was_opened_is_asked_about_again(
    acting, as_user, everything, cast
):
    alice, url = as_user("alice"), f"/users/deactivate/{cast.hugo}"
    assert 'name="owner"' not in alice.get(url).text
    with acting("hugo"):
        make(Lead, organization="Tard", owner=person(cast.hugo))
    answer = press(alice, url)
    assert answer.status_code == 422
    assert "Records have been added in the meantime" in answer.text
    assert "1 open lead" in answer.text
    assert 'name="owner"' in answer.text
    with everything() as session:
        assert session.get(User, cast.hugo).active


def offered(client, page: str, link: str) -> set[str]:
    """The keys of what the picker of the dialog offers."""
    url = unescape(re.search(rf'name="{link}" data-picker="([^"]+)"', page)[1])
    return {one["value"] for one in client.get(url).json["results"]}


def test_the_picker_does_not_offer_who_is_deactivated(held, of_lyon, as_user, cast):
    alice = as_user("alice")
    found = offered(alice, alice.get(f"/users/deactivate/{cast.hugo}").text, "owner")
    assert str(cast.hugo) not in found
    assert str(cast.claire) in found
    found = offered(alice, alice.get(f"/agencies/deactivate/{cast.lyon}").text, "agency")
    assert found == {str(cast.lille)}


@pytest.fixture
def of_lyon(everything, acting, cast) -> int:
    """A client of Lyon with an open and a won opportunity. Returns its id."""
    with everything() as session:
        session.get(AppSettings, 1).manage_agencies = True
    with acting("marc") as session:
        lyon = session.get(Agency, cast.lyon)
        account = make(Account, name="Bâti Rhône", agency=lyon)
        make(Opportunity, name="Ouverte", account=account)
        opportunities.win(make(Opportunity, name="Gagnée", account=account))
        return account.id


def agencies(session) -> dict[str, int]:
    found = [
        row for model in (Account, Opportunity, Event) for row in session.scalars(select(model))
    ]
    drafts = [("Devis", quote.agency_id) for quote in session.scalars(select(Quote))]
    return dict([*((str(row), row.agency_id) for row in found), *drafts])


@pytest.mark.both
def test_the_records_of_a_deactivated_agency_go_to_another(of_lyon, as_user, everything, cast):
    alice = as_user("alice")
    page = alice.get(f"/agencies/deactivate/{cast.lyon}").text
    assert "1 open opportunity" in page
    values = {"agency": cast.lille, **ticked()}
    assert press(alice, f"/agencies/deactivate/{cast.lyon}", data=values).status_code == 303
    with everything() as session:
        assert not session.get(Agency, cast.lyon).active
        found = agencies(session)
    assert found == {"Bâti Rhône": cast.lille, "Ouverte": cast.lille, "Gagnée": cast.lyon}


@pytest.mark.both
@pytest.mark.accept("A-100")
def test_an_account_moves_to_another_agency_with_what_is_ticked(
    of_lyon, acting, as_user, everything, cast
):
    with acting("marc") as session:
        account = session.get(Account, of_lyon)
        make(Quote, account=account, agency=account.agency)
        soon = utcnow() + timedelta(days=1)
        make(Event, subject="Visite", account=account, agency=account.agency, starts_at=soon)
    marc = as_user("marc")
    page = marc.get(f"/clients/move_agency/{of_lyon}").text
    for words in ("1 open opportunity", "1 draft quote", "1 planned event"):
        assert words in page
    values = {"agency": cast.lille, **ticked()}
    assert press(marc, f"/clients/move_agency/{of_lyon}", data=values).status_code == 303
    with everything() as session:
        found = agencies(session)
    assert found.pop("Gagnée") == cast.lyon
    assert found == dict.fromkeys(("Bâti Rhône", "Ouverte", "Devis", "Visite"), cast.lille)
    alone = {"agency": cast.lyon, "shown": list(TICKS)}
    assert press(marc, f"/clients/move_agency/{of_lyon}", data=alone).status_code == 303
    with everything() as session:
        assert agencies(session)["Bâti Rhône"] == cast.lyon
        assert agencies(session)["Ouverte"] == cast.lille


@pytest.mark.both
@pytest.mark.accept("A-30")
def test_what_moves_to_another_agency_leaves_the_lists_of_the_assistant(
    of_lyon, acting, as_user, everything, cast
):
    with acting("marc") as session:
        make(Account, name="Sans agence", agency=None)
        make(Account, name="Bâti Nord", agency=session.get(Agency, cast.lille))
    with everything() as session:
        session.get(User, cast.ines).agency_id = cast.lyon
    ines = as_user("ines")

    def listed(*names: str) -> set[str]:
        pages = [
            ines.get(f"/{one}/list/").text for one in ("prospects", "clients", "opportunities")
        ]
        return {name for name in names if any(name in page for page in pages)}

    everyone = ("Bâti Rhône", "Sans agence", "Bâti Nord", "Ouverte", "Gagnée")
    assert listed(*everyone) == {"Bâti Rhône", "Sans agence", "Ouverte", "Gagnée"}
    values = {"agency": cast.lille, **ticked()}
    answer = press(as_user("marc"), f"/clients/move_agency/{of_lyon}", data=values)
    assert answer.status_code == 303
    assert listed("Sans agence", "Bâti Nord", "Ouverte", "Gagnée") == {"Sans agence", "Gagnée"}
    assert ines.get(f"/clients/show/{of_lyon}").status_code == 404
