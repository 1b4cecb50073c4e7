"""What changed between two versions of a quote. Source: spec 8.6."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from crm.accounts.models import Account
from crm.quotes.comparing import Change, compare
from crm.quotes.models import LineKind, Quote
from crm.quotes.services import versions
from crm.quotes.services.finalising import finalise
from tests.factories import again, make, save
from tests.fixtures import Acting, Client
from tests.quotes.test_services import item

D = Decimal


def kept(quote: Quote) -> list[dict[str, Any]]:
    return [{"id": line.id} for line in quote.lines]


@pytest.fixture
def old(acting: Acting) -> Quote:
    """A finalised quote of three items."""
    with acting("claire"):
        lines = [item("1", price, label=label) for label, price in
                 (("Copieur", "100"), ("Module", "50"), ("Guide", "10"))]  # fmt: skip
        quote: Quote = make(Quote, account=make(Account), lines=lines, title="Parc")
        finalise(quote)
    return quote


def test_lines_fields_and_sums_are_compared(acting: Acting, old: Quote) -> None:
    with acting("claire"):
        new = versions.new_version(again(old))
        first, _second, third = kept(new)
        text = {"kind": LineKind.TEXT, "label": "Déplacements compris"}
        lines = [first, {**third, "discount_percent": D(8)}, text]
        save(new, lines=lines, title="Parc complet", valid_until=new.valid_until)
        found = compare(again(old), new)
    assert [(c.label, c.before, c.after) for c in found.changes] == [
        ("Line 2", "Module, €50.00", "Removed"),
        ("Line 2, discount", "", "8%"),
        ("Line 2, total", "€10.00", "€9.20"),
        ("Line 3", "", "Added: Déplacements compris"),
        ("Subject", "Parc", "Parc complet"),
        ("Total excl. tax", "€160.00", "€109.20"),
        ("Total VAT", "€32.00", "€21.84"),
        ("Total incl. tax", "€192.00", "€131.04"),
    ]
    assert found.changes[5].note == "(\N{MINUS SIGN}€50.80)"
    assert found.same_lines == 1


def test_the_validity_is_compared(acting: Acting, old: Quote) -> None:
    with acting("claire"):
        new = versions.new_version(again(old))
        save(new, valid_until=new.valid_until + timedelta(days=30))
        (change,) = compare(again(old), new).changes
    assert isinstance(change, Change)
    assert change.label == "Valid until"


def test_the_tab_shows_all_versions_and_what_changed(
    as_user: Callable[[str], Client], acting: Acting, old: Quote
) -> None:
    with acting("claire"):
        new = versions.new_version(again(old))
        save(new, title="Parc complet")
    page = as_user("claire").get(f"/quotes/show/{new.id}?tab=versions").text
    assert f'<a href="/quotes/show/{old.id}">{old.reference}</a>' in page
    assert f"{old.reference}-V2" in page
    assert "What changes from version 1 to version 2" in page
    assert "Parc complet" in page
    assert "3 lines are the same in both." in page
    assert as_user("olga").get(f"/quotes/show/{new.id}?tab=versions").status_code == 404
    alone = as_user("claire").get(f"/quotes/show/{old.id}?tab=versions").text
    assert "What changes" not in alone
