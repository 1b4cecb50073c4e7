"""What a customer answers, and what is sent to them, is done whole or not at all. Spec 8.4."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Account, AccountKind
from crm.core.errors import Conflict
from crm.core.journal import Journal
from crm.core.links.services import find
from crm.core.rows import unfiltered
from crm.mail.models import Message
from crm.notices.models import Notice
from crm.quotes.acceptance import purpose
from crm.quotes.acceptance.purpose import PURPOSE
from crm.quotes.models import Quote, QuoteLink, QuoteStatus
from tests.breaking import MOST, Broken, breaking, broken_everywhere, rows_of
from tests.fixtures import Acting, Cast, Client, new_client
from tests.processes import in_processes
from tests.quotes.test_acceptance import NO, YES, Sent
from tests.sending.test_quotes import address, letter, quote, status

AsUser = Callable[[str], Client]
Everything = Callable[[], AbstractContextManager[Session]]
pytestmark = pytest.mark.both
__all__ = ["quote"]  # a fixture
ANSWERS = {"yes": YES, "no": NO}


@pytest.fixture
def sent(acting: Acting, cast: Cast) -> Sent:
    return Sent(acting, cast)


def post(app: Flask, path: str, data: dict[str, str]) -> None:
    """What the button of the page does, without the count of openings that follows it."""
    token = path.rpartition("/")[2]
    with app.test_request_context(path, method="POST", data=data):
        with unfiltered("a test answers by a link"):
            link = find(token)
            assert link is not None
            answer = PURPOSE.act(link)
        assert getattr(answer, "status_code", 0) == 303


@pytest.mark.accept("A-61")
@pytest.mark.parametrize(
    ("data", "after"), [(YES, QuoteStatus.ACCEPTED), (NO, QuoteStatus.REFUSED)]
)
def test_an_answer_broken_off_anywhere_is_not_noted_and_can_be_given_again(
    app: Flask, sent: Sent, everything: Everything, data: dict[str, str], after: QuoteStatus
) -> None:
    assert broken_everywhere(app, lambda: post(app, sent.path, data)) > 5
    with everything() as session:
        quote = session.get_one(Quote, sent.id)
        assert (quote.status, quote.answered_from) == (after, None)
        is_client = session.get_one(Account, sent.account_id).kind == AccountKind.CLIENT
        assert is_client == (after == QuoteStatus.ACCEPTED)
        assert len(answers(session)) == 1


@pytest.mark.slow("a sending for each of its statements")
@pytest.mark.accept("A-61")
def test_a_sending_broken_off_anywhere_leaves_no_mail_no_link_and_a_finalised_quote(
    app: Flask, as_user: AsUser, quote: Quote, everything: Everything
) -> None:
    claire = as_user("claire")
    data, before = letter(claire, quote), rows_of(app)
    for number in range(1, MOST):
        with breaking(app, number) as breaker, suppress(Broken):
            claire.post(address(quote), data=data)
        if status(everything, quote) == QuoteStatus.SENT:
            break
        assert rows_of(app) == before, f"half done, broken off at {breaker.refused[:200]}"
    assert number > 10
    after = breaker.refused or "BEGIN"
    assert after == "BEGIN" or after.startswith("SELECT"), "what comes after the commit only reads"
    assert claire.post(address(quote), data=data).status_code == 303, "once more, sent once"
    with everything() as session:
        assert len(session.scalars(select(Message)).unique().all()) == 1
        assert len(session.scalars(select(QuoteLink)).all()) == 1


def answers(session: Session) -> list[Any]:
    """The notices and the journal entries about an answer."""
    told = session.scalars(select(Notice).where(Notice.kind == "quote_answered")).all()
    noted = [one for one in session.scalars(select(Journal)) if "answered_at" in one.changes]
    assert len(told) == len(noted)
    return noted


def _answered(app: Flask, path: str, name: str) -> str:
    """Post an answer as a browser does, and return what the page says then."""
    browser = new_client(app)
    browser.sends_token = False
    data = {**ANSWERS[name], "name": f"Customer {name}"}
    status = browser.post(f"{path}?lang=en", data=data).status_code
    assert status == 303, status
    return browser.get(f"{path}?lang=en").text


def check_one_won(sent: Sent, told: list[str], everything: Everything) -> None:
    with everything() as session:
        assert len(answers(session)) == 1
        quote = session.get_one(Quote, sent.id)
        is_yes = quote.status == QuoteStatus.ACCEPTED
        assert quote.answered_by == f"Customer {'yes' if is_yes else 'no'}"
        assert (quote.refusal_reason is None) == is_yes
        assert (quote.accepted_on is not None) == is_yes
        account = session.get_one(Account, sent.account_id)
        assert (account.kind == AccountKind.CLIENT) == is_yes
    words = f"{quote.answered_by} {'accepted' if is_yes else 'refused'} the quote"
    assert told
    assert all(words in page for page in told), "who was late is told who was faster"


@pytest.mark.slow("answers at once")
@pytest.mark.accept("A-61")
def test_of_two_answers_at_once_one_is_noted_and_the_other_is_told(
    app: Flask, sent: Sent, everything: Everything
) -> None:
    told: list[str] = []
    start = threading.Barrier(6)

    def run(name: str) -> None:
        start.wait()
        told.append(_answered(app, sent.path, name))

    threads = [threading.Thread(target=run, args=(name,)) for name in ("yes", "no") * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 6
    check_one_won(sent, told, everything)


@pytest.mark.slow("answers from several processes")
@pytest.mark.accept("A-61")
def test_of_two_answers_from_several_processes_one_is_noted(
    app: Flask, sent: Sent, everything: Everything
) -> None:
    given = [(sent.path, name) for name in ("yes", "no") * 2]
    told = in_processes(app, _answered, given, before=sent.path)
    check_one_won(sent, told, everything)


@pytest.mark.accept("A-61")
def test_an_answer_is_noted_though_somebody_saves_the_client_at_that_moment(
    client: Client, sent: Sent, everything: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is in the way is no other answer: the customer's is not lost."""
    note, saved = purpose._note, []

    def late(quote: Quote, values: Any) -> None:
        if not saved:
            saved.append(quote.id)
            raise Conflict("Somebody else changed this record in the meantime.")
        note(quote, values)

    monkeypatch.setattr(purpose, "_note", late)
    client.sends_token = False
    assert client.post(sent.path, data=YES).status_code == 303
    assert sent.now(everything).status == QuoteStatus.ACCEPTED
