"""A person of two companies, and words that a language lacks."""

from collections.abc import Callable

import pytest
from flask import Flask
from flask_babel import force_locale

from crm.companies.models import User
from crm.core.types import TranslatedText
from crm.leads.models import Lead
from tests.factories import make
from tests.fixtures import Acting, Cast, Client

As = Callable[[str], Client]


@pytest.mark.accept("A-85")
def test_the_company_on_top_presets_lists_and_is_no_wall(
    as_user: As, acting: Acting, cast: Cast
) -> None:
    with acting("alice") as session:
        marc = session.get_one(User, cast.people["marc"])
        marc.companies = [*marc.companies, *session.get_one(User, cast.people["olga"]).companies]
    with acting("claire"):
        lead = make(Lead, organization="Girard SARL").id
    marc = as_user("marc")
    assert marc.post(f"/company/{cast.iberia}").status_code == 303
    assert "Girard SARL" not in marc.get("/leads/list/").text
    page = marc.get(f"/leads/show/{lead}")
    assert page.status_code == 200
    assert "This record belongs to ACME France." in page.text
    assert marc.post("/company/all").status_code == 303
    assert "Girard SARL" in marc.get("/leads/list/").text


@pytest.mark.accept("A-89")
def test_a_word_without_the_readers_language_is_read_in_the_companys_then_in_the_first_filled(
    app: Flask,
) -> None:
    words = TranslatedText(en="Proposal", fr="Proposition")
    with app.test_request_context() as request, force_locale("de"):
        assert str(words) == "Proposal"
        request.request.environ["crm.company_language"] = "fr"
        assert str(words) == "Proposition"
        assert str(TranslatedText(words, de="Angebot")) == "Angebot"
        assert str(TranslatedText(es="Propuesta")) == "Propuesta"
