"""A quote is sent with its PDF and its acceptance link, and is sent in the same transaction."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from html import unescape
from typing import Any

import pytest
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Account, Contact
from crm.companies.models import RoleCell
from crm.core.actor import Scope
from crm.mail.models import Message, MessageKind, MessageState
from crm.quotes.models import Quote, QuoteLink, QuoteStatus
from crm.quotes.services import moves, states, versions
from crm.quotes.services.finalising import finalise
from crm.quotes.services.states import Act
from tests.factories import again, make
from tests.fixtures import Acting, Cast, Client
from tests.markup import main_form, read
from tests.pressing import press
from tests.quotes.test_services import item

AsUser = Callable[[str], Client]
Everything = Callable[[], AbstractContextManager[Session]]
pytestmark = pytest.mark.both


@pytest.fixture
def quote(acting: Acting) -> Quote:
    """Finalised by Claire, for Sophie."""
    with acting("claire"):
        account = make(Account, name="Bâti-Rhône", language="fr")
        sophie = make(
            Contact, first_name="Sophie", email="sophie@bati.example", links=[{"account": account}]
        )
        made: Quote = make(Quote, account=account, contact=sophie, lines=[item(1, 100)])
        finalise(made)
    return made


def address(quote: Quote) -> str:
    return f"/outbox/compose?quote={quote.id}&send=1"


def letter(client: Client, quote: Quote, **other: Any) -> dict[str, Any]:
    """What the form sends as it was opened."""
    page = client.get(address(quote))
    assert page.status_code == 200
    return {**main_form(page.text), **other}


def messages(everything: Everything) -> list[Any]:
    with everything() as session:
        found = session.scalars(select(Message).order_by(Message.id)).unique().all()
        for one in found:
            _loaded = (one.body_html, [part.file for part in one.attachments])
    return list(found)


def status(everything: Everything, quote: Quote) -> str:
    with everything() as session:
        return str(session.get_one(Quote, quote.id).status)


@pytest.mark.accept("A-61")
def test_a_quote_is_sent_with_its_frozen_pdf_and_a_link_to_accept_it(
    as_user: AsUser, quote: Quote, everything: Everything, client: Client
) -> None:
    claire = as_user("claire")
    offered = unescape(claire.get(f"/quotes/show/{quote.id}").text)
    assert address(quote) in offered
    data = letter(claire, quote)
    assert data["to"] == ["sophie@bati.example"]
    assert quote.reference in data["subject"][0]
    assert claire.post(address(quote), data=data).status_code == 303
    (mail,) = messages(everything)
    assert (mail.kind, mail.state) == (MessageKind.QUOTE, MessageState.QUEUED)
    assert (mail.quote_id, mail.account_id, mail.contact_id) == (
        quote.id, quote.account_id, quote.contact_id,
    )  # fmt: skip
    assert [part.file_id for part in mail.attachments] == [quote.pdf_id]
    assert "Bonjour" in mail.body_html
    assert status(everything, quote) == QuoteStatus.SENT
    path = re.search(r"/p/[\w-]{43}", mail.body_html)
    assert path is not None
    assert "Accepter le devis" in client.get(path[0]).text
    with everything() as session:
        assert session.scalars(select(QuoteLink)).one().message_id == mail.id


def test_sending_comes_first_then_accepting(as_user: AsUser, quote: Quote) -> None:
    claire = as_user("claire")

    def main() -> list[str]:
        page, _wrong = read(claire.get(f"/quotes/show/{quote.id}").text)
        pressed = [*page.all("a"), *page.all("button")]
        filled = [one.text for one in pressed if "btn-primary" in one.get("class").split()]
        return [text for text in filled if text in ("Send", "Accept")]

    assert main() == ["Send"]
    claire.post(address(quote), data=letter(claire, quote))
    assert main() == ["Accept"]


def test_a_second_click_sends_nothing_more(
    as_user: AsUser, quote: Quote, everything: Everything
) -> None:
    claire = as_user("claire")
    data = letter(claire, quote)
    for _time in range(2):
        assert claire.post(address(quote), data=data).status_code == 303
    assert len(messages(everything)) == 1
    with everything() as session:
        assert len(session.scalars(select(QuoteLink)).all()) == 1


def test_what_is_undone_is_not_sent_and_can_be_sent_again(
    as_user: AsUser, quote: Quote, everything: Everything
) -> None:
    claire = as_user("claire")
    claire.post(address(quote), data=letter(claire, quote))
    (mail,) = messages(everything)
    back = claire.post(f"/outbox/undo/{mail.id}")
    assert "send=1" in back.headers["Location"]
    assert status(everything, quote) == QuoteStatus.FINALISED
    data = main_form(claire.get(back.headers["Location"]).text)
    assert claire.post(back.headers["Location"], data=data).status_code == 303
    assert status(everything, quote) == QuoteStatus.SENT
    sent = [one for one in messages(everything) if one.state == MessageState.QUEUED]
    assert [part.file_id for one in sent for part in one.attachments] == [quote.pdf_id]


def test_the_outbox_takes_a_sending_back_and_resumes_it(
    as_user: AsUser, quote: Quote, everything: Everything
) -> None:
    claire = as_user("claire")
    claire.post(address(quote), data=letter(claire, quote))
    (mail,) = messages(everything)
    for verb, then in (("cancel", QuoteStatus.FINALISED), ("send_again", QuoteStatus.SENT)):
        assert press(claire, f"/outbox/{verb}/{mail.id}").status_code == 303
        assert status(everything, quote) == then, verb


@pytest.mark.parametrize("resumed", [False, True])
@pytest.mark.parametrize("meanwhile", ["replaced", "expired"])
def test_a_quote_that_comes_back_is_sent_only_if_its_e_mail_was(
    as_user: AsUser, acting: Acting, quote: Quote, everything: Everything,
    meanwhile: str, resumed: bool,
) -> None:  # fmt: skip
    claire = as_user("claire")
    claire.post(address(quote), data=letter(claire, quote))
    (mail,) = messages(everything)
    with acting("claire"):
        if meanwhile == "replaced":
            draft = versions.new_version(again(quote))
        else:
            states.move(again(quote), Act.EXPIRE)
    for verb in ("cancel", "send_again")[: 1 + resumed]:
        assert press(claire, f"/outbox/{verb}/{mail.id}").status_code == 303
    with acting("claire"):
        if meanwhile == "replaced":
            moves.cancel(again(draft), cancellation_reason="Doublon")
        else:
            moves.extend(again(quote), valid_until=moves.local_day(quote))
    then = QuoteStatus.SENT if resumed else QuoteStatus.FINALISED
    assert status(everything, quote) == then


def test_the_outbox_does_so_for_who_reads_the_e_mail_and_not_the_quote(
    as_user: AsUser, quote: Quote, everything: Everything, cast: Cast
) -> None:
    claire = as_user("claire")
    claire.post(address(quote), data=letter(claire, quote))
    (mail,) = messages(everything)
    with everything() as session:
        session.get_one(Quote, quote.id).owner_id = cast.marc
        roles = [role.id for role in session.get_one(User, cast.claire).roles]
        cells = session.scalars(select(RoleCell).where(RoleCell.role_id.in_(roles)))
        for cell in cells:
            cell.scope = int(Scope.OWN) if cell.entity == "quotes" else cell.scope
    assert claire.get(f"/quotes/show/{quote.id}").status_code == 404
    for verb, then in (("cancel", QuoteStatus.FINALISED), ("send_again", QuoteStatus.SENT)):
        assert press(claire, f"/outbox/{verb}/{mail.id}").status_code == 303
        assert status(everything, quote) == then, verb


def test_a_quote_that_was_marked_as_sent_stays_sent_without_its_e_mail(
    as_user: AsUser, quote: Quote, everything: Everything
) -> None:
    claire = as_user("claire")
    press(claire, f"/quotes/mark_sent/{quote.id}")
    claire.post(address(quote), data=letter(claire, quote))
    (mail,) = messages(everything)
    assert claire.post(f"/outbox/undo/{mail.id}").status_code == 303
    assert status(everything, quote) == QuoteStatus.SENT


def test_who_refuses_e_mails_gets_none_and_the_quote_is_not_sent(
    as_user: AsUser, quote: Quote, everything: Everything
) -> None:
    with everything() as session:
        session.get_one(Contact, quote.contact_id).do_not_email = True
    claire = as_user("claire")
    data = letter(claire, quote, to="sophie@bati.example")
    refused = claire.post(address(quote), data=data)
    assert refused.status_code == 422
    assert messages(everything) == []
    assert status(everything, quote) == QuoteStatus.FINALISED


def test_only_what_waits_for_an_answer_is_sent_by_who_may_change_it(
    as_user: AsUser, acting: Acting, quote: Quote, everything: Everything
) -> None:
    with acting("claire"):
        draft = make(Quote, account=make(Account), lines=[item(1, 100)])
    claire = as_user("claire")
    assert claire.get(address(draft)).status_code == 303
    assert claire.post(address(draft), data={}).status_code == 303
    assert "send=1" not in claire.get(f"/quotes/show/{draft.id}").text
    for name in ("olga", "hugo"):  # Hugo reads it, and changes only his own
        assert as_user(name).get(address(quote)).status_code == 404, name
        assert as_user(name).post(address(quote), data={}).status_code == 404, name
    assert messages(everything) == []


def test_the_link_of_another_quote_is_refused(
    as_user: AsUser, acting: Acting, quote: Quote, everything: Everything
) -> None:
    claire = as_user("claire")
    first = letter(claire, quote)
    claire.post(address(quote), data=first)
    with acting("claire"):
        other = make(Quote, account=make(Account), lines=[item(1, 100)])
        finalise(other)
    data = letter(claire, other, to="x@bati.example", body=first["body"])
    assert claire.post(address(other), data=data).status_code == 422
    assert status(everything, other) == QuoteStatus.FINALISED
    assert len(messages(everything)) == 1
