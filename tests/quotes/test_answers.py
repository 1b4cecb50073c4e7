"""The customer's answer, as it is typed in: with the signed PDF, and what follows from it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from io import BytesIO

import pytest
from sqlalchemy.orm import Session

from crm.accounts.models import Account
from crm.companies.models import AppSettings
from crm.opportunities.models import Opportunity
from crm.quotes.models import Quote, QuoteStatus
from tests.factories import again, make
from tests.fixtures import Acting, Client
from tests.pressing import press
from tests.quotes.test_states import TODAY, in_status

AsUser = Callable[[str], Client]
Everything = Callable[[], AbstractContextManager[Session]]
ANSWER = {"accepted_on": str(TODAY), "accepted_by": "Paul Roy"}


@pytest.fixture
def offer(acting: Acting) -> Quote:
    """A sent quote of Claire's, with its opportunity."""
    with acting("claire"):
        deal = make(Opportunity, account=make(Account))
        return in_status(QuoteStatus.SENT, account=deal.account, opportunity=deal)


def test_the_signed_pdf_is_kept_and_read_with_the_quote(
    as_user: AsUser, acting: Acting, offer: Quote
) -> None:
    claire = as_user("claire")
    content = claire.get(f"/quotes/pdf/{offer.id}").data
    said = {**ANSWER, "signed_pdf": (BytesIO(content), "signé.pdf")}
    answer = press(claire, f"/quotes/accept/{offer.id}", said, content_type="multipart/form-data")
    assert answer.status_code == 303
    assert f"/quotes/signed/{offer.id}" in claire.get(f"/quotes/show/{offer.id}").text
    assert claire.get(f"/quotes/signed/{offer.id}").data == content
    assert as_user("olga").get(f"/quotes/signed/{offer.id}").status_code == 404


def test_what_is_no_pdf_is_told_beside_its_field(as_user: AsUser, offer: Quote) -> None:
    said = {**ANSWER, "signed_pdf": (BytesIO(b"MZ not a document"), "signed.pdf")}
    answer = press(
        as_user("claire"), f"/quotes/accept/{offer.id}", said, content_type="multipart/form-data"
    )
    assert answer.status_code == 422
    assert 'id="e-signed_pdf"' in answer.text
    assert 'value="Paul Roy"' in answer.text


@pytest.mark.accept("A-61")
@pytest.mark.parametrize("wins", [True, False])
def test_winning_is_offered_where_the_setting_says_so(
    as_user: AsUser, acting: Acting, everything: Everything, offer: Quote, wins: bool
) -> None:
    with everything() as session:
        session.get_one(AppSettings, 1).win_on_quote_acceptance = wins
    answer = press(as_user("claire"), f"/quotes/accept/{offer.id}", ANSWER)
    with acting("claire"):
        assert again(offer).status == QuoteStatus.ACCEPTED
        there = f"/opportunities/win/{again(offer).opportunity_id}"
    assert answer.headers["Location"].startswith(there if wins else f"/quotes/show/{offer.id}")


@pytest.mark.parametrize("ticked", [True, False])
def test_losing_is_offered_with_a_refusal(
    as_user: AsUser, acting: Acting, offer: Quote, ticked: bool
) -> None:
    said = {"refusal_reason": "Trop cher", **({"tick-lose": "1"} if ticked else {})}
    answer = press(as_user("claire"), f"/quotes/refuse/{offer.id}", said)
    with acting("claire"):
        assert again(offer).status == QuoteStatus.REFUSED
        there = f"/opportunities/lose/{again(offer).opportunity_id}"
    assert (answer.headers["Location"] == there) is ticked


def test_a_dialog_that_is_sent_twice_is_answered_once(
    as_user: AsUser, acting: Acting, offer: Quote
) -> None:
    claire = as_user("claire")
    opened = {"row_version": str(offer.row_version)}
    assert claire.post(f"/quotes/accept/{offer.id}", data=ANSWER | opened).status_code == 303
    other = ANSWER | opened | {"accepted_by": "Anne Roy"}
    assert claire.post(f"/quotes/accept/{offer.id}", data=other).status_code == 409
    with acting("claire"):
        assert again(offer).accepted_by == "Paul Roy"
