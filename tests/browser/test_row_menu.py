"""The menu that all lines of a list share, by mouse and by keyboard."""

import re

from playwright.sync_api import Route, expect

from crm.leads import services
from tests.browser.conftest import NARROW, Sit
from tests.fixtures import Acting

EVENTS = ("Create a meeting", "Create a call", "Create a task", "Create an event")
LAST = ["Check duplicates", "Print"]


def two_leads(acting: Acting) -> tuple[int, int]:
    """Durand is Claire's; Roche is nobody's, and so may be taken charge of."""
    with acting("claire"):
        mine = services.create(services.defaults({"last_name": "Durand"}))
    with acting("marc"):
        free = services.create({**services.defaults({"last_name": "Roche"}), "owner": None})
    return mine.id, free.id


def test_each_line_opens_the_one_menu_with_what_can_be_done_to_it(sit: Sit, acting: Acting) -> None:
    two_leads(acting)
    desk = sit("claire")
    page = desk.open("/leads/list/")
    menu = page.locator("#row-menu")
    page.locator("tr", has_text="Durand").hover()
    page.get_by_role("button", name="Actions: Durand").click()
    expect(menu.get_by_role("menuitem")).to_have_text(
        ["Convert", "Edit", *EVENTS, "Send an e-mail", "Lose", *LAST]
    )
    expect(menu.get_by_role("menuitem", name="Convert")).to_be_focused()

    page.locator("tr", has_text="Roche").hover()
    page.get_by_role("button", name="Actions: Roche").click()
    expect(menu.get_by_role("menuitem")).to_have_text(
        ["Take charge", *EVENTS, "Send an e-mail", *LAST]
    )
    expect(page.get_by_role("button", name="Actions: Durand")).to_have_attribute(
        "aria-expanded", "false"
    )
    menu.get_by_role("menuitem", name="Take charge").click()
    expect(page.locator("#toasts")).to_contain_text("Lead assigned to you")
    desk.check()


def test_an_action_leads_back_to_the_list_with_its_filter_and_place(
    sit: Sit, acting: Acting
) -> None:
    two_leads(acting)
    desk = sit("claire")
    path = "/leads/list/?_flt_0_status.kind=open&_oc_LeadView=person&_od_LeadView=asc"
    page = desk.open(path)
    page.get_by_role("link", name="Roche", exact=True).focus()
    page.keyboard.press(".")
    page.keyboard.press("t")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts")).to_contain_text("Lead assigned to you")
    expect(page).to_have_url(path)
    expect(page.get_by_role("link", name="Roche", exact=True)).to_be_focused()

    page.keyboard.press(".")
    page.get_by_role("menuitem", name="Lose").press("Enter")
    dialog = page.get_by_role("dialog", name="Lose the lead")
    dialog.get_by_label("Lost reason").select_option(label="Price")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#toasts")).to_contain_text("Lead lost")
    expect(page).to_have_url(path)
    expect(page.get_by_role("link", name="Durand", exact=True)).to_be_focused()  # it is left alone
    desk.check()


def test_the_keyboard_opens_the_menu_of_a_line_and_acts(sit: Sit, acting: Acting) -> None:
    mine, _free = two_leads(acting)
    desk = sit("claire")
    page = desk.open("/leads/list/")
    page.get_by_role("link", name="Roche", exact=True).focus()
    page.keyboard.press(".")
    items = page.locator("#row-menu").get_by_role("menuitem")
    expect(items.first).to_be_focused()
    expect(items).to_have_count(2 + len(EVENTS) + len(LAST))
    page.keyboard.press("ArrowDown")
    expect(items.nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#row-menu")).to_be_hidden()

    page.get_by_role("button", name="Actions: Durand").focus()
    page.keyboard.press("Enter")
    expect(items.first).to_be_focused()
    page.keyboard.press("e")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/leads/edit/{mine}$"))
    desk.check()


def test_keys_quicker_than_the_entries_of_a_menu_are_kept(sit: Sit, acting: Acting) -> None:
    two_leads(acting)
    desk = sit("claire")
    page = desk.open("/leads/list/")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/leads/menu/*", hold)
    page.get_by_role("link", name="Durand", exact=True).focus()
    for key in (".", "l", "Enter"):  # Lose is not among the icons of the line
        page.keyboard.press(key)
    expect(page.locator("#row-menu")).to_have_attribute("aria-busy", "true")
    (asked,) = held
    asked.continue_()
    expect(page.get_by_role("dialog", name="Lose the lead")).to_be_visible()
    desk.check()


def test_a_phone_has_the_menu_of_a_line_as_a_sheet(sit: Sit, acting: Acting) -> None:
    two_leads(acting)
    desk = sit("claire", viewport=NARROW)
    page = desk.open("/leads/list/")
    page.get_by_role("button", name="Actions: Roche").click()
    items = page.locator("#row-menu").get_by_role("menuitem")
    expect(items).to_have_text(["Take charge", *EVENTS, "Send an e-mail", *LAST])
    desk.check()


def test_without_script_a_line_still_offers_its_actions(sit: Sit, acting: Acting) -> None:
    mine, _free = two_leads(acting)
    page = sit("claire", java_script_enabled=False).open("/leads/list/")
    line = page.locator("tr", has_text="Durand")
    line.hover()
    expect(line.get_by_role("button", name="Actions: Durand")).to_be_hidden()
    line.get_by_role("link", name="Edit").click()
    expect(page).to_have_url(re.compile(f"/leads/edit/{mine}$"))
