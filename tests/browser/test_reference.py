"""Reference data are ordered and edited in their list, by mouse and by keyboard."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Sit

STAGES = "/reference/stages/list/"


def names(page: Page) -> list[str]:
    return [text.strip() for text in page.locator("tr[data-row] th a").all_inner_texts()]


def test_values_are_ordered_by_keys_and_by_dragging(sit: Sit) -> None:
    desk = sit("alice")
    page = desk.open(STAGES)
    assert names(page)[:3] == ["New", "Qualification", "Proposal"]
    page.get_by_role("link", name="New", exact=True).focus()
    with page.expect_response("**/reference/stages/place/*"):
        page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_role("link", name="New", exact=True)).to_be_focused()
    page.reload()
    assert names(page)[:3] == ["Qualification", "New", "Proposal"]
    with page.expect_response("**/reference/stages/place/*"):
        target = page.locator("tr", has_text="Qualification")
        page.locator("tr", has_text="Proposal").drag_to(target)
    page.reload()
    assert names(page).index("Proposal") < names(page).index("New")
    # Stages that close an opportunity stay last: the order comes back, with the reason.
    page.get_by_role("link", name="Won", exact=True).focus()
    with page.expect_navigation():
        page.keyboard.press("Alt+ArrowUp")
    assert names(page)[-2:] == ["Won", "Lost"]
    expect(page.get_by_role("alert")).to_be_visible()
    desk.check()


def test_a_value_is_edited_over_its_list(sit: Sit) -> None:
    desk = sit("alice")
    page = desk.open(STAGES)
    row = page.locator("tr", has_text="Negotiation")
    row.hover()
    row.get_by_role("link", name="Edit").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox").first.press("ControlOrMeta+a")
    page.keyboard.type("Closing")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    assert page.url.endswith(STAGES)
    assert "Closing" in names(page)
    desk.check()
