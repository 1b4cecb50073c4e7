"""From a list to a record and on: rows as links, the records around one, the way back."""

import re

import pytest
from playwright.sync_api import Page, expect

from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from tests.browser.conftest import NARROW, Sit
from tests.factories import make
from tests.fixtures import Acting

NAMES = ("Arnaud", "Bach", "Costa", "Durand")
FILTERED = "/leads/list/?search=rue&_oc_LeadView=person&_od_LeadView=asc"


@pytest.fixture
def ids(acting: Acting) -> dict[str, int]:
    with acting("claire"):
        made = [make(Lead, last_name=name, organization=f"Rue {name}") for name in NAMES]
        make(Lead, last_name="Else")
    return dict(zip(NAMES, (row.id for row in made), strict=True))


def place(page: Page) -> str:
    said = page.locator("[data-neighbors] .num")
    expect(said).to_be_visible()
    return said.inner_text()


def test_a_row_is_a_link_as_a_whole(sit: Sit, ids: dict[str, int]) -> None:
    desk = sit("claire")
    page = desk.open(FILTERED)
    cell = page.locator("tr", has_text="Costa").locator("td").nth(3)
    for button, modifiers in (("middle", []), ("left", ["ControlOrMeta"])):
        with desk.context.expect_page() as opened:
            cell.click(button=button, modifiers=modifiers)
        expect(opened.value).to_have_url(re.compile(f"/leads/show/{ids['Costa']}$"))
        opened.value.close()
    expect(page).to_have_url(re.compile("/leads/list/"))

    cell.click()
    expect(page).to_have_url(re.compile("/leads/show/"))
    desk.check()


def test_selected_text_opens_nothing(sit: Sit, ids: dict[str, int]) -> None:
    page = sit("claire").open(FILTERED)
    cell = page.locator("tr", has_text="Costa").locator("td", has_text="Rue").first
    box = cell.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 8, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()
    assert page.evaluate("getSelection().toString()")
    expect(page).to_have_url(re.compile("/leads/list/"))


def test_j_and_k_go_through_the_list_that_one_came_from(sit: Sit, ids: dict[str, int]) -> None:
    desk = sit("claire")
    page = desk.open(FILTERED)
    page.locator("tr", has_text="Bach").locator("td").nth(4).click()
    assert place(page) == "2 of 4"
    page.keyboard.press("j")
    expect(page).to_have_url(re.compile(f"/leads/show/{ids['Costa']}$"))
    assert place(page) == "3 of 4"
    page.keyboard.press("j")
    expect(page).to_have_url(re.compile(f"/leads/show/{ids['Durand']}$"))
    assert place(page) == "4 of 4"
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page).to_have_url(re.compile(f"/leads/show/{ids['Costa']}$"))
    assert place(page) == "3 of 4"
    page.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="Leads").click()
    expect(page).to_have_url(re.compile(re.escape(FILTERED)))
    expect(page.get_by_role("link", name="Costa", exact=True)).to_be_focused()
    page.go_back()
    assert place(page) == "3 of 4"
    desk.check()


def test_a_record_that_no_list_led_to_has_no_neighbors(sit: Sit, ids: dict[str, int]) -> None:
    page = sit("claire").open(f"/leads/show/{ids['Bach']}")
    expect(page.locator("[data-neighbors]")).to_be_empty()


def test_the_menu_of_a_row_has_what_the_record_offers(sit: Sit, ids: dict[str, int]) -> None:
    desk = sit("claire")
    page = desk.open(FILTERED)
    page.get_by_role("link", name="Bach", exact=True).focus()
    page.keyboard.press(".")
    items = page.locator("#row-menu").get_by_role("menuitem")
    expect(items.first).to_be_focused()
    expect(items).to_contain_text(["Edit", "Create a meeting", "Create an event", "Lose"])
    desk.check()


def test_a_filter_asks_for_its_values_first_and_nothing_covers_apply(
    sit: Sit, ids: dict[str, int]
) -> None:
    desk = sit("claire")
    page = desk.open("/leads/list/")
    page.get_by_role("button", name="Filter", exact=True).click()
    entries = page.locator("#flt").get_by_role("menuitem")
    expect(entries.filter(has_text="tatus")).to_have_text(["Status"])
    entries.filter(has_text="Status").click()
    popover = page.locator("#flt-status")
    expect(popover.get_by_role("combobox", name="Status")).to_be_focused()
    expect(popover.locator(".optgroup-header")).to_have_text(["Open", "Converted", "Lost"])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    popover.get_by_role("button", name="Apply").click()
    expect(page).to_have_url(re.compile(r"_flt_0_status=\d+"))
    expect(page.locator("tr[data-row]")).to_have_count(len(ids) + 1)
    desk.check()


def test_columns_leave_a_narrow_list_and_what_comes_next_stays(
    sit: Sit, ids: dict[str, int]
) -> None:
    page = sit("claire").open("/leads/list/")
    heads = page.locator("#list thead")
    for width in (1440, 1200, 1024, 800):
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("list.scrollWidth - list.clientWidth")
        assert wide <= 0, width
        expect(heads.get_by_text("Next event")).to_be_visible()
        expect(heads.get_by_text("Phone")).to_be_visible(visible=width == 1440)


def test_an_organization_is_not_cut_while_the_name_has_room(sit: Sit, acting: Acting) -> None:
    with acting("alice"):
        make(Lead, last_name="Roy", organization="Ateliers Charpentier et fils")
    page = sit("alice").open("/leads/list/")
    cell = page.get_by_role("cell", name="Ateliers Charpentier et fils")
    assert cell.evaluate("(cell) => cell.scrollWidth <= cell.clientWidth")
    page.get_by_role("searchbox").fill("ateliers")
    expect(page.locator("#total")).to_have_text("1")


def test_a_phone_shows_amount_and_stage_and_sorts(sit: Sit, acting: Acting) -> None:
    with acting("claire"):
        for name, amount in (("Alpha", 100), ("Beta", 9000)):
            make(Opportunity, name=name, amount=amount)
    desk = sit("claire", viewport=NARROW)
    page = desk.open("/opportunities/list/")
    row = page.locator("tr[data-row]", has_text="Beta")
    expect(row.get_by_text("€9,000.00")).to_be_visible()
    expect(row.locator(".c-sub").get_by_text("New")).to_be_visible()
    page.get_by_role("button", name="Sort").click()
    page.get_by_role("menuitemradio", name="Amount").click()
    expect(page.locator("tr[data-row] .main > a")).to_have_text(["Alpha", "Beta"])
    desk.check()


def test_a_key_opens_the_filters(sit: Sit, ids: dict[str, int]) -> None:
    page = sit("claire").open("/leads/list/")
    page.keyboard.press("f")
    expect(page.get_by_role("menuitem", name="Status", exact=True)).to_be_focused()
