"""Attachments of a template, a link to unsubscribe and one that is revoked, by keyboard."""

import re

from playwright.sync_api import expect

from crm.accounts.models import Contact
from crm.catalog.models import Catalog
from crm.catalog.public import share
from crm.companies.models import AppSettings
from crm.mail import services
from crm.mail.models import MessageKind
from tests.browser.axe import LEVELS, look
from tests.browser.conftest import NARROW, Sit
from tests.catalog.test_services import catalog
from tests.factories import make, save
from tests.fixtures import Acting, Cast
from tests.mail.test_services import mail
from tests.mail.test_template_files import shipped
from tests.mail.test_unsubscribing import path_of


def test_files_are_added_to_a_template_and_taken_off(sit: Sit, acting: Acting, axe: str) -> None:
    pk = shipped(acting, MessageKind.FREE)
    desk = sit("alice")
    page = desk.open(f"/templates/show/{pk}")
    page.get_by_label("Add files").set_input_files(
        [
            {"name": "Conditions.txt", "mimeType": "text/plain", "buffer": b"Conditions"},
            {"name": "Tarifs.csv", "mimeType": "text/csv", "buffer": b"a,b\n"},
        ]
    )
    page.get_by_role("button", name="Add", exact=True).press("Enter")
    expect(page.get_by_role("link", name="Tarifs.csv")).to_be_visible()
    assert look(desk, axe, LEVELS) == []
    page.get_by_role("button", name="Remove Tarifs.csv").press("Enter")
    expect(page.get_by_role("link", name="Tarifs.csv")).to_have_count(0)
    page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
    desk.check()


def test_a_recipient_unsubscribes_and_a_sender_revokes_a_link(
    sit: Sit, acting: Acting, cast: Cast, axe: str
) -> None:
    with acting("alice") as session:
        save(session.get_one(AppSettings, 1), manage_catalogs=True)
    with acting("claire") as session:
        tariff: Catalog = catalog(name="Gamme 2027")
        contact = make(Contact, last_name="Marchand", email="sophie@customer.example")
        message = services.queue(
            mail(
                cast, kind=MessageKind.CATALOG, to_relation="contact", body_html="<p>Bonjour</p>",
                subject="Gamme 2027", language="fr",
                related={"contact": contact.id, "catalog": tariff.id},
            )
        )  # fmt: skip
        shared, _address = share(tariff, tariff.company)
        session.flush()
        shared.message_id = message.id
    claire = sit("claire")
    page = claire.open(f"/outbox/show/{message.id}")
    page.get_by_role("button", name="Revoke the link").press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("opens nothing any more")
    page.get_by_role("dialog").get_by_role("button", name=re.compile("Revoke")).press("Enter")
    expect(page.get_by_text("The link to the catalogue was revoked on")).to_be_visible()
    claire.check()

    recipient = sit(viewport=NARROW, locale="fr-FR")
    page = recipient.open(path_of(message))
    expect(page.get_by_text("sophie@customer.example")).to_be_visible()
    assert look(recipient, axe, LEVELS) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Désinscription enregistrée")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
    recipient.check()
