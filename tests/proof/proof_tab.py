"""Every form of the product, gone through by Tab in a real browser."""

import re

from tests.browser.axe import place
from tests.browser.conftest import Sit
from tests.browser.tabbing import tab_through
from tests.fixtures import World, signed_in
from tests.house.addresses import addresses
from tests.population import Planted
from tests.proof.conftest import say
from tests.proof.kinds import is_like_another, is_page

__all__ = ["place"]
FORM = re.compile(r"<form[^>]* data-dirty")


def test_tab_over_every_form_changes_nothing(
    place: Sit, planted_world: World, rows: dict[str, Planted]
) -> None:
    desk = place("alice")
    found = forms(planted_world, rows)
    assert len(found) > 20
    for path in found:
        tab_through(desk, path)
    desk.check()
    say(f"forms gone through by Tab: {len(found)}")


def forms(world: World, rows: dict[str, Planted]) -> list[str]:
    """Every page with a form that Alice may open."""
    client = signed_in(world.app, world.cast.alice)
    asked = [
        one.path
        for one in addresses(world.app, rows, world.cast)
        if one.row in ("-", "claire") and is_page(one) and not is_like_another(one)
    ]
    pages = [(path, client.get(path)) for path in asked]
    return [p for p, page in pages if page.mimetype == "text/html" and FORM.search(page.text)]
