"""/p/<token> of a quote: its customer reads it, accepts or refuses it, once."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Account, AccountKind, Contact
from crm.core.journal import Journal
from crm.core.links.models import PublicLink
from crm.core.types import utcnow
from crm.notices.models import Notice
from crm.opportunities.models import Opportunity, StageKind
from crm.quotes.models import Quote, QuoteStatus
from crm.quotes.services import links, moves
from crm.quotes.services.finalising import finalise
from tests.factories import again, make, person
from tests.fixtures import Acting, Cast, Client
from tests.quotes.papers import pages
from tests.quotes.test_services import item

AsUser = Callable[[str], Client]
Everything = Callable[[], AbstractContextManager[Session]]
pytestmark = pytest.mark.both
YES = {"answer": "accept", "name": "Sophie Marchand", "job_title": "Achats", "agreed": "1"}
NO = {"answer": "refuse", "name": "Sophie", "reason": "timing", "comment": "En <b>septembre</b>"}


class Sent:
    """A quote of Claire's with a link; the opportunity is Hugo's."""

    def __init__(self, acting: Acting, cast: Cast, **values: Any) -> None:
        with acting("marc"):
            account = make(Account, name="Bâti-Rhône", language="fr", kind="prospect")
            contact = make(Contact, first_name="Sophie", links=[{"account": account}])
            deal = make(Opportunity, account=account, owner=person(cast.hugo))
            quote = make(
                Quote, account=account, contact=contact, opportunity=deal, title="Parc",
                owner=person(cast.claire), lines=[item(1, 100)], **values,
            )  # fmt: skip
            finalise(quote)
            _shared, address = links.share(quote)
        self.id, self.deal_id, self.account_id = quote.id, deal.id, account.id
        self.path = "/p/" + address.rpartition("/")[2]
        self.acting = acting

    def now(self, everything: Everything) -> Quote:
        with everything() as session:
            found: Quote = session.get_one(Quote, self.id)
            assert found.account is not None
        return found


@pytest.fixture
def sent(acting: Acting, cast: Cast) -> Sent:
    return Sent(acting, cast)


@pytest.mark.accept("A-61")
def test_the_customer_accepts_and_the_evidence_is_kept(
    client: Client, sent: Sent, everything: Everything, cast: Cast, as_user: AsUser
) -> None:
    client.sends_token = False
    page = client.get(sent.path, headers={"Accept-Language": "en"})
    for words in ("Parc", "Bâti-Rhône", "Accepter le devis", "120,00", "claire@acme.example"):
        assert words in page.text, words
    assert "<script" not in page.text
    assert '<span class="c-whole">D-' in page.text, "a number does not break at its hyphens"
    document = client.get(f"{sent.path}/quote.pdf")
    assert pages(document.data)[0]
    picture = client.get(f"{sent.path}/page-1.png")
    assert picture.data.startswith(b"\x89PNG")
    assert sent.now(everything).status == QuoteStatus.FINALISED, "reading is no answer"
    done = client.post(sent.path, data=YES)
    assert done.status_code == 303
    after = client.get(sent.path).text
    assert "Sophie Marchand a accepté le devis" in after
    box = after.partition('id="answer"')[2].partition("</section>")[0]
    assert f'href="{sent.path}/quote.pdf"' in box, "a copy of what was accepted is offered"
    assert client.get(f"{sent.path}/quote.pdf").data == document.data
    with everything() as session:
        quote = session.get_one(Quote, sent.id)
        assert quote.status == QuoteStatus.ACCEPTED
        kept = (quote.accepted_by, quote.answered_by, quote.answered_as, quote.answered_from)
        assert kept == ("Sophie Marchand", "Sophie Marchand", "Achats", "127.0.0.1")
        assert utcnow() - quote.answered_at < timedelta(minutes=1)
        assert quote.account.kind == AccountKind.CLIENT
        assert quote.opportunity.stage.kind == StageKind.OPEN, "it stays as it is"
        noted = [one.changes for one in session.scalars(select(Journal)) if one.kind == "quote"]
        assert any(one.get("answered_from") == [None, "127.0.0.1"] for one in noted)
        (notice,) = session.scalars(select(Notice).where(Notice.kind == "quote_answered")).all()
        assert (notice.user_id, notice.opportunity_id) == (cast.hugo, sent.deal_id)
    told = as_user("hugo").get("/notices/list/").text
    assert f"/opportunities/win/{sent.deal_id}" in told
    assert "Sophie Marchand accepted the quote" in told
    shown = as_user("claire").get(f"/quotes/show/{sent.id}").text
    assert "127.0.0.1" in shown


def test_the_customer_refuses_with_a_reason_in_the_company_s_language(
    client: Client, sent: Sent, everything: Everything
) -> None:
    form = client.get(f"{sent.path}?refuse=1&lang=en")
    assert "Refuse the quote" in form.text
    assert client.post(f"{sent.path}?lang=en", data=NO).status_code == 303
    quote = sent.now(everything)
    assert quote.status == QuoteStatus.REFUSED
    assert quote.refusal_reason == "Calendrier\u00a0: En <b>septembre</b>"
    after = client.get(f"{sent.path}?lang=en").text
    assert "Sophie refused the quote" in after
    assert "Download your copy" not in after


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({}, "e-name"),
        ({**YES, "name": "  "}, "e-name"),
        ({**YES, "name": "\x01\x02"}, "e-name"),
        ({**YES, "name": "\u200b-"}, "e-name"),
        ({**YES, "name": "x" * 121}, "e-name"),
        ({**YES, "job_title": "x" * 81}, "e-job_title"),
        ({**YES, "agreed": ""} | {"agreed": None}, "e-agreed"),
        ({**NO, "reason": "because"}, "e-reason"),
        ({**NO, "comment": "x" * 2001}, "e-comment"),
    ],
)
def test_what_is_missing_is_said_and_nothing_is_noted(
    client: Client, sent: Sent, everything: Everything, data: dict[str, Any], error: str
) -> None:
    given = {name: value for name, value in data.items() if value is not None}
    refused = client.post(sent.path, data=given)
    assert refused.status_code == 422
    assert f'id="{error}"' in refused.text
    assert sent.now(everything).status == QuoteStatus.FINALISED


def test_an_answer_is_final_and_a_second_one_changes_nothing(
    client: Client, sent: Sent, everything: Everything
) -> None:
    assert client.post(sent.path, data=YES).status_code == 303
    first = sent.now(everything)
    for data in (YES, NO, {**YES, "name": "Mallory"}, {}):
        assert client.post(sent.path, data=data).status_code == 303
    assert sent.now(everything).row_version == first.row_version
    with everything() as session:
        answered = select(Notice).where(Notice.kind == "quote_answered")
        assert len(session.scalars(answered).all()) == 1


def test_each_state_is_said_in_the_customer_s_language(
    client: Client, sent: Sent, everything: Everything, acting: Acting
) -> None:
    english = {"Accept-Language": "en"}
    with everything() as session:
        quote = session.get_one(Quote, sent.id)
        last, quote_status = quote.valid_until, quote.status
        session.execute(Quote.__table__.update().values(valid_until=date(2026, 1, 1)))
    assert "valable jusqu’au" in client.get(sent.path, headers=english).text
    assert client.post(sent.path, data=YES).status_code == 303
    assert sent.now(everything).status == quote_status
    with everything() as session:
        session.execute(Quote.__table__.update().values(valid_until=last))
    with acting("marc"):
        moves.cancel(again(Quote(id=sent.id)), cancellation_reason="Erreur")
    assert "a été retiré" in client.get(sent.path, headers=english).text
    assert client.post(sent.path, data=YES).status_code == 303
    assert sent.now(everything).status == QuoteStatus.CANCELLED


def test_a_replaced_quote_names_its_state_and_takes_no_answer(
    client: Client, sent: Sent, everything: Everything, as_user: AsUser
) -> None:
    row = sent.now(everything)
    data = {"row_version": row.row_version}
    assert as_user("marc").post(f"/quotes/new_version/{sent.id}", data=data).status_code == 303
    assert "remplacé par une version plus récente" in client.get(sent.path).text
    client.post(sent.path, data=YES)
    assert sent.now(everything).status == QuoteStatus.REPLACED


def test_a_revoked_link_and_one_that_has_ended_say_so(
    client: Client, sent: Sent, everything: Everything, as_user: AsUser
) -> None:
    with everything() as session:
        link = session.scalars(select(PublicLink)).one()
        link.expires_at = utcnow() - timedelta(seconds=1)
    for answer in (client.get(sent.path), client.post(sent.path, data=YES)):
        assert answer.status_code == 404
        assert "Ce lien n’est plus valable" in answer.text
        assert "Bâti-Rhône" not in answer.text
    with everything() as session:
        session.scalars(select(PublicLink)).one().expires_at = utcnow() + timedelta(days=1)
    row = sent.now(everything)
    gone = as_user("marc").post(
        f"/quotes/revoke_link/{sent.id}", data={"row_version": row.row_version}
    )
    assert gone.status_code == 303
    assert "Ce lien n’est plus valable" in client.get(sent.path).text
    assert client.get(f"{sent.path}/quote.pdf").status_code == 404
    client.post(sent.path, data=YES)
    assert sent.now(everything).status == QuoteStatus.FINALISED


def test_a_link_is_made_and_shown_once(
    as_user: AsUser, sent: Sent, client: Client, everything: Everything
) -> None:
    made = as_user("claire").post(f"/quotes/link/{sent.id}")
    assert made.status_code == 200
    assert made.headers["Cache-Control"] == "no-store"
    path = "/p/" + made.text.partition("/p/")[2].partition("<")[0]
    assert client.get(path).status_code == 200
    assert path not in as_user("claire").get(f"/quotes/show/{sent.id}").text
    for name, status in (("olga", 404), ("nadia", 403)):
        assert as_user(name).post(f"/quotes/link/{sent.id}").status_code == status
        assert as_user(name).post(f"/quotes/revoke_link/{sent.id}").status_code == status


HOSTILE = ("page-0.png", "page-2.png", "page-99999.png", "page-١.png", "page--1.png", "x", "..%2f")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_open_nothing(client: Client, sent: Sent, name: str) -> None:
    assert client.get(f"{sent.path}/{name}").status_code == 404


def test_hostile_answers_are_refused_or_stay_texts(
    client: Client, sent: Sent, everything: Everything
) -> None:
    for data in ({"answer": ["accept", "refuse"]}, {"answer": "\x00"}, {"name": "a\x00b"}):
        assert client.post(sent.path, data=data).status_code in (400, 422)
    assert client.get(sent.path + "?lang=../../etc").status_code == 200
    assert client.get("/p/" + "x" * 43).status_code == 404
    assert client.put(sent.path, data=YES).status_code == 405
    evil = {**YES, "name": "<script>alert(1)</script>\r\nX: y"}
    assert client.post(sent.path, data=evil).status_code == 303
    page = client.get(sent.path).text
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert sent.now(everything).status == QuoteStatus.ACCEPTED


def test_a_draft_has_no_link(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        draft = make(Quote, account=make(Account))
    assert as_user("claire").post(f"/quotes/link/{draft.id}").status_code == 303
    assert "Acceptance link" not in as_user("claire").get(f"/quotes/show/{draft.id}").text
