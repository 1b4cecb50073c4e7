"""A quote of 500 lines, the most there are: no statement a line, to preview or to save it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from sqlalchemy import select

from crm.accounts.models import Account
from crm.core.forms import Form
from crm.core.forms.fields import FormField
from crm.quotes.models import Product, QuoteLine, VatRate
from tests.factories import make, word
from tests.fixtures import Acting, Cast, Client

LINES, SHORTER, PRODUCTS = 500, 200, 50


@pytest.fixture
def lines(acting: Acting) -> dict[str, Any]:
    """What the form sends."""
    with acting("alice"):
        products = [make(Product, code=f"P{number}").id for number in range(PRODUCTS)]
        rate = word(VatRate, "20%").id
    data: dict[str, Any] = {"lines-count": LINES, "currency": "EUR"}
    for number in range(LINES):
        said = {
            "kind": "item", "label": f"Article {number}", "quantity": "2", "unit_price": "10",
            "product": products[number % PRODUCTS], "vat_rate": rate,
        }  # fmt: skip
        data |= {f"lines-{number}-{name}": value for name, value in said.items()}
    return data


@pytest.mark.both
def test_their_rows_are_asked_for_together(
    as_user: Callable[[str], Client], acting: Acting, cast: Cast, lines: dict[str, Any],
    counting: Callable[[], AbstractContextManager[list[str]]],
) -> None:  # fmt: skip
    with acting("claire"):
        account = make(Account).id
    claire = as_user("claire")
    with counting() as statements:
        figures = claire.post("/quotes/preview", data=lines).json
    assert figures["total_excl"] == "€10,000.00"
    assert len(statements) <= 6
    with counting() as statements:
        made = claire.post("/quotes/add", data=lines | {"account": account, "owner": cast.claire})
    assert made.status_code == 303
    asked = [one for one in statements if one.startswith("SELECT")]
    assert len(asked) <= 30


def test_the_inputs_of_a_line_are_worked_out_once(
    as_user: Callable[[str], Client], lines: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    work_out = Form._field

    def noting(form: Form, model: type[Any], name: str, *rest: str) -> FormField:
        made.append(name)
        return work_out(form, model, name, *rest)

    monkeypatch.setattr(Form, "_field", noting)
    as_user("claire").post("/quotes/preview", data=lines)
    assert made.count("unit_price") == 1


@pytest.mark.both
def test_two_hundred_lines_are_saved_and_shown_by_few_statements(
    as_user: Callable[[str], Client], acting: Acting, cast: Cast, lines: dict[str, Any],
    counting: Callable[[], AbstractContextManager[list[str]]],
) -> None:  # fmt: skip
    with acting("claire"):
        account = make(Account).id
    claire = as_user("claire")
    some = {name: value for name, value in lines.items() if number_of(name) < SHORTER}
    some |= {"lines-count": SHORTER, "account": account, "owner": cast.claire}
    made = claire.post("/quotes/add", data=some)
    url = made.headers["Location"]
    with counting() as statements:
        assert claire.get(url).status_code == 200
    assert len(statements) <= 14, statements
    key = url.rsplit("/", 1)[1]
    with acting("claire") as session:
        stored = session.scalars(select(QuoteLine.id).where(QuoteLine.quote_id == int(key)))
        ids = {f"lines-{number}-id": pk for number, pk in enumerate(stored)}
    changed = some | ids | {f"lines-{number}-quantity": 3 for number in range(SHORTER)}
    with counting() as statements:
        saved = claire.post(f"/quotes/edit/{key}", data=changed | {"row_version": 1})
    assert saved.status_code == 303
    assert len(statements) <= 20, statements


def number_of(name: str) -> int:
    """The number of the line that an input belongs to; -1 of others."""
    number = name.split("-")[1:2]
    return int(number[0]) if number and number[0].isdecimal() else -1
