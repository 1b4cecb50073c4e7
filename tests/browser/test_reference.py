"""Reference data are ordered and edited in their list, by mouse and by keyboard."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Sit

STAGES = "/reference/stages/list/"


def names(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("tr[data-row] th").all_inner_texts()]


def cell(page: Page, row: str, column: str) -> Locator:
    return page.get_by_role("link", name=f"Edit: {row}, {column}", exact=True)


def test_values_are_ordered_by_keys_and_by_dragging(sit: Sit) -> None:
    desk = sit("alice")
    page = desk.open(STAGES)
    assert names(page)[:3] == ["New", "Qualification", "Proposal"]
    cell(page, "New", "Name").focus()
    with page.expect_response("**/reference/stages/place/*"):
        page.keyboard.press("Alt+ArrowDown")
    expect(cell(page, "New", "Name")).to_be_focused()
    page.reload()
    assert names(page)[:3] == ["Qualification", "New", "Proposal"]
    with page.expect_response("**/reference/stages/place/*"):
        target = page.locator("tr", has_text="Qualification")
        page.locator("tr", has_text="Proposal").drag_to(target)
    page.reload()
    assert names(page).index("Proposal") < names(page).index("New")
    # Stages that close an opportunity stay last: the order comes back, with the reason.
    cell(page, "Won", "Name").focus()
    with page.expect_navigation():
        page.keyboard.press("Alt+ArrowUp")
    assert names(page)[-2:] == ["Won", "Lost"]
    expect(page.get_by_role("alert")).to_be_visible()
    desk.check()


def test_a_cell_is_edited_by_mouse_and_keys_alone(sit: Sit) -> None:
    desk = sit("alice")
    page = desk.open(STAGES)
    row = page.locator("tr", has_text="Negotiation")
    probability = row.locator("td", has_text="%")
    probability.click()  # anywhere in the cell
    expect(page.locator("#f-probability")).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("140")
    page.keyboard.press("Enter")  # refused: said beside the cell, and the text stays
    expect(page.locator(".editing .c-err")).to_be_visible()
    expect(page.locator("#f-probability")).to_have_value("140")
    page.keyboard.press("Escape")  # taken back
    expect(cell(page, "Negotiation", "Probability (%)")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#f-probability")).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("66")
    page.keyboard.press("Enter")  # saved, and stays
    expect(cell(page, "Negotiation", "Probability (%)")).to_be_focused()
    expect(row).to_contain_text("66")
    assert page.url.endswith(STAGES)
    desk.check()


def test_tab_goes_through_the_languages_then_to_the_next_cell(sit: Sit) -> None:
    desk = sit("alice")
    page = desk.open(STAGES)
    cell(page, "Proposal", "Name").press("Enter")
    expect(page.locator("#f-name-en")).to_be_focused()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Offer")
    page.keyboard.press("Tab")
    expect(page.locator("#f-name-fr")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#f-kind")).to_be_focused()
    assert "Offer" in names(page)
    page.keyboard.press("Shift+Tab")
    expect(page.locator("#f-name-en")).to_be_focused()
    page.keyboard.press("Escape")
    desk.check()


def test_a_new_value_is_typed_into_the_last_row(sit: Sit) -> None:
    desk = sit("alice")
    page = desk.open("/reference/sources/list/")
    page.get_by_role("link", name="Add a value").click()
    expect(page.locator("#f-name-en")).to_be_focused()
    page.keyboard.type("Fair")
    page.keyboard.press("Tab")
    page.keyboard.type("Salon")
    page.keyboard.press("Enter")
    page.wait_for_url("**/reference/sources/add")
    expect(page.locator("tr[data-row]", has_text="Fair")).to_be_visible()
    expect(page.locator("#f-name-en")).to_be_focused()  # and the next one can be typed
    page.keyboard.press("Escape")
    page.wait_for_url("**/reference/sources/list/")
    assert "Fair" in names(page)
    desk.check()
