"""Merging in a real browser: from the record to the kept one by keyboard, and what axe says."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from crm.accounts.models import Account, AccountKind, Contact
from crm.calendar.models import Event
from tests.browser.axe import LEVELS, choose, look
from tests.browser.conftest import NARROW, WIDE, Sit
from tests.factories import again, make
from tests.fixtures import Acting, World


@pytest.fixture
def two(acting: Acting) -> list[int]:
    """A prospect and a client that are the same."""
    with acting("marc"):
        prospect = make(
            Account,
            name="Bâti-Rhône SARL",
            kind=AccountKind.PROSPECT,
            phone="04 65 71 20 18",
            email="contact@batirhone.example",
            notes="<p>Neuf copieurs.</p>",
        )
        client = make(
            Account,
            name="Bati Rhone",
            kind=AccountKind.CLIENT,
            email="compta@batirhone.example",
            notes="<p>Le matin.</p>",
        )
        make(Contact, links=[{"account": client}])
        starts = datetime(2027, 1, 4, 9, tzinfo=UTC)
        make(Event, account=client, starts_at=starts, ends_at=starts + timedelta(hours=1))
        return [prospect.id, client.id]


def address(ids: list[int]) -> str:
    return "/clients/merge?ids=" + ",".join(map(str, ids))


def chosen(page: Page) -> dict[str, str]:
    """The line → the record whose value is chosen."""
    radios = page.locator("tbody input[type=radio]:checked")
    return {one.get_attribute("name") or "": one.input_value() for one in radios.all()}


def test_from_the_record_to_the_kept_one_by_keyboard(
    sit: Sit, two: list[int], acting: Acting
) -> None:
    desk = sit("marc")
    page = desk.open(f"/prospects/show/{two[0]}")
    page.get_by_role("button", name="More actions").focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Merge…").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Merge with other records")
    page.keyboard.type("bati rhone")
    expect(page.get_by_role("option", name="Bati Rhone")).to_be_visible()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Compare").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/clients/merge?ids=*")
    page.locator("input[name=keep]:checked").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".c-sumup")).to_contain_text("1 event moves to it.")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/show/*")
    expect(page.get_by_role("status").first).to_be_attached()
    assert "2 records merged" in page.content()
    desk.check()
    with acting("marc") as session:
        kept = int(page.url.rpartition("/")[2])
        assert session.get_one(Account, kept).kind == AccountKind.CLIENT


def test_four_others_are_chosen_by_keyboard_on_a_phone(
    sit: Sit, two: list[int], acting: Acting, axe: str
) -> None:
    with acting("marc"):
        for number in (1, 2, 3):
            make(Account, name=f"Bati Rhone {number}")
    desk = sit("marc", viewport=NARROW)
    page = desk.open(f"/prospects/merge_with/{two[0]}")
    page.get_by_role("combobox").focus()
    for name in ("Bati Rhone", "Bati Rhone 1", "Bati Rhone 2", "Bati Rhone 3"):
        page.keyboard.type(name.lower())
        expect(page.get_by_role("option", name=name, exact=True)).to_be_visible()
        page.keyboard.press("Enter")
        expect(page.locator(".item", has_text=name).first).to_be_visible()
    expect(page.locator(".ts-control .item")).to_have_count(4)
    page.keyboard.press("Backspace")
    expect(page.locator(".ts-control .item")).to_have_count(3)
    assert look(desk, axe, LEVELS) == []
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/clients/merge?ids=*")
    expect(page.locator("input[name=keep]")).to_have_count(4)
    desk.check()


def test_the_values_that_nobody_chose_follow_the_kept_record(sit: Sit, two: list[int]) -> None:
    desk = sit("marc")
    page = desk.open(address(two))
    first, second = map(str, two)
    page.locator(f"input[name=keep][value='{first}']").check()
    assert chosen(page)["v-email"] == chosen(page)["v-name"] == first
    page.locator(f"input[name=v-name][value='{second}']").check()
    page.locator(f"input[name=keep][value='{second}']").check()
    page.locator(f"input[name=keep][value='{first}']").check()
    assert chosen(page) == {"v-name": second, "v-email": first, "v-phone": first}
    expect(page.locator(".c-sumup")).to_contain_text("becomes a client")
    desk.check()


def test_without_script_the_page_merges_too(sit: Sit, two: list[int], acting: Acting) -> None:
    page = sit("marc", java_script_enabled=False).open(address(two))
    page.locator(f"input[name=keep][value='{two[0]}']").check()
    page.locator("input[name=v-notes]").nth(1).uncheck()
    page.get_by_role("button", name="Merge 2 records").click()
    assert page.url.endswith(f"/clients/show/{two[0]}")
    with acting("marc") as session:
        assert again(session.get_one(Account, two[0])).notes == "<p>Neuf copieurs.</p>"


@pytest.mark.parametrize(
    ("language", "theme", "viewport"),
    [("fr", "light", WIDE), ("fr", "dark", NARROW), ("en", "dark", WIDE)],
)
def test_axe_finds_nothing(
    sit: Sit,
    two: list[int],
    axe: str,
    world: World,
    language: str,
    theme: str,
    viewport: dict[str, int],
) -> None:
    choose(world, language, theme)
    desk = sit("marc", viewport=viewport)
    desk.open(address(two))
    if os.environ.get("LOOK"):
        desk.page.screenshot(path=f"{os.environ['LOOK']}-{language}-{theme}.png", full_page=True)
    assert look(desk, axe, LEVELS) == []
    desk.page.locator(".c-same summary").click()
    desk.page.locator("input[name=keep]:not(:checked)").check()
    assert look(desk, axe, LEVELS) == []
