"""A lead is converted in a real browser: by keys alone, followed by what will happen."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from crm.accounts.models import Account, Contact
from crm.leads.models import Lead
from tests.browser.axe import LEVELS, choose, look
from tests.browser.conftest import NARROW, WIDE, Desk, Sit
from tests.factories import again, make
from tests.fixtures import Acting, World


@pytest.fixture
def lead(acting: Acting) -> Any:
    with acting("claire"):
        return make(
            Lead,
            organization="Bâti Rhône",
            first_name="Sophie",
            last_name="Marchand",
            email="s.marchand@batirhone.example",
            phone="04 65 71 20 18",
            city="Lyon",
            description="<p>Wants forty printers</p>",
        )


@pytest.fixture
def known(acting: Acting) -> Any:
    with acting("claire"):
        return make(Account, name="Bâti-Rhône SARL", phone="04 65 71 20 10", kind="client")


def opened(sit: Sit, lead: Any, **options: Any) -> Desk:
    desk = sit("claire", **options)
    desk.open(f"/leads/convert/{lead.id}")
    desk.page.wait_for_function("() => document.querySelector('#f-other')?.tomselect")
    return desk


def test_a_lead_is_converted_by_keys_alone(sit: Sit, acting: Acting, lead: Any) -> None:
    desk = sit("claire")
    page = desk.open(f"/leads/show/{lead.id}")
    page.keyboard.press("v")
    page.wait_for_url(f"**/leads/convert/{lead.id}")
    tab_to(page, "account_mode")
    tab_to(page, "organization-name")
    page.keyboard.press("Control+A")
    page.keyboard.type("Bâti Loire")
    expect(page.locator("#conv-sentences")).to_contain_text("The prospect Bâti Loire is created")
    tab_to(page, "with_opportunity")
    page.keyboard.press("Space")
    tab_to(page, "opportunity-amount")
    page.keyboard.type("8,000.00")
    expect(page.locator("#conv-sentences")).to_contain_text("is created, €8,000.00")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/leads/show/{lead.id}")
    expect(page.locator("#toasts")).to_contain_text("Lead converted")
    with acting("claire"):
        became = again(lead)
        assert (became.account.name, str(became.contact)) == ("Bâti Loire", "Sophie Marchand")
        assert became.opportunity.amount == 8000
    page.keyboard.press("Control+Z")
    expect(page.locator("#toasts")).to_contain_text("Conversion undone")
    with acting("claire"):
        assert not again(lead).is_converted
    desk.check()


def tab_to(page: Page, name: str) -> None:
    """Tab until the field of this name has the focus."""
    for _ in range(60):
        if page.evaluate("document.activeElement.name") == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no Tab leads to {name}")


def test_the_chosen_account_stands_beside_the_lead(
    sit: Sit, acting: Acting, lead: Any, known: Any
) -> None:
    with acting("claire"):
        other = make(Account, name="Faro", phone="01 02 03 04 05")
        make(Contact, last_name="Roy", accounts=[other])
    desk = opened(sit, lead)
    page = desk.page
    expect(page.locator(".c-differ")).to_contain_text("04 65 71 20 10")
    page.locator("#f-other-ts-control").focus()
    page.keyboard.type("faro")
    expect(page.locator("#f-other-ts-dropdown .option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("[name=account][value=other]")).to_be_checked()
    expect(page.locator(".c-differ")).to_contain_text("01 02 03 04 05")
    expect(page.locator("#conv-sentences")).to_contain_text("linked to the prospect Faro")
    page.get_by_text("Choose", exact=True).click()
    page.wait_for_function("() => document.querySelector('#f-contact')?.tomselect")
    page.locator("#f-contact-ts-control").focus()
    page.keyboard.type("roy")
    expect(page.locator("#f-contact-ts-dropdown .option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#conv-sentences")).to_contain_text("The contact is Roy")
    page.keyboard.press("Control+Enter")
    page.wait_for_url(f"**/leads/show/{lead.id}")
    with acting("claire"):
        assert (again(lead).account_id, str(again(lead).contact)) == (other.id, "Roy")
    desk.check()


def test_a_double_click_converts_once(sit: Sit, acting: Acting, lead: Any) -> None:
    desk = opened(sit, lead)
    desk.page.get_by_role("button", name="Convert", exact=True).dblclick()
    desk.page.wait_for_url(f"**/leads/show/{lead.id}")
    with acting("claire") as session:
        assert len(session.scalars(select(Account)).all()) == 1
    desk.check()


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(
    sit: Sit, world: World, lead: Any, known: Any, axe: str, size: Any, theme: str
) -> None:
    choose(world, "fr", theme)
    desk = opened(sit, lead, viewport=size)
    desk.page.locator("[name=with_opportunity]").check()
    assert look(desk, axe, LEVELS) == []
    for mode in ("create", "link"):
        desk.page.locator(f"[name=account_mode][value={mode}]").check(force=True)
        desk.page.locator(
            f"[name=contact_mode][value={'choose' if mode == 'link' else 'create'}]"
        ).check(force=True)
        desk.page.wait_for_timeout(500)
        assert look(desk, axe, LEVELS) == [], mode
