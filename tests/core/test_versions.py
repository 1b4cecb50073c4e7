"""Nobody acts on what they have not seen: the version of a page goes with every button of it."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from crm.accounts.models import Account, LostReason
from crm.calendar.models import Event, EventStatus
from crm.companies.models import User
from crm.leads.models import Lead, LeadStatus
from crm.opportunities.models import Opportunity, Stage
from crm.quotes.models import Quote
from tests.companies.filled import posted
from tests.factories import again, make, person, remove, save, word
from tests.fixtures import Acting, Cast, Client

AsUser = Callable[[str], Client]
Everything = Callable[[], AbstractContextManager[Session]]
BEFORE, SINCE = "18500.00", "25000.00"


@pytest.fixture
def deal(acting: Acting) -> Opportunity:
    """Claire's opportunity, at 18,500."""
    with acting("claire"):
        found: Opportunity = make(Opportunity, account=make(Account), amount=Decimal(BEFORE))
    return found


def change(acting: Acting, row: Any, **values: Any) -> None:
    """What Marc saves meanwhile."""
    with acting("marc"):
        save(again(row), **values)


def buttons(text: str, verb: str) -> list[str]:
    """The addresses of a page's buttons for a verb, with the versions that they carry."""
    return re.findall(rf'formaction="([^"]*/{verb}/[^"]*)"', text.replace("&amp;", "&"))


@pytest.mark.both
@pytest.mark.parametrize("verb", ["win", "lose"])
def test_a_dialog_opened_before_somebody_else_saved_writes_nothing(
    verb: str, as_user: AsUser, acting: Acting, deal: Opportunity
) -> None:
    claire, url = as_user("claire"), f"/opportunities/{verb}/{deal.id}"
    with acting("claire"):
        reason = word(LostReason, "Price").id
    typed = {**posted(claire.get(url).text), "lost_reason": str(reason)}
    change(acting, deal, amount=Decimal(SINCE))
    answer = claire.post(url, data=typed)
    assert answer.status_code == 409
    assert "Marc Morel changed this record" in answer.text
    assert "18,500.00" in answer.text
    assert "25,000.00" in answer.text
    with acting("claire"):
        assert not again(deal).is_closed
        assert again(deal).amount == Decimal(SINCE)
    now = {**posted(answer.text), "lost_reason": str(reason)}
    assert claire.post(url, data=now).status_code == 303, "meant, once both were seen"
    with acting("claire"):
        assert again(deal).is_closed
        assert again(deal).amount == Decimal(SINCE), "what nobody typed is what is saved"


def test_what_was_typed_into_an_outdated_dialog_stays_in_it(
    as_user: AsUser, acting: Acting, deal: Opportunity
) -> None:
    claire, url = as_user("claire"), f"/opportunities/win/{deal.id}"
    typed = {**posted(claire.get(url).text), "amount": "19,000.00"}
    change(acting, deal, amount=Decimal(SINCE))
    answer = claire.post(url, data=typed)
    assert posted(answer.text)["amount"] == "19,000.00"
    assert "you typed: 19,000.00" in answer.text
    assert claire.post(url, data=posted(answer.text)).status_code == 303
    with acting("claire"):
        assert again(deal).amount == Decimal(19000)


@pytest.mark.parametrize("given", ["", "x", "-1", "9" * 30])
def test_a_verb_without_the_version_that_was_seen_is_refused(
    given: str, as_user: AsUser, acting: Acting, deal: Opportunity
) -> None:
    marc = as_user("marc")
    for verb in ("win", "lose", "take_charge", "delete", "reopen", f"move/{deal.id}/2"):
        path = verb if "/" in verb else f"{verb}/{deal.id}"
        answer = marc.post(f"/opportunities/{path}", data={"row_version": given})
        assert answer.status_code == 400, verb
    with acting("claire"):
        assert again(deal).stage_id == deal.stage_id


@pytest.mark.parametrize("verb", ["move", "delete"])
def test_an_outdated_button_of_an_opportunity_shows_it_again(
    verb: str, as_user: AsUser, acting: Acting, deal: Opportunity
) -> None:
    marc, show = as_user("marc"), f"/opportunities/show/{deal.id}"
    old = buttons(marc.get(show).text, verb)[-1]
    with acting("claire"):
        save(again(deal), amount=Decimal(SINCE))
    answer = marc.post(old)
    assert answer.status_code == 409
    assert "Claire Colin changed this record" in answer.text
    assert "25,000.00" in answer.text
    with acting("claire"):
        assert again(deal).stage_id == deal.stage_id
    assert marc.post(buttons(answer.text, verb)[-1]).status_code == 303


def test_a_lead_taken_by_somebody_else_is_not_taken_from_them(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("marc"):
        lead = make(Lead, owner=None)
    listed = buttons(as_user("claire").get("/leads/list/").text, "take_charge")[0]
    with acting("marc"):
        save(again(lead), owner=person(cast.hugo))
    answer = as_user("claire").post(listed)
    assert answer.status_code == 409
    assert "Hugo Henry" in answer.text
    with acting("marc"):
        assert again(lead).owner_id == cast.hugo


@pytest.mark.parametrize("verb", ["change_status", "lose", "reopen"])
def test_outdated_moves_of_a_lead_are_not_made(verb: str, as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        lead = make(Lead, city="Lyon")
        status = word(LeadStatus, "Nurturing").id
        reason = word(LostReason, "Price")
        if verb == "reopen":
            save(lead, status=word(LeadStatus, "Lost"), lost_reason=reason)
    with acting("claire"):
        version, before = again(lead).row_version, again(lead).status_id
    change(acting, lead, city="Paris")
    data = {"status": status, "lost_reason": reason.id, "row_version": version}
    answer = as_user("claire").post(f"/leads/{verb}/{lead.id}", data=data)
    assert answer.status_code == 409
    assert "Lyon" in answer.text
    assert "Paris" in answer.text
    with acting("claire"):
        assert again(lead).status_id == before


@pytest.mark.parametrize("verb", ["mark_done", "cancel", "take_charge", "delete"])
def test_outdated_verbs_of_an_event_are_not_done(
    verb: str, as_user: AsUser, acting: Acting
) -> None:
    with acting("marc"):
        event = make(Event, location="Lyon")
    with acting("marc"):
        version = again(event).row_version
    change(acting, event, location="Paris")
    data = {"outcome": "", "row_version": version}
    answer = as_user("alice").post(f"/events/{verb}/{event.id}", data=data)
    assert answer.status_code == 409
    assert "Paris" in answer.text
    with acting("marc"):
        assert again(event).status == EventStatus.PLANNED


def test_an_outdated_quote_stays_and_an_outdated_prospect_stays_one(
    as_user: AsUser, acting: Acting
) -> None:
    with acting("marc"):
        account = make(Account)
        quote = make(Quote, account=account, title="Avant")
    with acting("marc"):
        versions = again(account).row_version, again(quote).row_version
    change(acting, account, notes="Décide en mai")
    change(acting, quote, title="Après")
    alice = as_user("alice")
    for path, version in (
        (f"/prospects/make_client/{account.id}", versions[0]),
        (f"/quotes/delete/{quote.id}", versions[1]),
    ):
        assert alice.post(path, data={"row_version": version}).status_code == 409, path
    with acting("marc"):
        assert again(account).kind == "prospect"
        assert again(quote) is not None


def test_a_value_changed_in_place_meanwhile_comes_back_with_both(
    as_user: AsUser, acting: Acting, deal: Opportunity
) -> None:
    claire, url = as_user("claire"), f"/opportunities/field/{deal.id}/amount"
    version = re.search(r'name="row_version" value="(\d+)"', claire.get(url).text)
    assert version
    change(acting, deal, amount=Decimal(SINCE))
    data = {"amount": "19,000.00", "row_version": version[1]}
    answer = claire.post(url, data=data, headers={"HX-Request": "true"})
    assert answer.status_code == 409
    for text in ("18,500.00", "25,000.00", 'value="19,000.00"', "Marc Morel"):
        assert text in answer.text, text
    with acting("claire"):
        assert again(deal).amount == Decimal(SINCE)
    newer = re.search(r'name="row_version" value="(\d+)"', answer.text)
    assert newer
    assert claire.post(url, data={**data, "row_version": newer[1]}).status_code == 200
    with acting("claire"):
        assert again(deal).amount == Decimal(19000)


def test_a_deleted_record_comes_back_by_the_version_that_its_toast_carries(
    as_user: AsUser, acting: Acting, deal: Opportunity
) -> None:
    marc = as_user("marc")
    pressed = marc.post(
        buttons(marc.get(f"/opportunities/show/{deal.id}").text, "delete")[0],
    )
    undo = buttons(marc.get(pressed.location).text, "restore")[0]
    in_bin = buttons(marc.get("/opportunities/bin/").text, "restore")[0]
    assert undo == in_bin
    assert marc.post(re.sub(r"\d+$", "1", undo)).status_code == 409
    assert marc.post(undo).status_code == 303
    with acting("claire"):
        assert again(deal) is not None
        remove(again(deal))


# A value that was emptied, a verb that is not open ──────────────────────────────────────────────


def test_an_emptied_amount_is_empty_once_won(
    as_user: AsUser, acting: Acting, deal: Opportunity
) -> None:
    claire, url = as_user("claire"), f"/opportunities/win/{deal.id}"
    assert claire.post(url, data={**posted(claire.get(url).text), "amount": ""}).status_code == 303
    with acting("claire"):
        assert again(deal).is_closed
        assert again(deal).amount is None


def test_an_emptied_outcome_is_empty_once_done(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        event = make(Event, outcome="À revoir")
    claire, url = as_user("claire"), f"/events/mark_done/{event.id}"
    assert claire.post(url, data={**posted(claire.get(url).text), "outcome": ""}).status_code == 303
    with acting("claire"):
        assert again(event).outcome is None


def test_win_and_lose_do_not_open_on_what_is_closed(
    as_user: AsUser, acting: Acting, deal: Opportunity
) -> None:
    with acting("claire"):
        save(again(deal), stage=word(Stage, "Won"))
        lead = make(Lead)
        save(lead, status=word(LeadStatus, "Lost"), lost_reason=word(LostReason, "Price"))
        event = make(Event)
        save(event, status=EventStatus.DONE)
    claire = as_user("claire")
    for path, sentence in (
        (f"/opportunities/win/{deal.id}", "Reopen first."),
        (f"/opportunities/lose/{deal.id}", "Reopen first."),
        (f"/leads/lose/{lead.id}", "Only an open lead can be lost."),
        (
            f"/events/mark_done/{event.id}",
            "Only a planned event can be marked as done or cancelled.",
        ),
    ):
        answer = claire.get(path)
        assert answer.status_code == 303, path
        page = claire.get(answer.location).text
        assert sentence in page, path
        assert path not in page, "and the record does not offer it"


def test_an_account_out_of_reach_is_asked_for_where_one_is_needed(
    as_user: AsUser, acting: Acting, deal: Opportunity, everything: Everything
) -> None:
    with everything() as session:
        gone = datetime.now(UTC)
        session.execute(
            update(Account).where(Account.id == deal.account_id).values(deleted_at=gone)
        )
    claire, url = as_user("claire"), f"/opportunities/win/{deal.id}"
    page = claire.get(url).text
    assert 'name="account"' in page
    refused = claire.post(url, data=posted(page))
    assert refused.status_code == 422
    assert 'id="e-account"' in refused.text


# No conflict that is none ───────────────────────────────────────────────────────────────────────


def test_what_no_page_shows_makes_no_conflict(
    as_user: AsUser, acting: Acting, cast: Cast, everything: Everything
) -> None:
    alice, path = as_user("alice"), f"/users/edit/{cast.hugo}"
    typed = {**posted(alice.get(path).text), "job_title": "Vendeur"}
    with everything() as session:
        session.get_one(User, cast.hugo).login_count = 41  # he signs in meanwhile
        session.commit()
    assert alice.post(path, data=typed).status_code == 303
    with acting("claire"):
        lead = make(Lead)
    claire, path = as_user("claire"), f"/leads/edit/{lead.id}"
    typed = {**posted(claire.get(path).text), "city": "Lyon"}
    with everything() as session:
        session.get_one(Lead, lead.id).external_ref = "L-1"
        session.commit()
    assert claire.post(path, data=typed).status_code == 303


def test_the_conflict_of_a_form_names_what_the_other_changed_and_merges_the_rest(
    as_user: AsUser, acting: Acting, deal: Opportunity, cast: Cast
) -> None:
    claire, url = as_user("claire"), f"/opportunities/edit/{deal.id}"
    typed = {**posted(claire.get(url).text), "competitor": "Bolt"}
    change(acting, deal, amount=Decimal(SINCE), expected_close_on=date(2027, 3, 1))
    answer = claire.post(url, data=typed)
    assert answer.status_code == 409
    assert "Your change does not conflict with theirs: save, and both are kept." in answer.text
    assert "18,500.00" in answer.text
    assert claire.post(url, data=posted(answer.text)).status_code == 303
    with acting("claire"):
        now = again(deal)
        assert (now.amount, now.competitor) == (Decimal(SINCE), "Bolt")
        assert str(now.expected_close_on) == "2027-03-01"


def test_only_two_texts_can_be_joined(as_user: AsUser, acting: Acting, deal: Opportunity) -> None:
    claire, url = as_user("claire"), f"/opportunities/edit/{deal.id}"
    names = ("account", "amount", "owner", "description")
    typed = {**posted(claire.get(url).text), "description": "Mine"}
    assert claire.post(url, data=typed | {f"join_{name}": "1" for name in names}).status_code == 303
    with acting("claire"):
        assert again(deal).description == "<p>Mine</p>"
        assert again(deal).amount == Decimal(BEFORE)


def test_a_form_of_what_was_closed_meanwhile_says_what_it_cannot_save(
    as_user: AsUser, acting: Acting, deal: Opportunity
) -> None:
    claire, url = as_user("claire"), f"/opportunities/edit/{deal.id}"
    typed = {**posted(claire.get(url).text), "amount": "19,000.00"}
    change(acting, deal, stage=word_id(acting, Stage, "Won"))
    answer = claire.post(url, data=typed)
    assert answer.status_code == 409
    assert "these fields can no longer be edited" in answer.text
    assert "19,000.00" in answer.text


def word_id(acting: Acting, kind: Any, name: str) -> Any:
    with acting("marc"):
        return word(kind, name)


def test_lines_changed_by_one_and_fields_by_the_other_are_both_kept(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("marc"):
        line = {"label": "Pompe", "quantity": Decimal(2), "unit_price": Decimal(100)}
        quote = make(Quote, account=make(Account), lines=[line])
    alice, url = as_user("alice"), f"/quotes/edit/{quote.id}"
    typed = {**posted(alice.get(url).text), "title": "Pompes"}
    with acting("marc"):
        now = again(quote)
        save(now, lines=[{"id": now.lines[0].id, "quantity": Decimal(3)}])
    answer = alice.post(url, data=typed)
    assert answer.status_code == 409
    assert alice.post(url, data=posted(answer.text)).status_code == 303
    with acting("marc"):
        assert again(quote).title == "Pompes"
        assert [line.quantity for line in again(quote).lines] == [3]
