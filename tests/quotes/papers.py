"""Quotes to print, and reading of what was printed."""

from decimal import Decimal
from io import BytesIO
from random import Random
from typing import Any

import pikepdf
import pypdfium2

from crm.quotes.models import LineKind, VatRate
from tests.factories import word

RATES = ("20%", "10%", "5.5%", "0%")


def item(label: str, price: str = "100", rate: str = "20%", **rest: Any) -> dict[str, Any]:
    """A line of a quote."""
    said = {"kind": LineKind.ITEM, "label": label, "quantity": Decimal(1)}
    return {**said, "unit_price": Decimal(price), "vat_rate": word(VatRate, rate), **rest}


def pages(document: bytes) -> list[str]:
    """The text of each page; a space is one whatever its width, and so is the end of a line."""
    opened = pypdfium2.PdfDocument(document)
    try:
        return [plain(page.get_textpage().get_text_range()) for page in opened]
    finally:
        opened.close()


def plain(text: str) -> str:
    """A text with plain spaces; the fonts have one sign for all that are as wide."""
    return " ".join(text.split())


def opened(document: bytes) -> pikepdf.Pdf:
    return pikepdf.open(BytesIO(document))


def at_random(chance: Random) -> dict[str, Any]:
    """The fields of a quote that matter to its totals."""
    return {
        "currency": chance.choice(("EUR", "EUR", "JPY", "GBP")),
        "prices_include_tax": chance.random() < 0.5,
        "global_discount": Decimal(chance.choice(("0", "5", "12.5", "33.33"))) or None,
        "lines": [_line(chance, number) for number in range(chance.randint(1, 30))],
    }


def _line(chance: Random, number: int) -> dict[str, Any]:
    price = Decimal(chance.randint(0, 9_999_999)).scaleb(-4)
    discount = chance.choice((
        {},
        {"discount_percent": Decimal(chance.randint(0, 10_000)).scaleb(-2)},
        {"discount_amount": (price / chance.randint(1, 9)).quantize(Decimal("0.0001"))},
    ))  # fmt: skip
    quantity = Decimal(chance.choice((1, 1, -1)) * chance.randint(1, 99_999)).scaleb(-3)
    line = item(f"Article {number}", str(price), chance.choice(RATES), quantity=quantity)
    return {**line, **discount}
