"""All that any list offers to six people: `make test` tries one row of the lists of records.

A short run asks as two of them, chosen by the seed.
"""

import random

import pytest
from flask_appbuilder import Model

from crm.core.models import Record
from tests.fixtures import World
from tests.house.addresses import Address
from tests.house.conftest import everywhere, planted
from tests.house.test_links import PEOPLE, Visitor, lists
from tests.proof.conftest import LONG, say

__all__ = ["everywhere", "planted"]


@pytest.mark.slow("opens whatever every list offers")
@pytest.mark.parametrize("number", range(len(PEOPLE) if LONG else 2))
def test_no_link_button_or_menu_entry_of_any_list_leads_to_an_error(
    number: int, planted: World, everywhere: list[Address], seed: str
) -> None:
    people = random.Random(seed).sample(PEOPLE, len(PEOPLE))  # noqa: S311  not a secret
    visitor = Visitor(planted, people[number])
    for path in lists(everywhere, Model):
        visitor.visit(path, most=3 if path in lists(everywhere, Record) else 1)
    say(f"lists, {people[number]}: {len(visitor.seen)} links, buttons and entries tried")
    assert visitor.refused == []
