"""A value as text: what is written by hand for speed is what the library writes."""

import phonenumbers
import pytest
from flask import Flask
from flask_babel import force_locale

from crm.core.models.text import format_phone, labelled


@pytest.mark.parametrize("first", "123456789")
def test_a_french_number_is_written_as_it_is_dialled_at_home(first: str) -> None:
    for rest in ("42685300", "00000000", "12345678", "99999999", "05060708"):
        number = phonenumbers.parse(f"+33{first}{rest}", None)
        national = phonenumbers.PhoneNumberFormat.NATIONAL
        assert format_phone(f"+33{first}{rest}") == phonenumbers.format_number(number, national)


def test_a_foreign_number_bears_its_country_and_no_number_stays_as_it_is() -> None:
    assert format_phone("+34912345678") == "+34 912 34 56 78"
    assert format_phone("call me") == "call me"


@pytest.mark.parametrize(
    ("language", "message", "expected"),
    [
        ("fr", "Ajoutez le domaine", "E-mail\u00a0: ajoutez le domaine"),
        ("fr", "À saisir", "E-mail\u00a0: à saisir"),
        ("fr", "L’adresse manque", "E-mail\u00a0: l’adresse manque"),
        ("fr", "N° inconnu", "E-mail\u00a0: N° inconnu"),
        ("fr", "SIREN inconnu", "E-mail\u00a0: SIREN inconnu"),
        ("en", "Add the domain", "E-mail: Add the domain"),
    ],
)
def test_french_goes_on_in_lower_case_after_a_colon(
    app: Flask, language: str, message: str, expected: str
) -> None:
    with app.test_request_context(), force_locale(language):
        assert labelled("E-mail", message) == expected
