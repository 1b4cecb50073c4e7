"""Pickers: what keys ask for is chosen, and nothing else."""

import re

from playwright.sync_api import Page, expect

from tests.browser.axe import place
from tests.browser.conftest import Sit
from tests.browser.tabbing import BUILT, tab_through
from tests.house.conftest import planted_world, rows
from tests.population import Planted

__all__ = ["place", "planted_world", "rows"]


def test_tab_over_a_form_changes_nothing(place: Sit, rows: dict[str, Planted]) -> None:
    """All forms: `make proof`, tests/proof/proof_tab.py."""
    desk, ids = place("alice"), rows["claire"].ids
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))
    for path in ("/opportunities/add", f"/quotes/edit/{ids['quote']}", "/settings/crm"):
        tab_through(desk, path)
    assert not [url for url in asked if "/pick/" in url]
    desk.check()


def test_keys_that_save_choose_nothing(place: Sit, rows: dict[str, Planted]) -> None:
    page = opened(place, f"/users/edit/{rows['claire'].owner}")
    roles = page.locator("#f-roles + .ts-wrapper")
    before = roles.locator(".item").all_inner_texts()
    page.locator("#f-first_name").press_sequentially("Zoé")
    page.locator("#f-roles-ts-control").focus()
    page.keyboard.press("ArrowDown")
    expect(roles.locator(".option.active")).to_have_count(1)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/users/show/**")
    page.goto(f"/users/edit/{rows['claire'].owner}")
    page.wait_for_function(BUILT)
    assert roles.locator(".item").all_inner_texts() == before


def test_what_is_typed_is_chosen_by_tab_which_goes_on(place: Sit) -> None:
    page = opened(place, "/opportunities/add")
    account = page.locator("#f-account + .ts-wrapper")
    page.locator("#f-account-ts-control").focus()
    page.keyboard.press("Tab")
    expect(account.locator(".item")).to_have_count(0)
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("zqmarc")
    page.keyboard.press("Tab")  # quicker than the server's answer
    expect(account.locator(".item")).to_contain_text("Zqmarc")
    expect(account.locator("input")).not_to_be_focused()


def test_keys_quicker_than_the_server_choose_and_apply_a_filter(place: Sit) -> None:
    page = place("alice").open("/leads/list/")
    page.keyboard.press("f")
    page.keyboard.type("stat")
    expect(page.get_by_role("menuitem", name="Status", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#flt-status").get_by_role("combobox", name="Status")).to_be_focused()
    for key in ("ArrowDown", "ArrowDown", "Enter", "Enter"):
        page.keyboard.press(key)
    page.wait_for_url(re.compile(r"\?_flt_0_status=\d+$"))


def test_a_filter_takes_several_values_by_keys_alone(place: Sit) -> None:
    page = place("alice").open("/leads/list/")
    page.keyboard.press("f")
    page.keyboard.press("Enter")
    picker = page.locator("#flt-status .ts-wrapper")
    expect(picker.locator(".option").first).to_be_visible()
    expect(picker.locator(".option.active")).to_have_count(0)
    page.keyboard.type("lost")
    expect(picker.locator(".option.active")).to_have_text("Lost")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")  # in the list of all, which the server sends anew
    page.keyboard.press("Enter")
    expect(picker.locator(".item")).to_have_count(2)
    page.keyboard.press("Control+Enter")
    expect(picker.locator(".item")).to_have_count(2)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"\?_flt_0_status=\d+&_flt_0_status=\d+$"))


def test_arrows_pressed_before_the_answer_choose_what_they_lead_to(place: Sit) -> None:
    page = opened(place, "/opportunities/add")
    page.locator("#f-account-ts-control").focus()
    page.keyboard.press("ArrowDown")
    second = page.locator("#f-account + .ts-wrapper .option").nth(1)
    expect(second).to_be_visible()
    name = second.locator(".c-cut").inner_text()
    page.keyboard.press("Escape")
    for key in ("ArrowDown", "ArrowDown", "ArrowUp", "ArrowDown", "Tab"):
        page.keyboard.press(key)
    expect(page.locator("#f-account + .ts-wrapper .item")).to_contain_text(name)
    expect(page.locator("#f-account-ts-control")).not_to_be_focused()


def opened(place: Sit, path: str) -> Page:
    page = place("alice").open(path)
    page.wait_for_function(BUILT)
    return page
