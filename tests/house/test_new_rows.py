"""A new row starts with what its columns say, whether a page, the API or a service makes it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from crm.accounts.models import Source
from crm.companies.models import Agency, AppSettings, Company
from crm.core.datamodel.defaults import column_defaults
from crm.core.models import spec_of
from crm.core.views import ModelView
from crm.quotes.models import Product
from tests import markup
from tests.fixtures import Acting, Client
from tests.house.addresses import view_of
from tests.house.test_unchanged import form_of

As = Callable[[str], Client]
# What a slice proposes instead: the company's language, not the column's.
PROPOSED = ("language", "time_zone", "currency", "country", "nature")


@pytest.mark.both
def test_an_add_form_proposes_what_the_columns_start_with(app: Flask, as_user: As) -> None:
    alice, seen = as_user("alice"), 0
    for rule in app.url_map.iter_rules():
        view = view_of(app, rule)
        if not isinstance(view, ModelView) or rule.endpoint != f"{view.endpoint}.add":
            continue
        answer = alice.get(rule.rule)
        if answer.status_code == 404:
            continue  # its switch is off
        model, sent = view.datamodel.obj, form_of(answer.text)[1]
        for name, default in column_defaults(model.__mapper__).items():
            if spec_of(model, name).kind.name == "boolean":
                is_shown = name in view.add_columns and name not in view.setting_columns
                assert not is_shown or sent.get(name) == (["1"] if default else None)
            elif name in sent and name not in PROPOSED:
                assert sent[name] == [spec_of(model, name).typed(default)], (rule.rule, name)
            seen += name in sent
    assert seen > 25


MADE: list[tuple[str, Any, dict[str, str]]] = [
    ("/companies/add", Company, {"name": "Acme Italia", "code": "ACME-IT"}),
    ("/agencies/add", Agency, {"name": "Nantes", "code": "NTE"}),
    (
        "/products/add",
        Product,
        {
            "name": "Chair",
            "code": "CH-1",
            "prices-count": "1",
            "prices-0-currency": "EUR",
            "prices-0-price": "10",
        },
    ),
    ("/reference/sources/add", Source, {"name-en": "Fair", "name-fr": "Salon"}),
]


@pytest.mark.both
@pytest.mark.parametrize(("page", "model", "said"), MADE, ids=lambda made: str(made)[:20])
def test_a_row_made_on_a_page_is_active(
    as_user: As, acting: Acting, page: str, model: Any, said: dict[str, str]
) -> None:
    with acting("alice") as session:
        session.get_one(AppSettings, 1).manage_agencies = True
    alice = as_user("alice")
    __, sent = form_of(alice.get(page).text)
    answer = alice.post(page, data={**sent, **said})
    assert answer.status_code == 303, markup.read(answer.text)[0].text
    with acting("alice") as session:
        assert session.scalars(select(model).order_by(model.id.desc())).first().active is True
