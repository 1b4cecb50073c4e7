"""/leads: what its pages show, and what their buttons do."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from crm.accounts.models import LostReason
from crm.core.types import utcnow
from crm.leads.models import Lead, LeadStatus
from tests.factories import again, make, person, word
from tests.fixtures import Acting, Cast, Client
from tests.pressing import press

AsUser = Callable[[str], Client]


@pytest.fixture
def lead(acting: Acting) -> Lead:
    """A lead of Claire's."""
    with acting("claire"):
        found: Lead = make(Lead, last_name="Durand", organization="Élan")
    return found


def test_a_lead_is_entered_found_and_shown(as_user: AsUser, cast: Cast) -> None:
    claire = as_user("claire")
    data = {"organization": "Bâti Rhône", "status": 1, "owner": cast.claire}
    made = claire.post("/leads/add", data=data)
    assert made.status_code == 303
    shown = claire.get(made.headers["Location"])
    assert shown.status_code == 200
    assert "Bâti Rhône" in claire.get("/leads/list/?search=bati").text


@pytest.mark.accept("A-20")
def test_no_menu_entry_imports_leads(as_user: AsUser) -> None:
    for address in ("/leads/list/", "/users/list/"):
        page = as_user("alice").get(f"{address}?lang=fr")
        assert page.status_code == 200
        assert "import" not in page.text.partition("<main")[0].lower()


@pytest.mark.accept("A-31")
def test_neither_name_nor_organisation_is_told_beside_both(as_user: AsUser) -> None:
    refused = as_user("claire").post("/leads/add", data={"first_name": "Paul", "status": "1"})
    assert refused.status_code == 422
    assert 'id="e-last_name"' in refused.text
    assert 'id="e-organization"' in refused.text
    assert 'value="Paul"' in refused.text, "what was typed stays"


@pytest.mark.accept("A-37")
def test_losing_asks_for_a_reason_and_other_for_a_comment(
    as_user: AsUser, acting: Acting, lead: Lead
) -> None:
    with acting("claire"):
        other = word(LostReason, "Other").id
    claire, url = as_user("claire"), f"/leads/lose/{lead.id}"
    assert "Keep the lead" in claire.get(url).text
    assert 'id="e-lost_reason"' in press(claire, url).text
    assert 'id="e-lost_comment"' in press(claire, url, {"lost_reason": other}).text
    data = {"lost_reason": other, "lost_comment": "No answer"}
    assert press(claire, url, data).status_code == 303
    filtered = claire.get(f"/leads/list/?_flt_0_lost_reason={other}")
    assert "Durand" in filtered.text


@pytest.mark.accept("A-38")
def test_reopening_leads_back_to_the_default_status(
    as_user: AsUser, acting: Acting, lead: Lead
) -> None:
    with acting("claire"):
        reason = word(LostReason, "Price").id
    claire = as_user("claire")
    press(claire, f"/leads/lose/{lead.id}", {"lost_reason": reason})
    assert press(claire, f"/leads/reopen/{lead.id}").status_code == 303
    with acting("claire"):
        now = again(lead)
        assert now.status.name["en"] == "To be processed"
        assert now.lost_reason is None
    assert "Price" in claire.get(f"/leads/show/{lead.id}?tab=history").text


def test_the_status_changes_where_it_stands(as_user: AsUser, acting: Acting, lead: Lead) -> None:
    with acting("claire"):
        status = word(LeadStatus, "Sales qualification").id
    claire = as_user("claire")
    url = f"/leads/change_status/{lead.id}"
    assert press(claire, url, {"status": status}).status_code == 303
    with acting("claire"):
        assert again(lead).status_id == status
    assert press(claire, url, {"status": 99999}).status_code == 404


def test_an_unassigned_lead_is_taken_by_whoever_reads_it(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("marc"):
        lead = make(Lead, owner=None)
    assert press(as_user("hugo"), f"/leads/take_charge/{lead.id}").status_code == 303
    with acting("hugo"):
        assert again(lead).owner_id == cast.hugo
    press(as_user("claire"), f"/leads/take_charge/{lead.id}")
    with acting("hugo"):
        assert again(lead).owner_id == cast.hugo, "it is somebody's now"


def test_leads_left_alone_are_marked_in_their_cell(
    as_user: AsUser, acting: Acting, everything: Callable[[], AbstractContextManager[Session]]
) -> None:
    with acting("marc"):
        make(Lead, owner=None)
        make(Lead, organization="Faro")
    long_ago = (utcnow() - timedelta(days=20)).replace(tzinfo=None)
    with everything() as session:
        session.execute(
            text("UPDATE lead SET created_on = :at, changed_on = :at"), {"at": long_ago}
        )
    page = as_user("marc").get("/leads/list/").text
    assert "Unassigned 20 d" in page
    assert "No activity 20 d" in page


@pytest.mark.accept("A-24")
def test_another_companys_lead_does_not_exist(as_user: AsUser, lead: Lead) -> None:
    olga = as_user("olga")
    for address in ("show", "edit", "lose", "field"):
        tail = "/phone" if address == "field" else ""
        assert olga.get(f"/leads/{address}/{lead.id}{tail}").status_code == 404
    for address in ("lose", "reopen", "take_charge", "change_status", "edit"):
        assert olga.post(f"/leads/{address}/{lead.id}").status_code == 404
    assert "Durand" not in olga.get("/leads/list/").text


def test_who_reads_a_lead_of_the_team_cannot_lose_it(as_user: AsUser, lead: Lead) -> None:
    hugo = as_user("hugo")
    assert hugo.get(f"/leads/show/{lead.id}").status_code == 200
    assert hugo.get(f"/leads/lose/{lead.id}").status_code == 404
    assert "/leads/lose/" not in hugo.get(f"/leads/show/{lead.id}").text


def test_statements_stay_few(
    as_user: AsUser,
    acting: Acting,
    cast: Cast,
    counting: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    with acting("marc"):
        made = [make(Lead, owner=person(cast.claire)) for _ in range(12)]
    marc = as_user("marc")
    budgets = {"/leads/list/": 8, f"/leads/show/{made[0].id}": 14, f"/leads/edit/{made[0].id}": 12}
    for address, budget in budgets.items():
        with counting() as statements:
            assert marc.get(address).status_code == 200
        assert len(statements) <= budget, address
