"""A catalogue is sent to several people, each their own mail."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from crm.accounts.models import Account, AccountContact, Contact
from crm.catalog.models import Catalog
from crm.companies.models import AppSettings
from crm.core.db import db, is_writing
from crm.core.errors import DomainError
from crm.core.models import rich_text
from crm.core.types import utcnow
from crm.leads.models import Lead
from crm.mail.models import Message, MessageState
from crm.sending import catalogs
from tests.catalog.test_services import catalog
from tests.factories import make, save
from tests.fixtures import Acting, Client

AsUser = Callable[[str], Client]
pytestmark = pytest.mark.both


@pytest.fixture
def tariff(acting: Acting) -> Catalog:
    with acting("alice") as session:
        save(session.get_one(AppSettings, 1), manage_catalogs=True)
    with acting("claire"):
        return catalog(name="Gamme 2027")


def people(acting: Acting) -> list[Contact]:
    """One who gets it, one without an address, one who refuses."""
    with acting("claire"):
        return [
            make(Contact, last_name="Guichard", email="guichard@arc.example", language="fr"),
            make(Contact, last_name="Moreau"),
            make(Contact, last_name="Petit", email="petit@arc.example", do_not_email=True),
        ]


def sent(client: Client, made: Catalog, **chosen: Any) -> Any:
    """The page that says who gets it, and the answer to its button."""
    url = f"/catalogs/sendings/send?catalog={made.id}"
    page = client.post(url, data=chosen)
    hidden = re.findall(r'name="(shown|token)" value="(\w+)"', page.text)
    return page, client.post(url, data=chosen | dict(hidden))


def messages(acting: Acting) -> list[Message]:
    with acting("claire") as session:
        found = session.scalars(select(Message).order_by(Message.id)).unique().all()
        for one in found:
            _loaded = (one.body_html, [part.file for part in one.attachments])
        return list(found)


@pytest.mark.accept("A-77")
def test_one_mail_leaves_and_two_people_are_left_out_with_the_reason(
    tariff: Catalog, acting: Acting, as_user: AsUser
) -> None:
    chosen, claire = people(acting), as_user("claire")
    assert "/catalogs/sendings/send?catalog=" in claire.get(f"/catalogs/show/{tariff.id}").text
    assert "/catalogs/sendings/send?catalog=" in claire.get("/catalogs/list/").text
    page, answer = sent(claire, tariff, contact=[one.id for one in chosen])
    assert messages(acting)[1:] == []
    for told in ("1 e-mail will leave", "2 are left out", "No e-mail address", "Refuses e-mails"):
        assert told in page.text
    assert answer.status_code == 303
    (mail,) = messages(acting)
    assert (mail.to_address, mail.contact_id) == ("guichard@arc.example", chosen[0].id)
    assert "Bonjour" in mail.body_html, "in the recipient's language"
    assert [part.file.file_name for part in mail.attachments] == ["Tarif 2027.pdf"]
    for one, count in zip(chosen, (1, 0, 0), strict=True):
        tab = claire.get(f"/contacts/show/{one.id}?tab=catalogs-sendings.contact").text
        assert tab.count('<a href="/catalogs/show/') == count
    with acting("claire") as session:
        kept = session.get_one(Message, mail.id)
        kept.state, kept.sent_at = MessageState.SENT, utcnow()
    assert "Sent once" in claire.get("/catalogs/list/").text


def test_a_catalogue_beyond_ten_megabytes_is_a_link_of_each_recipient(
    tariff: Catalog, acting: Acting, as_user: AsUser
) -> None:
    with acting("claire") as session:
        session.get_one(Catalog, tariff.id).file_size = 11 * 1024 * 1024
        account = make(Account, name="Arc", email="info@arc.example")
        one = make(Contact, last_name="Guichard", email="guichard@arc.example")
        other = make(Contact, last_name="Roche", email="roche@arc.example")
        account.links.append(AccountContact(contact=one, is_main=True))
    claire = as_user("claire")
    page, _answer = sent(claire, tariff, account=account.id, contact=[one.id, other.id])
    assert "The same address as somebody else" in page.text
    mails = messages(acting)
    links = [re.findall(r"/p/[\w-]+", mail.body_html)[0] for mail in mails]
    assert [mail.contact_id for mail in mails] == [one.id, other.id]
    assert len({*links}) == len(mails) == 2
    assert all(mail.attachments == [] for mail in mails)
    assert claire.post(links[0]).status_code == 200
    for person, is_opened in ((one, True), (other, False)):
        tab = claire.get(f"/contacts/show/{person.id}?tab=catalogs-sendings.contact").text
        times = re.findall(r'<td class="[^"]*w-date[^"]*"[^>]*>(.*?)</td>', tab)
        assert [bool("<time" in time) for time in times] == [is_opened, True], tab


def test_its_sender_revokes_a_link_and_nobody_else_does(
    tariff: Catalog, acting: Acting, as_user: AsUser
) -> None:
    with acting("claire") as session:
        session.get_one(Catalog, tariff.id).file_size = 11 * 1024 * 1024
        one = make(Contact, last_name="Guichard", email="guichard@arc.example")
    claire = as_user("claire")
    sent(claire, tariff, contact=one.id)
    (mail,) = messages(acting)
    link = re.findall(r"/p/[\w-]+", mail.body_html)[0]
    tab = f"/contacts/show/{one.id}?tab=catalogs-sendings.contact"
    (revoke,) = {*re.findall(r"/outbox/revoke/\d+\?row_version=\d+", claire.get(tab).text)}
    assert revoke in claire.get(f"/outbox/show/{mail.id}").text
    for person in ("hugo", "olga"):
        assert revoke not in as_user(person).get(tab).text
        assert as_user(person).post(revoke).status_code == 404
    assert as_user("claire").get(link).status_code == 200
    page = claire.post(revoke, follow_redirects=True).text
    assert "Link revoked" in page
    assert "The link to the catalogue was revoked on" in page
    assert revoke not in claire.get(tab).text
    assert claire.get(link).status_code == 404
    assert claire.post(link).status_code == 404


def test_nobody_sends_a_catalogue_that_they_do_not_read_nor_to_such_a_person(
    tariff: Catalog, acting: Acting, as_user: AsUser
) -> None:
    url = f"/catalogs/sendings/send?catalog={tariff.id}"
    assert as_user("olga").get(url).status_code == 404
    assert as_user("audrey").get(url).status_code == 403
    assert as_user("claire").get(f"{url}9").status_code == 404
    with acting("olga"):
        hidden = make(Contact, last_name="Vega", email="vega@arc.example")
    page = as_user("claire").post(url, data={"contact": hidden.id})
    assert page.status_code == 422
    assert "Vega" not in page.text


def test_an_address_that_somebody_else_refuses_e_mails_at_is_left_out_alone(
    tariff: Catalog, acting: Acting, as_user: AsUser
) -> None:
    with acting("claire"):
        chosen = [
            make(Contact, last_name="Guichard", email="guichard@arc.example"),
            make(Contact, last_name="Roche", email="roche@arc.example"),
            make(Contact, last_name="Zola", email="zoé@arc.example"),
        ]
        make(Lead, email="roche@arc.example", do_not_email=True)
    page, answer = sent(as_user("claire"), tariff, contact=[one.id for one in chosen])
    for told in ("1 e-mail will leave", "2 are left out", "Refuses e-mails", "is not valid"):
        assert told in page.text
    assert answer.location.startswith("/catalogs/show/")
    assert [one.to_address for one in messages(acting)] == ["guichard@arc.example"]


def test_a_mail_that_was_undone_has_its_catalogue_again(
    tariff: Catalog, acting: Acting, as_user: AsUser
) -> None:
    with acting("claire"):
        lead = make(Lead, email="roche@arc.example")
    claire, url = as_user("claire"), f"/outbox/compose?lead={lead.id}"
    said = {"to": "roche@arc.example", "subject": "Hello", "body": "<p>Hello</p>"}
    claire.post(url, data=said | {"catalog": tariff.id, "token": "a"})
    undone = claire.post(f"/outbox/undo/{messages(acting)[0].id}").location
    page = claire.get(undone).text
    assert f'<option value="{tariff.id}" selected' in page
    assert 'name="kept"' not in page
    claire.post(undone, data=said | {"catalog": tariff.id, "token": "b"})
    again = messages(acting)[1]
    assert again.catalog_id == tariff.id
    assert [part.file.file_name for part in again.attachments] == ["Tarif 2027.pdf"]


def test_long_texts_are_made_before_the_lock_is_taken(
    tariff: Catalog, acting: Acting, as_user: AsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    stock, long = rich_text.to_text, "<p>Good <em>day</em></p>" * 100

    def to_text(html: str) -> str:
        assert len(html) < len(long) or not is_writing(db.session())
        return stock(html)

    monkeypatch.setattr(rich_text, "to_text", to_text)
    with acting("claire") as session:
        session.get_one(Catalog, tariff.id).file_size = 11 * 1024 * 1024
        lead = make(Lead, email="roche@arc.example")
    said = {"to": "roche@arc.example", "subject": "Hello", "body": long, "catalog": tariff.id}
    as_user("claire").post(f"/outbox/compose?lead={lead.id}", data=said | {"token": "a"})
    (mail,) = messages(acting)
    with acting("claire") as session:
        text = session.scalar(select(Message.body_text).where(Message.id == mail.id))
    assert re.search(r"Good day\n\nGamme 2027 \(http://localhost/p/[\w-]+\) \(11", text or "")


def test_a_sending_is_undone_and_its_form_opens_with_the_same_people(
    tariff: Catalog, acting: Acting, as_user: AsUser
) -> None:
    one, *_others = people(acting)
    with acting("claire"):
        other = make(Contact, last_name="Roche", email="roche@arc.example")
    claire = as_user("claire")
    for picked in ("contact", "account", "lead"):
        assert claire.get(f"/catalogs/sendings/pick/{picked}").status_code == 200
    sent(claire, tariff, contact=[other.id, one.id])
    undo = re.findall(
        r'/catalogs/sendings/undo[^"]+', claire.get(f"/catalogs/show/{tariff.id}").text
    )
    url = undo[0].replace("&amp;", "&")
    assert as_user("hugo").post(url).status_code == 404
    first, _second = messages(acting)
    with acting("claire") as session:
        gone = session.get_one(Message, first.id)
        gone.state, gone.sent_at = MessageState.SENT, utcnow()
    answer = claire.post(url)
    assert [mail.state for mail in messages(acting)] == ["sent", "cancelled"]
    page = claire.get(answer.location).text
    for told in ("1 e-mail not sent", "1 e-mail had already left", f'value="{one.id}" selected'):
        assert told in page
    assert f'value="{other.id}" selected' not in page


def test_what_is_refused_at_the_end_keeps_who_was_chosen(
    tariff: Catalog, acting: Acting, as_user: AsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: Any) -> None:
        raise DomainError("The text is too long.")

    monkeypatch.setattr(catalogs, "send_all", refuse)
    with acting("claire"):
        one = make(Contact, last_name="Guichard", email="guichard@arc.example")
    _page, answer = sent(as_user("claire"), tariff, contact=[one.id])
    assert answer.status_code == 422
    assert "The text is too long." in answer.text
    assert f'<option value="{one.id}" selected' in answer.text
