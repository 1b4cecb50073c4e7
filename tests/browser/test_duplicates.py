"""What looks the same in a browser: while one types, beside a record, dismissed by keyboard."""

import pytest

from crm.duplicates.checking import check
from crm.duplicates.sources import SOURCES
from crm.leads.models import Lead
from tests.browser.conftest import NARROW, Sit
from tests.factories import make

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", [None, NARROW], ids=["wide", "narrow"])
def test_doubles_are_seen_and_dismissed_by_keyboard(app, acting, sit: Sit, axe: str, size) -> None:
    with acting("claire"):
        known = {"organization": None, "first_name": "Jean", "email": "j.martin@acme.fr"}
        first = make(Lead, last_name="Martin", **known).id
        make(Lead, last_name="MARTIN", **known)
    with app.app_context():
        for source in SOURCES:
            check(source)
    claire = sit("claire", **({"viewport": size} if size else {}))
    page = claire.open("/leads/add")
    page.locator("[name=last_name]").press_sequentially("Martin")
    page.locator("[name=email]").press_sequentially("J.MARTIN@acme.fr")
    page.locator(".c-matches a").first.wait_for()
    assert page.locator(".c-live").get_attribute("role") == "status"
    page = claire.open(f"/leads/show/{first}")
    page.locator("#matches").wait_for()
    page = claire.open("/leads/duplicates")
    found = page.evaluate(f"{axe}; axe.run().then((said) => said.violations)")
    assert [one["id"] for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="Dismiss").focus()
    page.keyboard.press("Enter")
    page.get_by_text("Nothing looks the same.").wait_for()
    claire.check()
