"""The price of a product that a file brings, in the currency that it names."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Contact, ContactRole
from crm.core.journal import Journal
from crm.importing import import_file
from crm.quotes.models import Product, ProductPrice
from tests.imports.conftest import Load
from tests.imports.test_lines import ACCOUNTS
from tests.imports.test_runs import (
    Everything,
    before_writing,
    take_back,  # noqa: F401
)

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
TakeBack = Callable[..., tuple[list[str], bool]]


def prices(session: Session) -> dict[str, list[tuple[str, Decimal]]]:
    """name → (currency, price) of each price."""
    return {
        product.name: [(price.currency, price.price) for price in product.prices]
        for product in session.scalars(select(Product).where(Product.deleted_at.is_(None)))
    }


def test_a_known_product_takes_a_new_price_and_one_in_another_currency(
    load: Load, everything: Everything
) -> None:
    load("products", HEAD + "P1,Pump,USD,100\n", PRODUCTS)
    told = load("products", HEAD + "P1,Big pump,usd,110\nP2,Pipe,EUR,25.5\n", PRODUCTS)
    assert ("1 record created." in told, "1 record updated." in told) == (True, True)
    told = load("products", HEAD + "P1,,EUR,99\nP2,Pipe,EUR,25.50\n", PRODUCTS)
    assert ("1 record updated." in told, "1 record already existed." in told) == (True, True)
    with everything() as session:
        assert prices(session) == {
            "Big pump": [("USD", Decimal(110)), ("EUR", Decimal(99))],
            "Pipe": [("EUR", Decimal("25.5"))],
        }


def test_the_journal_of_the_product_tells_its_prices(load: Load, everything: Everything) -> None:
    load("products", HEAD + "P1,Pump,USD,100\n", PRODUCTS)
    load("products", HEAD + "P1,Pump,USD,110\n", PRODUCTS)
    load("products", HEAD + "P1,Pump,EUR,90\n", PRODUCTS)
    with everything() as session:
        entries = session.scalars(
            select(Journal).where(Journal.kind == "product").order_by(Journal.id)
        ).all()
        told = [
            (one.row_version, [[side and side["values"] for side in pair]
             for name, pair in one.changes.items() if name.startswith("prices.")])
            for one in entries
        ]  # fmt: skip
        version = session.scalars(select(Product)).one().row_version
    assert told[1:] == [
        (2, [[{"price": "100.0000"}, {"price": "110"}]]),
        (3, [[None, {"currency": "EUR", "price": "90"}]]),
    ]
    assert version == 3


def test_undoing_puts_prices_back_and_takes_added_ones_away(
    load: Load,
    everything: Everything,
    take_back: TakeBack,  # noqa: F811
) -> None:
    load("products", HEAD + "P1,Pump,USD,100\nP2,Pipe,USD,50\n", PRODUCTS)
    load("products", HEAD + "P1,Pump,USD,110\nP2,Pipe,EUR,45\n", PRODUCTS)
    assert take_back(2) == (["2 records undone."], True)
    with everything() as session:
        assert prices(session) == {"Pump": [("USD", Decimal(100))], "Pipe": [("USD", Decimal(50))]}
    load("products", HEAD + "P1,Pump,USD,120\n", PRODUCTS)
    load("products", HEAD + "P1,Pump,USD,130\n", PRODUCTS)
    assert take_back(3) == (
        ["Line 2: “Pump” has been changed since.", "0 records undone.", "1 record kept."], False,
    )  # fmt: skip
    assert take_back(4) == (["1 record undone."], True)
    with everything() as session:
        assert prices(session)["Pump"] == [("USD", Decimal(120))]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("P1,,,5", "Line 2: Currency [currency]: This value is empty, but it is needed to find"),
        ("P1,,XYZ,5", "Line 2: Currency [currency]: "),
        ("P1,,EUR,", "Line 2: Unit price excl. tax [price]: Required field"),
        ("P1,,EUR,-5", "Line 2: Unit price excl. tax [price]: "),
        ("P1,,USD,-5", "Line 2: Unit price excl. tax [price]: "),
        ("P1,,EUR,=1+1", "Line 2: Unit price excl. tax [price]: “=1+1” is not a number"),
        ("P1,,USD,9999999999999999", "Line 2: Unit price excl. tax [price]: "),
        ("P1,,EUR,1e3", "Line 2: Unit price excl. tax [price]: "),
    ],
)
def test_a_wrong_price_is_an_error_of_its_line(
    load: Load, everything: Everything, line: str, told: str
) -> None:
    load("products", HEAD + "P1,Pump,USD,100\n", PRODUCTS)
    found = load("products", f"{HEAD}{line}\n", PRODUCTS)
    assert (told in found, found.is_written) == (True, False), found.lines
    with everything() as session:
        assert prices(session) == {"Pump": [("USD", Decimal(100))]}


def test_who_may_not_edit_products_changes_no_price(
    load: Load, refusal: Callable[..., str], everything: Everything
) -> None:
    load("products", HEAD + "P1,Pump,USD,100\n", PRODUCTS)
    load("products", HEAD + "P1,Bomba,USD,100\n", PRODUCTS, company="ACME-ES")
    for username in ("claire", "marc", "audrey"):
        told = refusal("products", HEAD + "P1,,USD,1\nP1,,EUR,1\n", PRODUCTS, username=username)
        assert told == "You are not allowed to import these records."
    load("products", HEAD + "P1,,USD,1\n", PRODUCTS)
    with everything() as session:  # another company's product of that code is another one
        assert prices(session) == {"Pump": [("USD", Decimal(1))], "Bomba": [("USD", Decimal(100))]}


@pytest.mark.parametrize("also", ["price", "product"])
def test_who_changes_the_product_meanwhile_is_not_overwritten(
    load: Load, everything: Everything, monkeypatch: pytest.MonkeyPatch, also: str
) -> None:
    load("products", HEAD + "P1,Pump,USD,100\n", PRODUCTS)

    def change(session: Session) -> None:
        product = session.scalars(select(Product)).one()
        product.name = "Old pump"
        if also == "price":
            product.prices.append(ProductPrice(currency="EUR", price=Decimal(7)))

    before_writing(monkeypatch, change)
    told = load("products", HEAD + "P1,,EUR,1\n", PRODUCTS)
    assert "Line 2: Somebody else changed this record in the meantime." in told
    expected = [("USD", Decimal(100)), *([("EUR", Decimal(7))] if also == "price" else [])]
    with everything() as session:
        assert prices(session) == {"Old pump": expected}


def test_a_preview_says_what_changes(
    app: Flask, load: Load, everything: Everything, tmp_path: Path
) -> None:
    load("products", HEAD + "P1,Pump,USD,100\nP3,Pump 2,USD,1\n", PRODUCTS)
    (tmp_path / "f.csv").write_text(HEAD + "P1,Big pump,USD,110\nP2,Pipe,EUR,1\nP3,,EUR,90\n")
    (tmp_path / "m.toml").write_text(PRODUCTS)
    with app.app_context():
        lines, is_fine = import_file(
            "products", tmp_path / "f.csv", tmp_path / "m.toml", ["ACME-FR"], "alice", True, True
        )
    changes = "Line 2: “Big pump” changes. Name: Pump → Big pump."
    price = "Prices, USD, Unit price excl. tax: 100.00 → 110.00."
    assert lines == [
        f"{changes} {price}",
        "Line 4: “Pump 2” changes. Prices: €90.00.",
        "Preview: nothing was written.",
        "1 record created.",
        "2 records updated.",
    ]
    assert is_fine
    with everything() as session:
        assert prices(session) == {
            "Pump": [("USD", Decimal(100))],
            "Pump 2": [("USD", Decimal(1))],
        }


CONTACTS = """
key = { field = "external_ref", found = "update" }
[columns]
ref = ["external_ref", "last_name"]
account = { field = "links.account", by = "name" }
main = "links.is_main"
"""


def test_a_known_contact_is_linked_to_one_more_account(
    load: Load,
    everything: Everything,
    take_back: TakeBack,  # noqa: F811
) -> None:
    load("accounts", "name,parent\nÉlan,\nFaro,\n", ACCOUNTS)
    load("contacts", "ref,account,main\nRoy,Élan,no\n", CONTACTS)
    told = load("contacts", "ref,account,main\nRoy,Faro,yes\n", CONTACTS)
    assert "1 record updated." in told
    told = load("contacts", "ref,account,main\nRoy,Élan,\n", CONTACTS)
    assert "1 record already existed." in told

    def links() -> list[tuple[str, bool]]:
        with everything() as session:
            contact = session.scalars(select(Contact)).one()
            return [(str(link.account), link.is_main) for link in contact.links]

    assert links() == [("Élan", False), ("Faro", True)]
    assert take_back(3) == (["1 record undone."], True)
    assert links() == [("Élan", False)]
    load("contacts", "ref,account,main\nRoy,Élan,yes\n", CONTACTS)
    assert links() == [("Élan", True)]
    assert take_back(4) == (["1 record undone."], True)
    assert links() == [("Élan", False)]


def test_a_link_brings_a_word_of_a_vocabulary(load: Load, everything: Everything) -> None:
    load("accounts", "name,parent\nÉlan,\nFaro,\n", ACCOUNTS)
    roles = CONTACTS.replace("main = ", 'role = { field = "links.role", create = true }\nmain = ')
    load("contacts", "ref,account,main,role\nRoy,Élan,,Herald\n", roles)
    load("contacts", "ref,account,main,role\nRoy,Élan,,Usher\nRoux,Faro,,\n", roles)
    told = load("contacts", "ref,account,main,role\nRoux,Faro,,Usher\nRoux2,Faro,x,Crier\n", roles)
    assert "Line 3: Main contact [main]: " in told
    load("contacts", "ref,account,main,role\nRoux,Faro,,Usher\n", roles)
    with everything() as session:
        rows = session.scalars(select(Contact).order_by(Contact.id))
        assert [(row.last_name, [str(link.role) for link in row.links]) for row in rows] == [
            ("Roy", ["Usher"]),
            ("Roux", ["Usher"]),
        ]
        words = [str(word) for word in session.scalars(select(ContactRole))]
        assert ("Herald" in words, words.count("Usher"), "Crier" in words) == (True, 1, False)


def test_the_statements_do_not_follow_the_lines_that_bring_prices(
    load: Load,
    counting: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    load("products", HEAD + "".join(f"P{n},Nr {n},USD,1\n" for n in range(60)), PRODUCTS)

    def statements(first: int, last: int) -> int:
        file = HEAD + "".join(f"P{n},,EUR,1\n" for n in range(first, last))
        with counting() as told:
            load("products", file, PRODUCTS)
        return len([text for text in told if text.startswith("SELECT")])

    assert statements(10, 60) <= statements(0, 10) + 2
