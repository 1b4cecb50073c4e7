"""What is typed is not lost, and is forgotten once it is saved."""

from playwright.sync_api import Page, expect

from tests.browser.axe import place
from tests.browser.conftest import Desk, Sit
from tests.house.conftest import planted_world, rows
from tests.population import Planted

__all__ = ["place", "planted_world", "rows"]
KEPT = "() => Object.keys(localStorage).filter((key) => key.startsWith('comptoir:draft:')).length"


def type_into(page: Page, name: str, text: str) -> None:
    field = page.locator(f"#f-{name}")
    field.press("ControlOrMeta+a")
    field.press_sequentially(text)
    page.wait_for_function(KEPT)  # it is kept a moment after the last key


def leave(desk: Desk) -> list[str]:
    """Leave without saving; returns the questions that were asked."""
    asked: list[str] = []

    def accept(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        dialog.accept()  # type: ignore[attr-defined]

    desk.page.once("dialog", accept)
    desk.open("/nowhere")
    return asked


def none_is_kept(page: Page) -> None:
    """Within five seconds: a draft goes just after the page shows what was saved."""
    for _ in range(100):
        if page.evaluate(KEPT) == 0:
            return
        page.wait_for_timeout(50)
    raise AssertionError("a draft is kept")


def test_an_edit_in_place_asks_before_leaving_and_is_offered_again(
    place: Sit, rows: dict[str, Planted]
) -> None:
    desk, record = place("alice"), f"/leads/show/{rows['claire'].ids['lead']}"
    page = desk.open(record)
    page.get_by_role("link", name="Edit: City").click()
    type_into(page, "city", "Brest")
    assert leave(desk) == ["beforeunload"]
    desk.open(record)
    page.get_by_role("button", name="Restore").click()
    field = page.locator("#f-city")
    expect(field).to_have_value("Brest")
    field.press("Enter")
    expect(page.locator("#fld-city dd").first).to_have_text("Brest")
    none_is_kept(page)
    desk.open(record)
    expect(page.locator(".c-field.editing")).to_have_count(0)
    desk.check()


def test_a_cell_of_a_list_asks_before_leaving_and_is_offered_again(place: Sit) -> None:
    desk, vocabulary = place("alice"), "/reference/stages/list/"
    page = desk.open(vocabulary)
    pencil = page.get_by_role("link", name="Edit: Qualification, Probability (%)")
    pencil.press("Enter")
    type_into(page, "probability", "33")
    assert leave(desk) == ["beforeunload"]
    desk.open(vocabulary)
    page.get_by_role("button", name="Restore").click()
    field = page.locator("#f-probability")
    expect(field).to_have_value("33")
    field.press("Enter")
    expect(pencil).to_be_focused()
    none_is_kept(page)
    desk.check()


def test_a_canceled_edit_in_place_leaves_no_draft(place: Sit, rows: dict[str, Planted]) -> None:
    page = place("alice").open(f"/leads/show/{rows['marc'].ids['lead']}")
    page.get_by_role("link", name="Edit: City").click()
    type_into(page, "city", "Brest")
    page.keyboard.press("Escape")
    none_is_kept(page)


def test_saved_settings_are_not_offered_again_once_a_colleague_has_changed_them(
    place: Sit,
) -> None:
    mine, theirs = place("alice"), place("alice")
    for desk, days in ((mine, "45"), (theirs, "60")):
        page = desk.open("/settings/crm")
        type_into(page, "bin_days", days)
        page.keyboard.press("Control+Enter")
        expect(page.locator("#toasts")).to_contain_text("saved")
        none_is_kept(page)
    page = mine.open("/settings/crm")
    expect(page.locator("#f-bin_days")).to_have_value("60")
    expect(page.get_by_role("button", name="Restore")).to_have_count(0)


def test_a_restored_draft_does_not_overwrite_what_a_colleague_has_saved_meanwhile(
    place: Sit, rows: dict[str, Planted]
) -> None:
    form = f"/contacts/edit/{rows['claire'].ids['contact']}"
    mine, theirs = place("alice"), place("claire")
    type_into(mine.open(form), "last_name", "Mine")
    leave(mine)
    page = theirs.open(form)
    type_into(page, "last_name", "Theirs")
    type_into(page, "first_name", "Zoé")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/contacts/show/**")
    page = mine.open(form)
    page.get_by_role("button", name="Restore").click()
    page.keyboard.press("Control+Enter")
    table = page.locator("table.c-diff")
    expect(table).to_contain_text("Mine")
    expect(table).to_contain_text("Theirs")
    expect(table).not_to_contain_text("Zoé")
