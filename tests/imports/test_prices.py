"""The price of a product that a file brings, in the currency that it names."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from crm.quotes.models import Product
from tests.fixtures import Acting
from tests.imports.conftest import Load

pytestmark = pytest.mark.both
PRODUCTS = """
key = { field = "code", found = "update" }
[columns]
code = "code"
name = "name"
currency = "prices.currency"
price = { field = "prices.price", decimal = "." }
"""
HEAD = "code,name,currency,price\n"


def test_a_new_product_takes_its_price_and_a_known_one_keeps_its_own(
    load: Load, acting: Acting
) -> None:
    load("products", HEAD + "P1,Pump,USD,100\n", PRODUCTS)
    load("products", HEAD + "P1,Big pump,USD,110\nP2,Pipe,EUR,25.5\n", PRODUCTS)
    with acting("alice") as session:
        found = {
            product.name: [(price.currency, price.price) for price in product.prices]
            for product in session.scalars(select(Product))
        }
    assert found == {"Big pump": [("USD", Decimal(100))], "Pipe": [("EUR", Decimal("25.5"))]}
