"""What the preview of a quote's form tells, and to whom."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from crm.accounts.models import Account
from crm.quotes.models import LineKind, Product, Quote, VatRate
from tests.factories import make, word
from tests.fixtures import Acting, Cast, Client

D = Decimal
AsUser = Callable[[str], Client]


def lines(*rows: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What the form sends of these lines."""
    sent = {f"lines-{n}-{name}": value for n, row in enumerate(rows) for name, value in row.items()}
    return {"lines-count": len(rows), "currency": "EUR", **sent, **more}


def test_a_subtotal_sums_what_stands_above_it_since_the_last_title(as_user: AsUser) -> None:
    item = {"kind": "item", "label": "Pump", "unit_price": "10"}
    told = (
        as_user("claire")
        .post(
            "/quotes/preview",
            data=lines(
                item,
                {"kind": "section", "label": "S"},
                item,
                item,
                {"kind": "subtotal", "label": "T"},
            ),
        )
        .json
    )
    assert told["lines-4-total_excl"] == "€20.00"
    assert told["total_excl"] == "€30.00"
    assert told["fills"]["lines-0-quantity"] == "1"
    assert told["currency"] == "EUR"


def test_what_cannot_be_read_is_told_beside_its_cell_and_counts_as_empty(as_user: AsUser) -> None:
    item = {"kind": "item", "label": "Pump", "unit_price": "1,5", "quantity": "2"}
    told = as_user("claire").post("/quotes/preview", data=lines(item)).json
    assert list(told["errors"]) == ["lines-0-unit_price"]
    assert (told["lines-0-total_excl"], told["total_excl"]) == ("", "€0.00")


def test_five_hundred_and_one_lines_have_no_figures(as_user: AsUser) -> None:
    item = {"kind": "item", "label": "Pump", "unit_price": "1"}
    answer = as_user("claire").post("/quotes/preview", data=lines(*[item] * 501))
    assert answer.status_code == 200
    assert answer.json["total_excl"] == "€0.00"


def test_a_product_out_of_reach_tells_nothing(as_user: AsUser, acting: Acting) -> None:
    with acting("alice"):
        product = make(Product, name="Secret").id
    item = {"kind": "item", "product": product}
    told = as_user("olga").post("/quotes/preview", data=lines(item)).json
    assert list(told["errors"]) == ["lines-0-product"]
    assert "Secret" not in str(told)
    told = as_user("claire").post("/quotes/preview", data=lines(item)).json
    assert told["fills"]["lines-0-label"] == "Secret"


@pytest.mark.parametrize("tax", [{}, {"prices_include_tax": "1"}])
def test_what_is_shown_is_what_saving_stores(
    as_user: AsUser, acting: Acting, cast: Cast, tax: dict[str, str]
) -> None:
    with acting("alice"):
        product = make(Product, vat_rate=word(VatRate, "5.5%")).id
    with acting("claire"):
        account = make(Account).id
    data = lines(
        {"kind": "item", "product": product, "discount_percent": "12.5"},
        {"kind": "item", "label": "Return", "quantity": "-1.5", "unit_price": "3.335"},
        {"kind": "subtotal"},
        global_discount="3", **tax,
    )  # fmt: skip
    claire = as_user("claire")
    told = claire.post("/quotes/preview", data=data).json
    made = claire.post("/quotes/add", data={**data, "account": account, "owner": cast.claire})
    assert made.status_code == 303
    with acting("claire") as session:
        quote = session.get_one(Quote, int(made.headers["Location"].rsplit("/", 1)[1]))
        assert told["total_excl"] == f"€{quote.total_excl}"
        assert told["total_incl"] == f"€{quote.total_incl}"
        assert [line.kind for line in quote.lines][-1] == LineKind.SUBTOTAL
        assert quote.lines[-1].label == "Subtotal"


@pytest.mark.both
@pytest.mark.parametrize("quantity", ["99999999999999", "9999999999", "1000"])
def test_sums_larger_than_a_column_takes_are_shown_and_refused(
    as_user: AsUser, acting: Acting, quantity: str
) -> None:
    with acting("claire"):
        draft = make(Quote, account=make(Account))
        rate = word(VatRate, "20%").id
    dear = {"label": "Pump", "quantity": quantity, "unit_price": "9999999999999", "vat_rate": rate}
    claire = as_user("claire")
    assert claire.post("/quotes/preview", data=lines(dear)).status_code == 200
    sent = lines(dear, row_version=draft.row_version)
    refused = claire.post(f"/quotes/edit/{draft.id}", data=sent)
    assert refused.status_code == 422
    assert "This number is too large." in refused.text


def test_an_empty_line_moves_no_figure_to_another_line(as_user: AsUser) -> None:
    left_empty = {"label": "", "quantity": "", "unit_price": ""}
    told = (
        as_user("claire")
        .post(
            "/quotes/preview",
            data=lines(
                {"label": "Pump", "unit_price": "10"},
                left_empty,
                {"label": "Hose", "unit_price": "7"},
                {"label": "Tap", "unit_price": "x"},
                {"kind": "subtotal", "label": "T"},
            ),
        )
        .json
    )
    assert (told["lines-0-total_excl"], told["lines-2-total_excl"]) == ("€10.00", "€7.00")
    assert told["lines-4-total_excl"] == "€17.00"
    assert told["fills"]["lines-2-quantity"] == "1"
    assert [*told["errors"]] == ["lines-3-unit_price"]
    assert not any("lines-1-" in name for name in (*told, *told["fills"]))
