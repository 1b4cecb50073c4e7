"""The texts that ship: for every kind that has variables, in both languages, well typeset."""

import re

import pytest
from flask import Flask

from crm.accounts.models import Account
from crm.calendar.models import Event
from crm.companies.models import User
from crm.core.types import utcnow
from crm.mail.models import MessageKind, Template
from crm.mail.templates.filling import fill
from crm.mail.templates.language import parse
from crm.mail.templates.shipped import TEXTS
from crm.mail.templates.variables import ABOUT, known
from crm.translators.typography import faults

CASES = [(kind, language) for kind in ABOUT for language in ("en", "fr")]


@pytest.mark.parametrize(("kind", "language"), CASES)
def test_a_shipped_text_can_be_filled_in_and_is_typeset(kind: str, language: str) -> None:
    shipped = TEXTS[kind]
    for texts in (shipped.name, shipped.subject, shipped.body):
        text = texts[language]
        assert parse(text, known(kind))
        shown = re.sub(r"\{%.*?%\}", "", re.sub(r"\{\{.*?\}\}", "x", text))
        assert faults(shown, language) == [], shown


@pytest.mark.parametrize("kind", [MessageKind.CALL_REMINDER, MessageKind.INVITATION])
def test_what_is_not_known_leaves_no_gap(app: Flask, kind: MessageKind) -> None:
    shipped = TEXTS[kind]
    template = Template(kind=kind, subject=shipped.subject, body=shipped.body, add_signature=True)
    records = {
        "event": Event(subject="Démonstration", starts_at=utcnow(), all_day=False),
        "owner": User(first_name="Claire", last_name="Colin", signature="<p>Claire</p>"),
    }
    with app.app_context():
        for others in ({}, {"account": Account(name="Arc")}):
            filled = fill(template, {**records, **others}, "fr")
            assert "<p></p>" not in filled.body_html
            assert filled.body_html.endswith("<p>Claire</p>")
