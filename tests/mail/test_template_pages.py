"""The pages of templates, and the settings that choose them: what is refused stays as typed."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from markupsafe import escape
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.accounts.models import Contact
from crm.companies.models import User
from crm.core.models import rich_text
from crm.core.types import TranslatedText
from crm.mail.models import Message, MessageKind, Template
from crm.mail.services import templates
from crm.mail.templates.filling import fill
from tests.companies.filled import posted, save
from tests.factories import make
from tests.fixtures import Acting, Cast, Client
from tests.hostile.scripts import SCRIPTS
from tests.markup import read
from tests.pressing import press

AsUser = Callable[[str], Client]
Everything = Callable[[], AbstractContextManager[Session]]
HOSTILE = "<p>Bonjour</p><p>{{ ''.__class__ }}</p>"


@pytest.mark.accept("A-16")
def test_a_companys_settings_open_with_all_its_templates(as_user: AsUser, cast: Cast) -> None:
    alice, address = as_user("alice"), f"/settings/companies/{cast.france}"
    assert f'href="{address}"' in alice.get("/settings/crm").text
    page = alice.get(address).text
    chosen = {name: posted(page)[name] for name in templates.CHOSEN_AS}
    assert len(chosen) == 9
    for value in chosen.values():
        assert f'href="/templates/show/{value}"' in page
    page = save(alice, address, call_reminder_template="")
    assert "No template is chosen, so this e-mail is not sent." in alice.get(address).text


def test_a_template_that_is_made_up_is_refused_in_the_settings(as_user: AsUser, cast: Cast) -> None:
    alice, address = as_user("alice"), f"/settings/companies/{cast.france}"
    said = posted(alice.get(address).text)
    for made_up in ("me", "-1", "99999999999999999999"):
        answer = alice.post(address, data={**said, "event_reminder_template": made_up})
        assert answer.status_code == 422


def test_a_refused_form_keeps_what_was_typed_and_says_where(as_user: AsUser) -> None:
    alice = as_user("alice")
    answer = alice.post("/templates/add", data={
        "name-fr": "Relance", "kind": "free", "active": "1",
        "subject-fr": "Objet", "body-fr": HOSTILE, "subject-en": "{{ quote.number }}",
    })  # fmt: skip
    assert answer.status_code == 422
    page, _errors = read(answer.text)
    by_name = {one.get("name"): one for one in page.all() if one.get("name")}
    assert by_name["subject-fr"].get("value") == "Objet"
    assert not by_name["subject-fr"].get("aria-invalid")
    assert str(escape("{{ ''.__class__ }}")) in answer.text
    links = {a.get("href"): " ".join(t for t, _ in a.texts()) for a in page.all("a")}
    assert "French, line 2" in links["#f-body-fr"]
    assert "quote.number" in links["#f-subject-en"]


@pytest.mark.accept("A-18")
def test_the_api_refuses_what_the_form_refuses(
    client: Client, token_of: Callable[[str], dict[str, str]]
) -> None:
    alice, claire = token_of("alice"), token_of("claire")
    texts = {"name": {"fr": "Relance"}, "kind": "free", "subject": {"fr": "Objet"}}
    for text in (HOSTILE, "{% for n in range(1000000000) %}x{% endfor %}", "x" * 1_000_000):
        body = {**texts, "body": {"fr": text}}
        answer = client.post("/api/v1/templates/", headers=alice, json=body)
        assert answer.status_code == 422, text[:40]
        assert next(iter(answer.get_json()["errors"])).startswith("body")
    answer = client.post("/api/v1/templates/", headers=alice, json={})
    assert {"name", "kind", "subject", "body"} <= set(answer.get_json()["errors"])
    body = {**texts, "body": {"fr": "<p>Bonjour</p>"}}
    assert client.post("/api/v1/templates/", headers=claire, json=body).status_code == 403
    assert client.post("/api/v1/templates/", headers=alice, json=body).status_code == 201


def test_scripts_in_a_template_stay_text(as_user: AsUser, acting: Acting) -> None:
    texts = [text for text in SCRIPTS if "{{" not in text]  # that one is refused
    body = "".join(f"<p>{escape(text)}</p>" for text in texts)
    with acting("alice"):
        made = templates.create({
            "name": TranslatedText(en=SCRIPTS[0]), "kind": MessageKind.FREE,
            "subject": TranslatedText(en=SCRIPTS[20]), "body": TranslatedText(en=body),
        })  # fmt: skip
        pk = made.id
    alice = as_user("alice")
    for address in (f"/templates/show/{pk}", f"/templates/edit/{pk}", "/templates/list/"):
        page, errors = read(alice.get(address).text)
        assert not errors, address
        for element in page.all():
            assert not any(name.startswith("on") for name in element.attributes), address
            assert "javascript:" not in element.get("href"), address
            assert element.name != "script" or element.get("src").startswith("/static/"), address
        assert not list(page.all("iframe"))


def test_scripts_in_a_record_stay_text_in_what_is_sent(app: Flask) -> None:
    template = Template(
        kind=MessageKind.FREE,
        subject=TranslatedText(en="For {{ contact.name }}"),
        body=TranslatedText(en="<p>For {{ contact.name }}</p>"),
        add_signature=False,
    )
    with app.app_context():
        for text in SCRIPTS:
            filled = fill(template, {"contact": Contact(last_name=text)}, "en")
            assert set("\r\n").isdisjoint(filled.subject)
            page, errors = read(f"<main>{filled.body_html}</main>")
            assert not errors, text
            assert {one.name for one in page.all()} <= {"main", "p", "br"}, text
            assert "alert" in rich_text.to_text(filled.body_html) or "alert" not in text


def test_a_template_that_a_record_makes_too_long_says_so_and_breaks_no_page(
    as_user: AsUser, acting: Acting, cast: Cast, everything: Everything
) -> None:
    with everything() as session:
        session.execute(update(User).values(signature=f"<p>{'x' * 100}</p>"))
    with acting("alice"):
        made = templates.create({
            "name": TranslatedText(en="Long"), "kind": MessageKind.FREE,
            "subject": TranslatedText(en="Hello"),
            "body": TranslatedText(en="<p>Good morning</p>" + "{{ owner.signature }}" * 7_000),
        })  # fmt: skip
        pk = made.id
    with acting("claire"):
        contact = make(Contact, email="sophie@customer.example").id
    alice, told = as_user("alice"), "longer than 200 kB"
    assert told in alice.get(f"/templates/show/{pk}").text
    assert press(alice, f"/templates/test/{pk}").status_code == 303
    assert told in alice.get(f"/templates/edit/{pk}").text
    chosen = {"template": pk, "show": "template", "to": "sophie@customer.example"}
    answer = as_user("claire").post(f"/outbox/compose?contact={contact}", data=chosen)
    assert (answer.status_code, told in answer.text) == (200, True)


def test_a_template_that_nobody_sends_says_so_with_the_way_to_choose_it(
    as_user: AsUser, cast: Cast, acting: Acting, everything: Everything
) -> None:
    alice = as_user("alice")
    with everything() as session:
        sent = session.query(Template).filter_by(shipped="quote").one().id
    page = alice.get(f"/templates/show/{sent}").text
    assert f'href="/settings/companies/{cast.france}#f-quote_template"' in page
    with acting("alice"):
        made = templates.create({
            "name": TranslatedText(en="Ours"), "kind": MessageKind.QUOTE,
            "subject": TranslatedText(en="Quote"), "body": TranslatedText(en="<p>x</p>"),
        })  # fmt: skip
        pk = made.id
    page = alice.get(f"/templates/show/{pk}").text
    assert "Not used" in page
    assert "#f-quote_template" in page


def test_a_template_is_found_by_its_name_in_any_language(as_user: AsUser) -> None:
    alice = as_user("alice")
    for text in ("Envoi de devis", "quote"):
        page = alice.get("/templates/list/", query_string={"search": text}).text
        assert page.count("<tr data-row=") == 1, text
    assert '<span class="c-cut">All companies</span>' in page
    assert page.count('class="c-tick"') == 2


def test_a_test_leaves_in_the_language_of_the_preview(
    as_user: AsUser, everything: Everything
) -> None:
    alice = as_user("alice")
    page = alice.get("/templates/show/8?language=fr").text
    test = re.search(r'formaction="(/templates/[^"]+)" name="language" value="fr"', page)
    assert test is not None
    for language, subject in (("fr", "Devis"), ("en", "Quote"), ("xx", "Quote")):
        assert alice.post(test[1], data={"language": language}).status_code == 303
        with everything() as session:
            last = session.scalars(select(Message).order_by(Message.id.desc())).unique().first()
            assert last is not None
            assert subject in last.subject
