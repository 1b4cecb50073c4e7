"""The attachments of a template: who adds and loads them, and which messages carry them."""

import re
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select

from crm.accounts.models import Contact
from crm.companies.models import AppSettings
from crm.core.files import storage
from crm.core.files.models import StoredFile
from crm.leads.models import Lead
from crm.mail.models import Message, MessageKind, Template
from crm.mail.services import attaching, queue, templates
from tests.catalog.test_services import catalog
from tests.factories import make, save
from tests.fixtures import Acting, Client

AsUser = Callable[[str], Client]
pytestmark = pytest.mark.both


def shipped(acting: Acting, kind: str) -> int:
    with acting("alice") as session:
        return session.scalars(select(Template.id).where(Template.shipped == kind)).one()


def attached(client: Client, pk: int, *files: tuple[bytes, str]) -> Any:
    """The answer to adding these files on the page of a template."""
    page = client.get(f"/templates/show/{pk}").text
    (url,) = re.findall(r'action="(/templates/attach/[^"]+)"', page)
    uploads = [(BytesIO(content), name) for content, name in files]
    return client.post(url, data={"files": uploads}, content_type="multipart/form-data")


def names(acting: Acting) -> Mapping[str, list[str]]:
    """Recipient → the files of the message."""
    with acting("alice") as session:
        found = session.scalars(select(Message)).unique().all()
        return {str(one.to_address): [str(part) for part in one.attachments] for one in found}


def test_an_administrator_adds_loads_and_removes_the_files_of_a_template(
    as_user: AsUser, acting: Acting
) -> None:
    alice, pk = as_user("alice"), shipped(acting, MessageKind.FREE)
    assert (
        attached(alice, pk, (b"a,b\n", "Tarif <b>.csv"), (b"hello", "note.txt")).status_code == 303
    )
    page = alice.get(f"/templates/show/{pk}").text
    assert "Tarif &lt;b&gt;.csv" in page
    (first, _second) = re.findall(r"/templates/file/\d+\?number=\d+", page)
    answer = alice.get(first)
    assert (answer.data, answer.headers["Content-Disposition"][:10]) == (b"a,b\n", "attachment")
    assert alice.get(re.sub(r"number=\d+", "number=99", first)).status_code == 404
    for person in ("claire", "marc", "olga"):
        assert as_user(person).get(first).status_code == 403
    detach = re.findall(r"/templates/detach/[^\"]+", page)[0].replace("&amp;", "&")
    assert as_user("claire").post(detach).status_code == 403
    assert alice.post(detach).status_code == 303
    with acting("alice") as session:
        assert [str(one) for one in session.get_one(Template, pk).attachments] == ["note.txt"]
        kept = session.scalars(select(StoredFile)).all()
        assert [str(one) for one in kept] == ["note.txt"]
        assert storage.read(kept[0].key).read() == b"hello"


def test_what_a_template_may_not_have_is_refused(
    as_user: AsUser, acting: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, pk = as_user("alice"), shipped(acting, MessageKind.FREE)
    answer = attached(alice, pk, (b"<script>alert(1)</script>", "page.html"))
    assert "Files of this type are not accepted" in alice.get(answer.location or "/").text
    monkeypatch.setattr(attaching, "ROOM", 5)
    answer = attached(alice, pk, (b"1234", "one.txt"), (b"5678", "two.txt"))
    assert "The files are larger than" in alice.get(answer.location).text
    assert "Choose a file." in alice.get(attached(alice, pk).location).text
    with acting("alice") as session:
        assert session.get_one(Template, pk).attachments == []


def test_an_e_mail_from_a_template_carries_its_files_and_so_do_its_copies(
    as_user: AsUser, acting: Acting
) -> None:
    pk = shipped(acting, MessageKind.FREE)
    attached(as_user("alice"), pk, (b"one", "one.txt"), (b"two", "two.txt"))
    with acting("claire"):
        lead = make(Lead, email="sophie@terreaux.example")
    claire, url = as_user("claire"), f"/outbox/compose?lead={lead.id}"
    said = {"to": "sophie@terreaux.example", "cc": "boss@terreaux.example", "subject": "Hello",
            "body": "<p>Hello</p>", "template": pk}  # fmt: skip
    kept = re.findall(r'name="of-template" value="(\d+)"', claire.get(url).text)
    assert len(kept) == 2, "of the default template"
    shown = claire.post(url, data=said | {"show": "template"}).text
    assert re.findall(r'name="of-template" value="(\d+)"', shown) == kept
    claire.post(url, data=said | {"of-template": kept[1], "token": "a"})
    people = ("sophie@terreaux.example", "boss@terreaux.example")
    assert names(acting) == {person: ["two.txt"] for person in people}
    with acting("alice") as session:
        template = session.get_one(Template, pk)
        attaching.detach(template, template.attachments[1])
    assert names(acting)["boss@terreaux.example"] == ["two.txt"], "what was written keeps it"


def test_a_file_that_no_template_offers_is_not_sent_by_its_number(
    as_user: AsUser, acting: Acting
) -> None:
    pk = shipped(acting, MessageKind.QUOTE)
    attached(as_user("alice"), pk, (b"one", "one.txt"))
    with acting("alice") as session:
        number = session.get_one(Template, pk).attachments[0].id
    with acting("claire"):
        lead = make(Lead, email="sophie@terreaux.example")
    said = {"to": lead.email, "subject": "Hello", "body": "<p>Hello</p>", "of-template": number}
    as_user("claire").post(f"/outbox/compose?lead={lead.id}", data=said)
    assert names(acting) == {"sophie@terreaux.example": []}


def test_a_catalogue_and_a_test_carry_the_files_of_their_template(
    as_user: AsUser, acting: Acting
) -> None:
    pk = shipped(acting, MessageKind.CATALOG)
    attached(as_user("alice"), pk, (b"one", "one.txt"))
    with acting("alice") as session:
        save(session.get_one(AppSettings, 1), manage_catalogs=True)
        queue(templates.test_mail(session.get_one(Template, pk), "en"))
    with acting("claire"):
        tariff = catalog(name="Gamme 2027")
        contact = make(Contact, last_name="Guichard", email="guichard@arc.example")
    url = f"/catalogs/sendings/send?catalog={tariff.id}"
    page = as_user("claire").post(url, data={"contact": contact.id})
    hidden = dict(re.findall(r'name="(shown|token)" value="(\w+)"', page.text))
    as_user("claire").post(url, data={"contact": contact.id, **hidden})
    found = names(acting)
    assert found["alice@acme.example"] == ["one.txt"]
    assert found["guichard@arc.example"] == ["one.txt", "Tarif 2027.pdf"]
