"""Recurring lines, and what they propose for the opportunity that is won."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from crm.accounts.models import Account
from crm.companies.days import today
from crm.companies.models import AppSettings
from crm.opportunities.models import Opportunity, StageKind
from crm.quotes.models import Product, Quote, VatRate
from crm.quotes.recurring import proposal
from crm.quotes.services.finalising import finalise
from tests.factories import again, make, word
from tests.fixtures import Acting, Client

D = Decimal
Everything = Callable[[], AbstractContextManager[Session]]


@pytest.fixture
def managed(everything: Everything) -> None:
    with everything() as session:
        session.get_one(AppSettings, 1).manage_recurring = True


def paid(period: int, quantity: str, price: str, **more: Any) -> dict[str, Any]:
    return {
        "label": "Maintenance", "recurring_period": period, "quantity": D(quantity),
        "unit_price": D(price), "vat_rate": word(VatRate, "20%"), **more,
    }  # fmt: skip


@pytest.mark.usefixtures("managed")
@pytest.mark.parametrize(
    ("lines", "amount", "period", "months"),
    [
        ([(1, "12", "100")], "100.00", 1, 12),
        ([(1, "12", "100", {"discount_percent": D(10)})], "90.00", 1, 12),
        ([(3, "4", "300")], "300.00", 3, 12),
        ([(1, "12", "100"), (1, "6", "50")], "125.00", 1, 12),  # 1500 in all
        ([(12, "2", "1200"), (3, "4", "300")], "450.00", 3, 24),  # 3600 in 8 quarters
        ([(1, "0.5", "100")], "50.00", 1, 1),
        ([(3, "1", "2800", {"recurring_duration": 7})], "1200.00", 3, 7),
    ],
)
def test_recurring_lines_propose_an_amount_a_period_and_a_duration(
    acting: Acting, lines: list[Any], amount: str, period: int, months: int
) -> None:
    with acting("claire"):
        once = {
            "label": "Setup", "quantity": D(1), "unit_price": D(500),
            "vat_rate": word(VatRate, "20%"),
        }  # fmt: skip
        rows = [paid(*line[:3], **(line[3] if len(line) > 3 else {})) for line in lines]
        quote = make(Quote, account=make(Account), lines=[once, *rows])
        assert proposal(quote) == {
            "amount": D(500),
            "recurring_amount": D(amount),
            "recurring_period": period,
            "recurring_duration": months,
        }


@pytest.mark.usefixtures("managed")
def test_a_line_keeps_that_its_product_is_recurring(acting: Acting) -> None:
    with acting("alice"):
        product = make(Product, recurring_period=3)
    with acting("claire"):
        lines = [{"product": again(product), "quantity": D(4)}]
        quote = make(Quote, account=make(Account), lines=lines)
        assert quote.lines[0].recurring_period == 3
        assert proposal(quote)["recurring_duration"] == 12
    with acting("alice"):
        again(product).recurring_period = None
    with acting("claire"):
        assert again(quote).lines[0].recurring_period == 3


@pytest.mark.accept("A-102")
@pytest.mark.usefixtures("managed")
def test_what_an_opportunity_expects_comes_back_from_its_quote(acting: Acting) -> None:
    expected = {
        "amount": D("8000.00"), "recurring_amount": D("1200.00"), "recurring_period": 3,
        "recurring_duration": 7,
    }  # fmt: skip
    with acting("claire"):
        deal = make(Opportunity, account=make(Account), **expected)
        quote = make(Quote, opportunity=deal)
        assert [line.unit_price for line in quote.lines] == [D(8000), D(2800)]
        assert proposal(quote) == expected


def test_without_recurring_revenue_only_the_amount_is_proposed(acting: Acting) -> None:
    with acting("claire"):
        quote = make(Quote, account=make(Account), lines=[paid(1, "12", "100")])
        assert proposal(quote) == {"amount": D(1200)}


@pytest.mark.usefixtures("managed")
def test_another_currency_proposes_nothing(acting: Acting) -> None:
    with acting("claire"):
        deal = make(Opportunity, account=make(Account))
        quote = make(Quote, opportunity=deal, currency="USD", lines=[paid(1, "12", "100")])
        assert proposal(quote) == {}


@pytest.mark.accept("A-61")
@pytest.mark.usefixtures("managed")
def test_accepting_a_quote_opens_the_win_dialog_with_what_recurs(
    as_user: Callable[[str], Client], acting: Acting
) -> None:
    with acting("claire"):
        deal = make(Opportunity, account=make(Account), amount=D(1))
        once = {**paid(1, "1", "500"), "recurring_period": None}
        quote = make(Quote, opportunity=deal, lines=[once, paid(3, "4", "300")])
        finalise(quote)
        version = quote.row_version
    claire = as_user("claire")
    data = {
        "row_version": version,
        "accepted_by": "Paul Roy",
        "accepted_on": str(today("Europe/Paris")),
    }
    accepted = claire.post(f"/quotes/accept/{quote.id}", data=data)
    assert accepted.status_code == 303
    dialog = claire.get(accepted.headers["Location"]).text
    shown = {"amount": "500.00", "recurring_amount": "300.00", "recurring_duration": "12"}
    for name, text in shown.items():
        assert f'name="{name}" type="text" value="{text}"' in dialog
    with acting("claire"):
        before = again(deal).row_version
    values = {
        "row_version": before, "closed_on": str(today("Europe/Paris")), "amount": "500.00",
        "recurring_amount": "300.00", "recurring_period": "3", "recurring_duration": "12",
    }  # fmt: skip
    assert claire.post(f"/opportunities/win/{deal.id}", data=values).status_code == 303
    with acting("claire"):
        won = again(deal)
        assert (won.amount, won.recurring_amount) == (D(500), D(300))
        assert (won.recurring_period, won.recurring_duration) == (3, 12)
        assert won.stage.kind == StageKind.WON
