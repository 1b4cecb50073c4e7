"""Templates: saved when every text can be filled in, chosen by companies, sent as a test."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Contact
from crm.accounts.models.people import Civility
from crm.companies.models import Company, CompanySettings
from crm.companies.services import company as companies
from crm.companies.services import settings
from crm.core.datamodel.saving import update_row
from crm.core.db import db, is_writing
from crm.core.errors import DomainError
from crm.core.types import TranslatedText
from crm.mail.models import Message, MessageKind, Template
from crm.mail.services import checking, queue, templates
from crm.mail.templates.filling import fill
from tests.fixtures import Cast, Client

pytestmark = pytest.mark.both
Acting = Callable[[str], AbstractContextManager[Session]]
Everything = Callable[[], AbstractContextManager[Session]]


def make(**values: object) -> Template:
    """A template, with texts unless others are given."""
    texts = {
        "name": TranslatedText(en="Reminder", fr="Rappel"),
        "kind": MessageKind.MEETING_REMINDER,
        "subject": TranslatedText(en="{{ event.subject }}"),
        "body": TranslatedText(en="<p>{{ event.starts_at }}</p>"),
    }
    return templates.create({**texts, **values})


def test_every_company_sends_the_templates_that_ship(everything: Everything) -> None:
    with everything() as session:
        rows = session.scalars(select(CompanySettings)).all()
        for row in rows:
            for name, kind in templates.CHOSEN_AS.items():
                assert getattr(row, name).kind == kind
        assert len(rows) >= 2


@pytest.mark.accept("A-23")
def test_a_new_company_has_them_chosen(acting: Acting) -> None:
    with acting("alice"):
        made = companies.create({"name": "ACME Italia", "code": "ACME-IT"})
        row = settings_of(made)
        assert all(getattr(row, name) is not None for name in templates.CHOSEN_AS)


def settings_of(company: Company) -> CompanySettings:
    return db.session.scalars(
        select(CompanySettings).where(CompanySettings.company_id == company.id)
    ).one()


@pytest.mark.accept("A-18")
def test_a_template_is_chosen_for_its_kind_alone(acting: Acting, cast: Cast) -> None:
    with acting("alice") as session:
        made = make()
        row = settings_of(session.get_one(Company, cast.france))
        settings.update(row, {"meeting_reminder_template": made})
        with pytest.raises(DomainError) as refused:
            update_row(row, {"call_reminder_template": made}, settings.RULES)
        assert "call_reminder_template" in refused.value.fields


@pytest.mark.accept("A-106")
def test_a_template_of_all_companies_is_chosen_in_each(acting: Acting, cast: Cast) -> None:
    with acting("alice") as session:
        shared = make(company=None)
        ours = make(company=session.get_one(Company, cast.france), name=TranslatedText(en="Ours"))
        for company, found in ((cast.france, {shared, ours}), (cast.iberia, {shared})):
            usable = {one for one in settings.usable_templates(company) if one.shipped is None}
            assert usable == found


@pytest.mark.accept("A-107")
def test_each_guest_gets_their_language(app: Flask) -> None:
    french = Contact(last_name="Marchand", civility=Civility.MS, language="fr")
    english = Contact(last_name="Moss", civility=Civility.MR, language="en")
    both = Template(
        kind=MessageKind.INVITATION,
        subject=TranslatedText(en="Invitation", fr="Rendez-vous"),
        body=TranslatedText(
            en="<p>Hello {{ guest.salutation }}</p>", fr="<p>Bonjour {{ guest.salutation }}</p>"
        ),
        add_signature=False,
    )
    with app.app_context():
        told = [fill(both, {"guest": one}, one.language or "") for one in (french, english)]
        both.subject, both.body = TranslatedText(fr="Seul"), TranslatedText(fr="<p>Bonjour</p>")
        alone = [fill(both, {"guest": one}, one.language or "") for one in (french, english)]
    assert [one.body_html for one in told] == [
        "<p>Bonjour Madame Marchand</p>",
        "<p>Hello Mr Moss</p>",
    ]
    assert {one.subject for one in alone} == {"Seul"}


def test_a_text_that_cannot_be_filled_in_is_refused_with_language_and_line(acting: Acting) -> None:
    with acting("alice"), pytest.raises(DomainError) as refused:
        make(
            subject=TranslatedText(en="{{ quote.number }}"),
            body=TranslatedText(en="<p>x</p>", fr="<p>un</p><p>{{ ''.__class__ }}</p>"),
        )
    assert "quote.number" in refused.value.fields["subject.en"]
    assert "line 2" in refused.value.fields["body.fr"]
    assert "French" in refused.value.fields["body.fr"]


def test_two_templates_have_not_one_name(acting: Acting) -> None:
    with acting("alice"):
        make()
        with pytest.raises(DomainError) as refused:
            make(name=TranslatedText(en="Other", fr="RAPPEL"))
        assert "name" in refused.value.fields


def test_one_that_a_company_sends_stays_of_use_to_it(acting: Acting, cast: Cast) -> None:
    with acting("alice") as session:
        sent = session.scalars(select(Template).where(Template.shipped == "quote")).one()
        with pytest.raises(DomainError):
            templates.delete(sent)
        iberia = session.get_one(Company, cast.iberia)
        for refused in ({"kind": MessageKind.FREE}, {"active": False}, {"company": iberia}):
            with pytest.raises(DomainError) as raised:
                templates.update(sent, refused)
            assert raised.value.fields.keys() == refused.keys()
        free = session.scalars(select(Template).where(Template.shipped == "free")).one()
        templates.delete(free)


def test_another_kind_is_refused_where_the_texts_need_the_first(acting: Acting) -> None:
    with acting("alice"):
        template = make(
            kind="quote", subject={"en": "Quote"}, body={"en": "<p>{{ quote.number }}</p>"}
        )
        with pytest.raises(DomainError) as raised:
            templates.update(template, {"kind": "free"})
        assert "quote.number" in raised.value.fields["body.en"]


def test_a_shipped_one_is_changed_and_reset(acting: Acting) -> None:
    with acting("alice") as session:
        sent = session.scalars(select(Template).where(Template.shipped == "quote")).one()
        before = dict(sent.subject)
        templates.update(sent, {"subject": TranslatedText(en="Our quote")})
        templates.reset(sent)
        assert dict(sent.subject) == before


def test_texts_are_filled_in_before_the_lock_is_taken(
    as_user: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    stock, filled = checking.render, []

    def render(*given: Any) -> str:
        assert not is_writing(db.session())
        filled.append(given)
        return stock(*given)

    monkeypatch.setattr(checking, "render", render)
    said = {"name-en": "New", "subject-en": f"Never filled in {uuid4()}", "body-en": "<p>Hello</p>"}
    answer = as_user("alice").post("/templates/add", data={**said, "kind": "quote", "active": "1"})
    assert answer.status_code == 303
    assert filled


def test_a_test_goes_to_oneself_alone(acting: Acting, everything: Everything) -> None:
    with acting("alice") as session:
        sent = session.scalars(select(Template).where(Template.shipped == "quote")).one()
        queue(templates.test_mail(sent, "fr"))
    with everything() as session:
        message = session.scalars(select(Message)).unique().one()
        assert message.to_address == "alice@acme.example"
        assert "D-2027-00042" in message.subject
        assert "<p>" in message.body_html
        assert "<p>" not in message.body_text


@pytest.mark.accept("A-23")
def test_nobody_else_reaches_templates(as_user: Callable[[str], Client]) -> None:
    for person in ("claire", "olga", "marc"):
        assert as_user(person).get("/templates/list/").status_code == 403
    assert as_user("alice").get("/templates/list/").status_code == 200
