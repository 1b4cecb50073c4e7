"""Text outside a request, as of a mail: in the forced language, with absolute URLs."""

from datetime import date
from decimal import Decimal

from flask import Flask, url_for
from flask_babel import force_locale
from flask_babel import gettext as _

from crm.core.models.text import format_day, format_money
from crm.core.types import TranslatedText


def test_words_money_and_dates_follow_the_language_that_is_forced(app: Flask) -> None:
    told = {}
    with app.app_context():
        for language in ("fr", "en"):
            with force_locale(language):
                words = TranslatedText(en="Proposal", fr="Proposition")
                told[language] = (
                    _("Cancel"), str(words), format_money(Decimal("1234.50"), "EUR"),
                    format_day(date(2027, 1, 31)),
                )  # fmt: skip
    assert told["fr"] == ("Annuler", "Proposition", "1\u202f234,50\u00a0€", "31/01/2027")
    assert told["en"][:3] == ("Cancel", "Proposal", "€1,234.50")


def test_a_link_leads_to_the_public_address(app: Flask) -> None:
    with app.app_context():
        assert url_for("LeadView.list") == "http://localhost/leads/list/"
