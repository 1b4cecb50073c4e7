"""Sending an e-mail about a record, and undoing it."""

import errno
import re
from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import select

from crm.accounts.models import Account, AccountContact, Contact
from crm.core.files import storage
from crm.core.limits import UPLOADS
from crm.leads.models import Lead
from crm.mail.models import Copy, Message, MessageState
from tests.factories import make
from tests.fixtures import Acting, Cast, Client

AsUser = Callable[[str], Client]
pytestmark = pytest.mark.both


@pytest.fixture
def lead(acting: Acting) -> Lead:
    with acting("claire"):
        return make(
            Lead, last_name="Marchand", first_name="Sophie", email="sophie@terreaux.example"
        )


def compose(client: Client, url: str, **given: object) -> object:
    said = {
        "to": "sophie@terreaux.example", "subject": "Hello", "body": "<p>Good <em>day</em></p>",
        "token": "t" * 32,
    }  # fmt: skip
    return client.post(url, data=said | given, content_type="multipart/form-data")


def messages(acting: Acting, person: str = "claire") -> list[Message]:
    with acting(person) as session:
        return list(session.scalars(select(Message).order_by(Message.id)).unique())


def test_an_email_from_a_lead_leaves_in_ten_seconds_once(
    lead: Lead, as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    claire, url = as_user("claire"), f"/outbox/compose?lead={lead.id}"
    assert "Send an e-mail" in claire.get(f"/leads/show/{lead.id}").text
    page = claire.get(url).text
    assert 'value="sophie@terreaux.example"' in page
    template = re.search(r'<option value="(\d+)" selected>Follow-up', page)
    assert template
    assert 'value="Suite à notre échange"' in page, (
        "from the default template, in the language of the company"
    )
    for _again in range(2):
        answer = compose(claire, url, cc="boss@terreaux.example", template=template[1])
        assert answer.status_code == 303, answer.text
    sent, copy = messages(acting)
    assert (sent.state, sent.to_name, sent.lead_id) == ("queued", "Sophie Marchand", lead.id)
    assert (sent.reply_to, sent.sender_name) == ("claire@acme.example", "ACME France")
    assert sent.template_id == int(template[1])
    assert (copy.copy, copy.original_id) == (Copy.CC, sent.id)
    tab = claire.get(f"/leads/show/{lead.id}?tab=outbox.lead").text
    assert f"/outbox/show/{sent.id}" in tab
    assert "/outbox/undo/" in tab  # in the toast


def test_undone_it_opens_again_with_everything_typed(
    lead: Lead, as_user: AsUser, acting: Acting
) -> None:
    claire, url = as_user("claire"), f"/outbox/compose?lead={lead.id}"
    compose(claire, url, bcc="boss@terreaux.example", files=(BytesIO(b"a,b\n"), "list.csv"))
    sent, _copy = messages(acting)
    answer = claire.post(f"/outbox/undo/{sent.id}")
    page = claire.get(answer.location).text
    for typed in ("sophie@terreaux.example", "boss@terreaux.example", "Hello", "day", "list.csv"):
        assert typed in page
    assert {one.state for one in messages(acting)} == {MessageState.CANCELLED}
    file = f"/outbox/file/{sent.id}/0"
    assert claire.get(file).data == b"a,b\n"
    assert as_user("hugo").get(file).status_code == 200  # who reads the lead
    assert (
        claire.get(f"/outbox/file/{sent.id}/1").status_code
        == as_user("olga").get(file).status_code
        == 404
    )
    for other in ("olga", "hugo"):
        assert as_user(other).get(answer.location).status_code == 404
        assert as_user(other).post(f"/outbox/undo/{sent.id}").status_code == 404


@pytest.mark.parametrize("token", ["\0", "a:b%", "é" * 40, "a" * 500, ""])
def test_a_form_whose_token_is_none_of_ours_is_sent(
    lead: Lead, as_user: AsUser, acting: Acting, token: str
) -> None:
    answer = compose(as_user("claire"), f"/outbox/compose?lead={lead.id}", token=token)
    assert answer.status_code == 303
    assert len(messages(acting)) == 1


def test_undone_after_its_record_was_deleted_it_opens_itself(
    lead: Lead, as_user: AsUser, acting: Acting
) -> None:
    claire = as_user("claire")
    compose(claire, f"/outbox/compose?lead={lead.id}")
    (sent,) = messages(acting)
    with acting("alice") as session:
        session.get_one(Lead, lead.id).deleted_at = sent.created_on
    assert claire.post(f"/outbox/undo/{sent.id}").location == f"/outbox/show/{sent.id}"
    assert messages(acting)[0].state == MessageState.CANCELLED


def test_the_form_takes_attachments_as_large_as_it_says(app: Flask) -> None:
    assert "MessageView.compose" in app.extensions[UPLOADS]


def test_going_back_to_a_form_that_was_undone_sends_it_after_all(
    lead: Lead, as_user: AsUser, acting: Acting
) -> None:
    claire, url = as_user("claire"), f"/outbox/compose?lead={lead.id}"
    compose(claire, url, cc="boss@terreaux.example")
    claire.post(f"/outbox/undo/{messages(acting)[0].id}")
    compose(claire, url, cc="boss@terreaux.example")
    assert [one.state for one in messages(acting)] == [MessageState.QUEUED] * 2


def test_what_was_changed_after_going_back_is_sent_too(
    lead: Lead, as_user: AsUser, acting: Acting
) -> None:
    claire, url = as_user("claire"), f"/outbox/compose?lead={lead.id}"
    long = ".".join(["a" * 60] * 3)
    for changed in ({}, {"body": "<p>Better</p>"}, {"files": (BytesIO(b"a,b\n"), "list.csv")},
                    {"to": f"x@{long}.b.example"}, {"to": f"x@{long}.c.example"}):  # fmt: skip
        compose(claire, url, **changed)
    assert len(messages(acting)) == 5


def test_what_was_sent_already_is_not_said_to_leave(
    lead: Lead, as_user: AsUser, acting: Acting
) -> None:
    claire, url = as_user("claire"), f"/outbox/compose?lead={lead.id}"
    compose(claire, url)
    (sent,) = messages(acting)
    with acting("claire") as session:
        session.get_one(Message, sent.id).state = MessageState.SENT
    claire.get(f"/leads/show/{lead.id}")
    compose(claire, url)
    page = claire.get(f"/leads/show/{lead.id}").text
    assert "was sent before" in page
    assert "leaves in 10 seconds" not in page


def test_an_address_that_no_server_takes_is_refused_in_the_form(
    lead: Lead, as_user: AsUser, acting: Acting
) -> None:
    claire, url = as_user("claire"), f"/outbox/compose?lead={lead.id}"
    for field in ("to", "bcc"):
        answer = compose(claire, url, **{field: "zoé@terreaux.example"})
        assert answer.status_code == 422
        assert "is not an address that e-mails can be sent to" in answer.text
    assert messages(acting) == []


def test_who_refuses_emails_gets_none_and_nothing_typed_is_lost(
    lead: Lead, as_user: AsUser, acting: Acting
) -> None:
    claire, url = as_user("claire"), f"/outbox/compose?lead={lead.id}"
    with acting("claire") as session:
        session.get_one(Lead, lead.id).do_not_email = True
    assert "refuses e-mails" in claire.get(url).text
    for field in ({}, {"to": "x@terreaux.example", "cc": "sophie@terreaux.example"}):
        answer = compose(claire, url, **field)
        assert answer.status_code == 422
        assert "refuses e-mails" in answer.text
        assert "Good &lt;em&gt;day" in answer.text
    assert messages(acting) == []


def test_a_refused_form_keeps_its_files_for_whoever_uploaded_them(
    lead: Lead, as_user: AsUser, acting: Acting
) -> None:
    claire, url = as_user("claire"), f"/outbox/compose?lead={lead.id}"
    files = [(BytesIO(b"a,b\n"), "list.csv"), (BytesIO(b"MZ"), "run.exe")]
    page = compose(claire, url, subject="", files=files)
    assert page.status_code == 422
    stored = re.findall(r'name="stored" value="(\d+)" checked', page.text)
    assert len(stored) == 1, "what may not go is told, and not kept"
    assert "run.exe" in page.text
    assert "list.csv" in compose(claire, url, show="template", stored=stored).text
    assert "list.csv" not in compose(as_user("hugo"), url, subject="", stored=stored).text
    for _click in range(2):
        assert compose(claire, url, stored=stored).status_code == 303
    (sent,) = messages(acting)
    assert claire.get(f"/outbox/file/{sent.id}/0").data == b"a,b\n"


def test_the_form_stands_under_the_menu_of_its_record(lead: Lead, as_user: AsUser) -> None:
    page = as_user("claire").get(f"/outbox/compose?lead={lead.id}").text
    assert re.search(r'href="/leads/list/" aria-current="page"', page)


def test_the_people_of_an_account_are_proposed_and_the_main_contact_first(
    as_user: AsUser, acting: Acting
) -> None:
    with acting("claire"):
        account = make(Account, name="Terreaux", email="info@terreaux.example")
        one = make(Contact, last_name="Guichard", email="l.guichard@terreaux.example")
        account.links.append(AccountContact(contact=one, is_main=True))
    page = as_user("claire").get(f"/outbox/compose?account={account.id}").text
    assert 'value="l.guichard@terreaux.example"' in page
    assert "info@terreaux.example" in page
    compose(as_user("claire"), f"/outbox/compose?account={account.id}",
            to="l.guichard@terreaux.example")  # fmt: skip
    (sent,) = messages(acting)
    assert (sent.account_id, sent.contact_id, sent.to_relation) == (account.id, one.id, "contact")


def test_a_form_of_what_one_does_not_read_is_not_found(lead: Lead, as_user: AsUser) -> None:
    for url in (f"/outbox/compose?lead={lead.id}", "/outbox/compose", "/outbox/compose?lead=x"):
        assert as_user("olga").get(url).status_code == 404
        assert as_user("olga").post(url).status_code == 404


def test_a_file_that_finds_no_room_is_said_and_the_text_is_kept(
    lead: Lead, as_user: AsUser, acting: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(storage, "write", full)
    url, files = f"/outbox/compose?lead={lead.id}", (BytesIO(b"a,b\n"), "list.csv")
    answer = compose(as_user("claire"), url, files=files)
    assert answer.status_code == 503
    assert "The file could not be stored" in answer.text
    assert "Good &lt;em&gt;day" in answer.text
    assert messages(acting) == []


def test_a_file_that_is_not_stored_any_more_is_asked_for_again(
    lead: Lead, as_user: AsUser, acting: Acting
) -> None:
    answer = compose(as_user("claire"), f"/outbox/compose?lead={lead.id}", stored="99")
    assert answer.status_code == 422
    assert "no longer stored" in answer.text
    assert messages(acting) == []
