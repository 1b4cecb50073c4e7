"""/leads/convert/<id>: what the page shows, what it does, and who may."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from crm.accounts.models import Account, Contact, LostReason
from crm.calendar.models import Event
from crm.companies.models import AppSettings, RoleCell
from crm.leads.models import Lead, LeadStatus
from crm.opportunities.models import Opportunity, Stage
from tests.factories import again, make, person, remove, save, word
from tests.fixtures import Acting, Cast, Client
from tests.pressing import press


def wrong(answer: Any) -> str:
    import re

    return str(re.findall(r'(?s)<div class="c-note bad".*?</ul>', answer.text) or answer.text[:300])


AsUser = Callable[[str], Client]
Everything = Callable[[], AbstractContextManager[Session]]

ACCOUNT = {"account_mode": "create", "nature": "organization", "account-kind": "prospect"}
CONTACT = {"contact_mode": "create", "contact-last_name": "Marchand"}
NAMED = {**ACCOUNT, "organization-name": "Bâti Rhône"}


@pytest.fixture
def lead(acting: Acting) -> Lead:
    """A lead of Claire's."""
    with acting("claire"):
        found: Lead = make(
            Lead,
            organization="Bâti Rhône",
            first_name="Sophie",
            last_name="Marchand",
            email="s.marchand@batirhone.example",
            phone="04 65 71 20 18",
            description="<p>Wants forty printers</p>",
        )
    return found


def count(everything: Everything, model: type[Any]) -> int:
    with everything() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_lead_is_converted_from_its_page(as_user: AsUser, acting: Acting, lead: Lead) -> None:
    claire, url = as_user("claire"), f"/leads/convert/{lead.id}"
    assert url in claire.get(f"/leads/show/{lead.id}").text
    assert 'value="Bâti Rhône"' in claire.get(url).text
    with acting("claire"):
        stage = word(Stage, "Qualification").id
    deal = {
        "with_opportunity": "1",
        "opportunity-name": "Refonte",
        "opportunity-amount": "8,000.00",
        "opportunity-stage": stage,
    }
    done = press(claire, url, {**NAMED, **CONTACT, **deal})
    assert done.status_code == 303
    assert done.headers["Location"] == f"/leads/show/{lead.id}"
    page = claire.get(done.headers["Location"]).text
    assert "Lead converted" in page
    assert f"/leads/undo_conversion/{lead.id}" in page
    for kind in ("prospects", "contacts", "opportunities"):
        assert f"/{kind}/show/1" in page, kind
    with acting("claire"):
        assert (again(lead).opportunity.amount, again(lead).opportunity.stage_id) == (8000, stage)


@pytest.mark.accept("A-33")
def test_a_wrong_amount_creates_nothing_and_keeps_what_was_typed(
    as_user: AsUser, everything: Everything, lead: Lead
) -> None:
    typed = {
        **NAMED,
        **CONTACT,
        "organization-name": "Bâti Loire",
        "with_opportunity": "1",
        "opportunity-name": "Refonte",
        "opportunity-amount": "abc",
        "opportunity-stage": "1",
    }
    refused = press(as_user("claire"), f"/leads/convert/{lead.id}", typed)
    assert refused.status_code == 422
    for text in ("Bâti Loire", "Refonte", "abc"):
        assert f'value="{text}"' in refused.text
    assert 'id="e-opportunity-amount"' in refused.text
    for model in (Account, Contact, Opportunity):
        assert count(everything, model) == 0


@pytest.mark.accept("A-34")
def test_a_second_conversion_shows_the_first_result(
    as_user: AsUser, everything: Everything, lead: Lead
) -> None:
    claire, url = as_user("claire"), f"/leads/convert/{lead.id}"
    first = press(claire, url, {**NAMED, **CONTACT, "with_opportunity": "1"})
    again_ = press(claire, url, {**NAMED, **CONTACT, "with_opportunity": "1"})
    old = claire.post(url, data={**NAMED, **CONTACT, "row_version": "1"})
    for answer in (first, again_, old, claire.get(url)):
        assert answer.status_code == 303
        assert answer.headers["Location"] == f"/leads/show/{lead.id}"
    for model in (Account, Contact, Opportunity):
        assert count(everything, model) == 1


def test_what_others_changed_meanwhile_is_shown_first(
    as_user: AsUser, acting: Acting, everything: Everything, lead: Lead
) -> None:
    with acting("marc"):
        save(again(lead), phone="04 65 71 20 19")
    claire, url = as_user("claire"), f"/leads/convert/{lead.id}"
    typed = {**NAMED, **CONTACT, "organization-name": "Bâti Loire"}
    stale = claire.post(url, data={**typed, "row_version": "1"})
    assert stale.status_code == 409
    assert "04 65 71 20 19" in stale.text
    assert 'value="Bâti Loire"' in stale.text
    assert count(everything, Account) == 0
    assert press(claire, url, typed).status_code == 303


@pytest.mark.accept("A-35")
def test_an_existing_account_stands_beside_the_lead(
    as_user: AsUser, acting: Acting, lead: Lead
) -> None:
    with acting("claire"):
        client = make(Account, name="Bâti-Rhône SARL", phone="01 02 03 04 05", kind="client")
    claire, url = as_user("claire"), f"/leads/convert/{lead.id}"
    page = claire.get(url).text
    assert "Same name" in page
    assert page.index("01 02 03 04 05") < page.index("04 65 71 20 18")
    assert "1 field differs" in page
    assert "added to the account" in page
    data = {"account_mode": "link", "account": client.id, **CONTACT}
    assert press(claire, url, data).status_code == 303
    with acting("claire"):
        kept = again(client)
        assert (kept.phone, kept.website) == ("+33102030405", None)
        assert "Wants forty printers" in kept.notes
        assert again(lead).account_id == client.id


def test_the_outlook_follows_what_is_typed(as_user: AsUser, acting: Acting, lead: Lead) -> None:
    with acting("claire"):
        make(Event, lead=again(lead))
        client = make(Account, name="Faro", kind="client")
    claire, url = as_user("claire"), f"/leads/conversion_outlook/{lead.id}"

    def told(**typed: Any) -> str:
        answer = claire.post(url, data=typed)
        assert answer.status_code == 200
        return answer.text

    said = told(**{**NAMED, **CONTACT, "organization-name": "Bâti Loire"})
    assert "The prospect <b>Bâti Loire</b> is created" in said
    assert "The contact <b>Marchand</b> is created, main contact" in said
    assert "Also moved: 1 event" in said
    said = told(account_mode="link", account=client.id, contact_mode="none", with_opportunity="1")
    assert "linked to the client <b>Faro</b>" in said
    assert "No contact is created" in said
    assert "The opportunity <b>Bâti Rhône, Sophie Marchand</b> is created" in said
    assert "<b>Claire Colin</b> stays the account owner" in said
    said = told(account_mode="link", account="other", other="")
    assert "Choose the account." in said
    said = told(account_mode="create", nature="person", contact_mode="create")
    assert "contact" not in said.partition("</ul>")[0]
    assert "<script>" not in told(**{**NAMED, "organization-name": "<script>"})


def test_a_name_that_is_missing_is_told_beside_its_field(as_user: AsUser, lead: Lead) -> None:
    claire, url = as_user("claire"), f"/leads/convert/{lead.id}"
    refused = press(claire, url, {**ACCOUNT, "organization-name": "", "contact_mode": "none"})
    assert refused.status_code == 422
    assert 'id="e-organization-name"' in refused.text
    refused = press(claire, url, {"account_mode": "link", "account": "other", "other": ""})
    assert "Choose the account." in refused.text
    person_ = {"account_mode": "create", "nature": "person", "person-name": ""}
    assert 'id="e-person-name"' in press(claire, url, person_).text


def test_a_contact_is_chosen_among_those_of_the_account(
    as_user: AsUser, acting: Acting, lead: Lead
) -> None:
    with acting("claire"):
        client, other = make(Account, name="Faro"), make(Account, name="Élan")
        contact, stranger = make(Contact, accounts=[client]), make(Contact, accounts=[other])
    claire, url = as_user("claire"), f"/leads/convert/{lead.id}"
    picked = claire.get(f"/leads/pick/contact?account={client.id}").json["results"]
    assert [one["value"] for one in picked] == [str(contact.id)]
    data = {"account_mode": "link", "account": client.id, "contact_mode": "choose"}
    told = claire.post(f"/leads/conversion_outlook/{lead.id}", data=data).text
    assert f"account={client.id}" in told
    assert "Choose a contact." not in told
    assert "Choose a contact." in press(claire, url, data).text
    refused = press(claire, url, {**data, "contact": stranger.id}).text
    assert "Choose a contact of this account." in refused
    assert press(claire, url, {**data, "contact": contact.id}).status_code == 303
    with acting("claire"):
        assert again(lead).contact_id == contact.id


def test_a_lost_lead_is_reopened_first(as_user: AsUser, acting: Acting, lead: Lead) -> None:
    with acting("claire"):
        reason = word(LostReason, "Price").id
    claire, url = as_user("claire"), f"/leads/convert/{lead.id}"
    press(claire, f"/leads/lose/{lead.id}", {"lost_reason": reason})
    for answer in (claire.get(url), press(claire, url, NAMED)):
        assert answer.status_code == 303
    assert "This lead is lost; reopen it first." in claire.get(f"/leads/show/{lead.id}").text
    assert url not in claire.get(f"/leads/show/{lead.id}").text


@pytest.mark.accept("A-32")
def test_a_converted_lead_offers_no_change(as_user: AsUser, acting: Acting, lead: Lead) -> None:
    claire = as_user("claire")
    press(claire, f"/leads/convert/{lead.id}", {**NAMED, **CONTACT})
    with acting("claire"):
        open_ = word(LeadStatus, "Nurturing").id
    page = claire.get(f"/leads/show/{lead.id}").text
    for address in ("edit", "lose", "convert", "take_charge", "change_status", "field"):
        assert f"/leads/{address}/{lead.id}" not in page, address
    assert f"lead={lead.id}" not in page
    assert f"lead={lead.id}" not in claire.get(f"/leads/show/{lead.id}?tab=events.lead").text
    assert claire.get(f"/leads/field/{lead.id}/phone").status_code == 404
    assert claire.get(f"/leads/edit/{lead.id}").status_code == 303
    version = {"row_version": again_version(acting, lead)}
    old = claire.post(f"/leads/edit/{lead.id}", data={"last_name": "Roy", **version})
    assert old.status_code == 422
    assert "can no longer be changed" in old.text
    press(claire, f"/leads/change_status/{lead.id}", {"status": open_})
    with acting("claire"):
        assert again(lead).is_converted
    assert f"/leads/edit/{lead.id}" not in claire.get("/leads/list/").text


def again_version(acting: Acting, lead: Lead) -> int:
    with acting("claire"):
        return int(again(lead).row_version)


@pytest.mark.accept("A-32")
def test_the_api_refuses_to_change_a_converted_lead(
    as_user: AsUser, client: Client, token_of: Callable[[str], dict[str, str]], lead: Lead
) -> None:
    press(as_user("claire"), f"/leads/convert/{lead.id}", NAMED)
    address, headers = f"/api/v1/leads/{lead.id}", token_of("claire")
    told = client.get(address, headers=headers).json["result"]
    assert told["account"]["label"] == "Bâti Rhône"
    body = {"phone": "01 02 03 04 05", "row_version": told["row_version"]}
    refused = client.put(address, json=body, headers=headers)
    assert refused.status_code == 422
    said = ["This lead is converted and can no longer be changed."]
    assert refused.json["errors"]["phone"] == said


@pytest.mark.accept("A-95")
def test_it_is_undone_from_the_record(as_user: AsUser, acting: Acting, lead: Lead) -> None:
    claire = as_user("claire")
    press(claire, f"/leads/convert/{lead.id}", {**NAMED, **CONTACT})
    assert "Undo conversion" in claire.get(f"/leads/show/{lead.id}").text
    assert press(as_user("hugo"), f"/leads/undo_conversion/{lead.id}").status_code == 404
    assert press(claire, f"/leads/undo_conversion/{lead.id}").status_code == 303
    assert "Conversion undone" in claire.get(f"/leads/show/{lead.id}").text
    with acting("claire"):
        assert not again(lead).is_converted
        assert again(lead).account_id is None


@pytest.mark.accept("A-81")
def test_others_rows_are_neither_proposed_nor_taken(
    as_user: AsUser, acting: Acting, everything: Everything, lead: Lead
) -> None:
    with acting("olga"):
        foreign = make(Account, name="Bâti Rhône")
        stranger = make(Contact, accounts=[foreign])
    claire, url = as_user("claire"), f"/leads/convert/{lead.id}"
    assert "resemble" not in claire.get(url).text
    for chosen in (
        {"account": foreign.id},
        {"account": "other", "other": foreign.id},
        {"account": "99999999999"},
    ):
        refused = press(claire, url, {"account_mode": "link", "contact_mode": "none", **chosen})
        assert refused.status_code == 422, chosen
        shown = claire.post(
            f"/leads/conversion_outlook/{lead.id}", data={"account_mode": "link", **chosen}
        )
        assert "linked to" not in shown.text
    with acting("claire"):
        mine = make(Account, name="Faro")
    picked = {"account_mode": "link", "account": mine.id, "contact_mode": "choose"}
    assert press(claire, url, {**picked, "contact": stranger.id}).status_code == 422
    owned = {**NAMED, "account-owner": "99"}
    assert press(claire, url, owned).status_code == 422
    for address in (url, f"/leads/conversion_outlook/{lead.id}"):
        assert as_user("olga").post(address, data=NAMED).status_code == 404
    assert as_user("hugo").get(url).status_code == 404, "read, but not edited"
    assert as_user("nadia").get(url).status_code == 403
    assert count(everything, Opportunity) == 0


def test_what_one_may_not_edit_stays_as_it_is(as_user: AsUser, acting: Acting, lead: Lead) -> None:
    with acting("hugo"):
        theirs = make(Account, name="Bâti Rhône", notes="<p>Pays late</p>")
    claire, url = as_user("claire"), f"/leads/convert/{lead.id}"
    assert "You cannot edit Bâti Rhône" in claire.get(url).text
    data = {"account_mode": "link", "account": theirs.id, **CONTACT, "with_opportunity": "1"}
    assert press(claire, url, data).status_code == 303
    with acting("claire"):
        assert (again(theirs).notes, again(theirs).phone) == ("<p>Pays late</p>", None)
        assert again(lead).contact.main_link.account_id == theirs.id


def test_what_one_may_not_create_is_not_offered(
    as_user: AsUser, acting: Acting, everything: Everything, lead: Lead
) -> None:
    with everything() as session:
        mine = RoleCell.entity.in_(("opportunities", "contacts")), RoleCell.action == "create"
        session.execute(update(RoleCell).where(*mine).values(scope=0))
    claire, url = as_user("claire"), f"/leads/convert/{lead.id}"
    page = claire.get(url).text
    assert "with_opportunity" not in page
    assert "contact-last_name" not in page
    data = {**NAMED, **CONTACT, "with_opportunity": "1", "opportunity-name": "Refonte"}
    assert press(claire, url, data).status_code == 303
    with acting("claire"):
        assert (again(lead).contact_id, again(lead).opportunity_id) == (None, None)


def test_statements_stay_few(
    as_user: AsUser,
    acting: Acting,
    cast: Cast,
    counting: Callable[[], AbstractContextManager[list[str]]],
    lead: Lead,
) -> None:
    with acting("alice") as session:
        save(session.get_one(AppSettings, 1), manage_agencies=True)
    with acting("marc"):
        for number in range(12):
            make(Account, name=f"Bâti Rhône {number}", owner=person(cast.hugo))
            make(Event, lead=again(lead))
    marc = as_user("marc")
    with counting() as statements:
        assert marc.get(f"/leads/convert/{lead.id}").status_code == 200
    assert len(statements) <= 20, "\n".join(statements)
    typed = {"account_mode": "link", "account": 1, **CONTACT, "with_opportunity": "1"}
    with counting() as statements:
        assert marc.post(f"/leads/conversion_outlook/{lead.id}", data=typed).status_code == 200
    assert len(statements) <= 20, "\n".join(statements)


def test_the_api_converts_as_the_page_does(
    client: Client, token_of: Callable[[str], dict[str, str]], acting: Acting, lead: Lead
) -> None:
    address, headers = f"/api/v1/leads/{lead.id}", token_of("claire")

    def post(verb: str, **body: Any) -> Any:
        version = client.get(address, headers=headers).json["result"]["row_version"]
        return client.post(
            f"{address}/{verb}", json={"row_version": version, **body}, headers=headers
        )

    refused = post("convert")
    assert refused.status_code == 422
    assert refused.json["errors"] == {"account": ["Choose the account."]}
    wrong = {"new_account": {}, "opportunity": {"amount": "abc"}, "new_contact": 7}
    refused = post("convert", **wrong)
    assert set(refused.json["errors"]) == {"opportunity.amount", "new_contact"}
    assert post("convert", account=99).json["errors"] == {
        "account": ["Choose a value from the list."]
    }
    with acting("claire") as session:
        known = make(Account, name="Bâti Rhône")
        sophie = make(Contact, first_name="Sophie", links=[{"account": known}])
        session.commit()
    both = {"account": known.id, "new_account": {}}
    assert post("convert", **both).json["errors"] == {
        "account": ["Choose an account or create a new one, not both."]
    }
    both = {"account": known.id, "contact": sophie.id, "new_contact": {}}
    refused = post("convert", **both)
    assert refused.status_code == 422
    assert refused.json["errors"] == {
        "contact": ["Choose a contact or create a new one, not both."]
    }
    with acting("claire"):
        remove(again(sophie))
        remove(again(known))
    done = post("convert", new_account={"siren": "732829320"}, new_contact={}, opportunity={})
    assert done.status_code == 200, done.json
    assert done.json["result"]["account"]["label"] == "Bâti Rhône"
    with acting("claire"):
        became = again(lead)
        assert (became.account.siren, str(became.contact)) == ("732829320", "Sophie Marchand")
        assert became.opportunity.lead_id == lead.id
    again_ = post("convert", new_account={})
    assert again_.status_code == 422
    assert again_.json["message"] == "This lead is already converted."
    assert post("take_charge").status_code == 422
    assert post("undo_conversion").status_code == 200
    with acting("claire") as session:
        reason = word(LostReason, "Price").id
        assert not session.scalars(select(Account)).all()
    assert post("lose", lost_reason=reason).status_code == 200
    refused = post("convert", new_account={})
    assert refused.json["message"] == "This lead is lost; reopen it first."
    assert post("reopen").status_code == 200
    other = client.post(
        f"{address}/convert", json={"row_version": 1, "new_account": {}}, headers=token_of("olga")
    )
    assert other.status_code == 404


@pytest.mark.parametrize(
    ("known", "differs"),
    [("http://bati-rhone.example", False), ("https://www.bati-rhone.example/fr", True)],
)
def test_two_ways_to_write_a_website_are_no_difference(
    as_user: AsUser, acting: Acting, lead: Lead, known: str, differs: bool
) -> None:
    with acting("claire"):
        save(again(lead), website="https://www.bati-rhone.example/")
        make(Account, name="Bâti-Rhône SARL", website=known, phone=lead.phone)
    page = as_user("claire").get(f"/leads/convert/{lead.id}").text
    assert "Same name" in page
    assert ("field differs" in page) == differs
