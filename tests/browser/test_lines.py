"""The lines of a quote by keyboard, as a salesperson types them."""

from collections.abc import Callable
from decimal import Decimal
from random import Random

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from crm.accounts.models import Account
from crm.core.models.text import format_money
from crm.quotes.fields import TOTALS
from crm.quotes.models import LineKind, Product, Quote, QuoteLine, Unit, VatRate
from crm.quotes.pdf import render
from tests.browser.conftest import NARROW, Sit
from tests.factories import make, person, word
from tests.fixtures import Acting, Cast
from tests.quotes.papers import at_random, pages, plain

D = Decimal
Read = Callable[[], list[tuple[object, ...]]]


@pytest.fixture
def quote(acting: Acting, cast: Cast) -> int:
    """A draft of Claire's with two items, a title between them and a subtotal."""
    with acting("claire"):
        rate = word(VatRate, "20%")
        lines = [
            {"label": "Pump", "quantity": D(2), "unit_price": D("100.00"), "vat_rate": rate},
            {"kind": LineKind.SECTION, "label": "Services"},
            {"label": "Fitting", "quantity": D(3), "unit_price": D("50.00"), "vat_rate": rate},
            {"kind": LineKind.SUBTOTAL, "label": "Subtotal"},
        ]
        account = make(Account, owner=person(cast.claire))
        return int(make(Quote, account=account, owner=person(cast.claire), lines=lines).id)


@pytest.fixture
def stored(acting: Acting, quote: int) -> Read:
    """(kind, label, quantity, price) of the lines, as they are stored now."""

    def read() -> list[tuple[object, ...]]:
        with acting("claire") as session:
            lines = session.scalars(
                select(QuoteLine).where(QuoteLine.quote_id == quote).order_by(QuoteLine.position)
            )
            return [(one.kind.value, one.label, one.quantity, one.unit_price) for one in lines]

    return read


def cell(page: Page, number: int, name: str) -> Locator:
    return page.locator(f"#f-lines-{number}-{name}")


def save(page: Page) -> None:
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/quotes/show/*")


def paste(page: Page, text: str, html: str = "<table><tr><td></td></tr></table>") -> None:
    """What a spreadsheet puts on the clipboard, into what has the focus."""
    page.evaluate(
        """([text, html]) => {
        const data = new DataTransfer();
        data.setData("text/plain", text);
        data.setData("text/html", html);
        const said = { clipboardData: data, bubbles: true, cancelable: true };
        const event = new ClipboardEvent("paste", said);
        document.activeElement.dispatchEvent(event);
    }""",
        [text, html],
    )


def test_enter_goes_down_a_column_and_adds_a_line_at_the_end(
    sit: Sit, quote: int, stored: Read
) -> None:
    desk = sit("claire")
    page = desk.open(f"/quotes/edit/{quote}")
    cell(page, 0, "unit_price").focus()
    page.keyboard.press("Enter")
    expect(cell(page, 1, "label")).to_be_focused()  # a title has no price
    page.keyboard.press("Enter")
    expect(cell(page, 2, "unit_price")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(cell(page, 4, "label")).to_be_focused()
    page.keyboard.type("Manual")
    page.keyboard.press("Tab")
    expect(cell(page, 4, "quantity")).to_be_focused()
    page.keyboard.type("1.5")
    for name in ("unit", "unit_price"):
        page.keyboard.press("Tab")
        expect(cell(page, 4, name)).to_be_focused()
    page.keyboard.type("10")
    page.keyboard.press("Enter")  # an empty line is begun, and is left so
    expect(cell(page, 5, "label")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-row]")).to_have_count(6)
    expect(cell(page, 4, "vat_rate").locator("option:checked")).to_have_text("20%")
    expect(page.locator(".c-totals .grand output")).to_have_text("€438.00")
    expect(page.locator(".c-bar-sum output")).to_have_text("€438.00")
    expect(page.locator("[data-by-rate] td").last).to_have_text("€73.00")
    expect(page.locator(".subtotal output")).to_have_text("€150.00")
    save(page)
    assert stored()[-1] == ("item", "Manual", D("1.5"), D(10))
    assert len(stored()) == 5
    desk.check()


def test_lines_are_moved_and_deleted_by_keys_and_come_back(
    sit: Sit, quote: int, stored: Read
) -> None:
    desk = sit("claire")
    page = desk.open(f"/quotes/edit/{quote}")
    cell(page, 2, "quantity").focus()
    page.keyboard.press("Alt+ArrowUp")
    expect(cell(page, 1, "quantity")).to_be_focused()
    expect(page.locator("[data-said]")).to_have_text("Moved to position 2")
    page.keyboard.press("Control+Backspace")
    expect(cell(page, 1, "label")).to_have_value("Services")
    expect(cell(page, 1, "label")).to_be_focused()
    expect(page.locator("#toasts")).to_contain_text("Line 2 deleted")
    page.keyboard.press("Control+z")
    expect(cell(page, 1, "quantity")).to_be_focused()
    expect(cell(page, 1, "label")).to_have_value("Fitting")
    page.keyboard.press("Control+Backspace")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("[data-row]")).to_have_count(4)
    page.keyboard.press("Control+Backspace")
    save(page)
    assert [one[1] for one in stored()] == ["Pump", "Services", "Subtotal"]
    desk.check()


def test_an_order_by_keys_is_the_order_that_is_saved(sit: Sit, quote: int, stored: Read) -> None:
    page = sit("claire").open(f"/quotes/edit/{quote}")
    cell(page, 3, "label").focus()
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Alt+ArrowUp")
    save(page)
    assert [one[1] for one in stored()] == ["Pump", "Subtotal", "Services", "Fitting"]


def test_rows_of_a_spreadsheet_become_lines(sit: Sit, quote: int, stored: Read) -> None:
    desk = sit("claire")
    page = desk.open(f"/quotes/edit/{quote}")
    cell(page, 0, "label").focus()
    rows = 'Desk\t2\tPiece\t1,234.50\t5%\t20 %\r\n"Chair ""X"", blue"\t1\tBox\t12,5\t\t5.5%\r\n'
    paste(page, rows)
    expect(page.locator("#toasts")).to_contain_text("2 lines pasted")
    expect(cell(page, 1, "label")).to_have_value("Desk")
    expect(cell(page, 1, "unit_price")).to_have_value("1,234.50")
    expect(cell(page, 2, "label")).to_have_value('Chair "X", blue')
    unit = page.locator("[data-cell]").filter(has=cell(page, 2, "unit"))
    expect(unit.locator(".c-err")).to_have_text("“Box” is not among the choices.")
    price = page.locator("[data-cell]").filter(has=cell(page, 2, "unit_price"))
    expect(price.locator(".c-err")).to_contain_text("Enter a number, such as")
    expect(cell(page, 2, "unit_price")).to_have_value("12,5")  # it stays as it came
    expect(cell(page, 1, "vat_rate").locator("option:checked")).to_have_text("20%")
    cell(page, 2, "unit_price").fill("12.5")
    expect(price.locator(".c-err")).to_have_count(0)
    cell(page, 2, "unit").select_option(label="Piece")
    expect(unit.locator(".c-err")).to_have_count(0)
    save(page)
    assert stored()[1:3] == [
        ("item", "Desk", D(2), D("1234.50")),
        ("item", 'Chair "X", blue', D(1), D("12.5")),
    ]
    desk.check()


def test_a_pasted_column_goes_down_the_items_and_can_be_taken_back(
    sit: Sit, quote: int, stored: Read
) -> None:
    page = sit("claire").open(f"/quotes/edit/{quote}")
    cell(page, 0, "unit_price").focus()
    paste(page, "1\n2\n3\n")
    expect(cell(page, 2, "unit_price")).to_have_value("2")
    expect(cell(page, 4, "unit_price")).to_have_value("3")
    page.keyboard.press("Control+z")
    expect(cell(page, 0, "unit_price")).to_have_value("100.00")
    expect(page.locator("[data-row]")).to_have_count(4)


def test_too_many_rows_are_told_and_leave_the_way_back_of_what_was_done_before(
    sit: Sit, quote: int
) -> None:
    page = sit("claire").open(f"/quotes/edit/{quote}")
    cell(page, 0, "label").focus()
    page.keyboard.press("Control+Backspace")
    cell(page, 1, "label").focus()  # the first line is a title now
    paste(page, "Row\t1\n" * 5000)
    expect(page.locator("#toasts")).to_contain_text("The maximum is 500 lines.")
    expect(page.locator("#toasts").get_by_role("button", name="Undo")).to_have_count(0)
    expect(page.locator("[data-row]")).to_have_count(3)
    page.keyboard.press("Control+z")
    expect(cell(page, 0, "label")).to_have_value("Pump")


def test_an_empty_line_in_between_moves_no_figure(sit: Sit, quote: int) -> None:
    page = sit("claire").open(f"/quotes/edit/{quote}")
    cell(page, 0, "label").focus()
    paste(page, "Hose\t\t\t7\n\t\t\t\nTap\t\t\t9\n")
    expect(cell(page, 3, "label")).to_have_value("Tap")
    expect(cell(page, 3, "quantity")).to_have_value("1")
    expect(page.locator("output[data-preview='lines-3-total_excl']")).to_have_text("€9.00")
    expect(cell(page, 2, "quantity")).to_have_value("")


def test_a_text_of_several_lines_stays_one_text(sit: Sit, quote: int, stored: Read) -> None:
    page = sit("claire").open(f"/quotes/edit/{quote}")
    cell(page, 0, "label").focus()
    paste(page, "first\nsecond", html="<p>first</p>")
    expect(page.locator("[data-row]")).to_have_count(4)


def test_a_product_is_found_while_its_name_is_typed(
    sit: Sit, quote: int, stored: Read, acting: Acting
) -> None:
    with acting("alice"):
        make(
            Product, name="Desk 160", code="D-160", description="Oak",
            prices=[{"currency": "EUR", "price": D("489.50")}],
            unit=word(Unit, "Piece"), vat_rate=word(VatRate, "5.5%"),
        )  # fmt: skip
        make(Product, name="Desk 180", code="D-180", active=False)
    desk = sit("claire")
    page = desk.open(f"/quotes/edit/{quote}")
    page.get_by_role("button", name="Item", exact=True).click()
    page.keyboard.type("des")
    option = page.get_by_role("option", name="Desk")
    expect(option).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(cell(page, 4, "label")).to_have_value("Desk 160")
    expect(cell(page, 4, "quantity")).to_be_focused()
    expect(cell(page, 4, "unit_price")).to_have_value("489.50")
    expect(cell(page, 4, "description")).to_have_value("Oak")
    expect(cell(page, 4, "vat_rate").locator("option:checked")).to_have_text("5.5%")
    page.keyboard.type("2")
    save(page)
    assert stored()[-1] == ("item", "Desk 160", D(2), D("489.50"))
    desk.check()


def test_escape_closes_the_suggestions_and_a_name_may_be_no_product(
    sit: Sit, quote: int, stored: Read, acting: Acting
) -> None:
    with acting("alice"):
        make(Product, name="Desk 160", code="D-160")
    page = sit("claire").open(f"/quotes/edit/{quote}")
    page.get_by_role("button", name="Item", exact=True).click()
    page.keyboard.type("desk of oak")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.locator("#found")).to_be_hidden()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("5")
    save(page)
    assert stored()[-1] == ("item", "desk of oak", D(1), D(5))


def test_a_draft_brings_moved_and_new_lines_back(sit: Sit, quote: int, stored: Read) -> None:
    desk = sit("claire")
    page = desk.open(f"/quotes/edit/{quote}")
    cell(page, 2, "label").focus()
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Alt+ArrowUp")
    page.get_by_role("button", name="Section title").click()
    page.keyboard.type("Options")
    page.keyboard.press("Enter")
    page.keyboard.type("Manual")
    cell(page, 5, "unit_price").fill("7")
    page.wait_for_timeout(700)  # it is kept a moment after the last key
    page.once("dialog", lambda dialog: dialog.accept())
    desk.open(f"/quotes/edit/{quote}")
    page.get_by_role("button", name="Restore").click()
    expect(cell(page, 5, "label")).to_have_value("Manual")
    save(page)
    assert [one[:2] for one in stored()] == [
        ("item", "Fitting"), ("item", "Pump"), ("section", "Services"), ("subtotal", "Subtotal"),
        ("section", "Options"), ("item", "Manual"),
    ]  # fmt: skip
    desk.check()


def test_a_form_that_nobody_touched_is_saved_as_it_was(
    sit: Sit, quote: int, stored: Read, acting: Acting
) -> None:
    before = stored()
    page = sit("claire").open(f"/quotes/edit/{quote}")
    expect(page.locator(".c-totals .grand output")).to_have_text("€420.00")
    page.locator("#f").evaluate("(form) => form.submit()")
    page.wait_for_url("**/quotes/show/*")
    assert stored() == before
    with acting("claire") as session:
        assert session.get_one(Quote, quote).row_version == 1


def test_a_finger_moves_and_deletes_by_the_menu_of_the_line(
    sit: Sit, quote: int, stored: Read
) -> None:
    desk = sit("claire", viewport=NARROW, has_touch=True, is_mobile=True)
    page = desk.open(f"/quotes/edit/{quote}")
    menu = page.get_by_role("button", name="Actions on the line")
    menu.nth(2).tap()
    page.get_by_role("menuitem", name="Move up").tap()
    expect(cell(page, 1, "label")).to_have_value("Fitting")
    menu.nth(3).tap()
    page.get_by_role("menuitem", name="Delete the line").tap()
    expect(page.locator("[data-row]")).to_have_count(3)
    menu.nth(0).tap()
    page.get_by_role("menuitem", name="More details").tap()
    cell(page, 0, "discount_amount").fill("10")
    expect(page.locator(".c-totals .grand output")).to_have_text("€396.00")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    page.get_by_role("button", name="Save").tap()
    page.wait_for_url("**/quotes/show/*")
    assert [one[1] for one in stored()] == ["Pump", "Fitting", "Services"]
    desk.check()


@pytest.mark.accept("A-62")
def test_a_discount_above_the_ceiling_is_marked_beside_its_cell(sit: Sit, quote: int) -> None:
    desk = sit("claire")
    page = desk.open(f"/quotes/edit/{quote}")
    marks = page.locator(".flag")
    cell(page, 0, "discount_percent").fill("15")
    expect(page.locator(".c-totals .grand output")).to_have_text("€384.00")
    expect(marks).to_have_count(0)
    page.get_by_label("Global discount (%)").fill("1")
    expect(marks).to_have_text("Needs approval")
    page.keyboard.press("Tab")
    expect(page.locator("[data-cell]", has=marks).locator("input")).to_have_value("15")
    page.get_by_label("Global discount (%)").fill("")
    expect(marks).to_have_count(0)
    page = sit("marc").open(f"/quotes/edit/{quote}")
    cell(page, 0, "discount_percent").fill("50")
    expect(page.locator(".c-totals .grand output")).to_have_text("€300.00")
    expect(page.locator(".flag")).to_have_count(0)  # he approves it himself
    desk.check()


@pytest.mark.slow("a quote of two hundred lines")
def test_two_hundred_lines_keep_up_with_the_keys(sit: Sit, acting: Acting, cast: Cast) -> None:
    with acting("claire"):
        rate = word(VatRate, "20%")
        line = {"label": "Pump", "quantity": D(2), "unit_price": D(100), "vat_rate": rate}
        account, owner = make(Account, owner=person(cast.claire)), person(cast.claire)
        long = make(Quote, account=account, owner=owner, lines=[line] * 200).id
    desk = sit("claire")
    page = desk.open(f"/quotes/edit/{long}")
    expect(page.locator(".c-totals .grand output")).to_have_text("€48,000.00")
    page.evaluate(LONGEST_TASK)
    cell(page, 0, "quantity").focus()
    page.keyboard.type("12", delay=30)
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Control+Backspace")
    page.keyboard.press("Control+z")
    for _ in range(5):
        page.keyboard.press("Enter")
    page.wait_for_timeout(1000)  # a draft is kept, and the figures come
    assert page.evaluate("window.longest") < 1000  # milliseconds, while other tests run beside
    desk.check()


def test_a_line_of_the_record_leads_to_where_it_is_edited(sit: Sit, quote: int) -> None:
    desk = sit("claire")
    page = desk.open(f"/quotes/show/{quote}")
    page.get_by_role("link", name="Fitting").click()
    expect(cell(page, 2, "label")).to_be_focused()
    desk.check()


def test_the_editor_has_no_fault_that_axe_finds(sit: Sit, quote: int, axe: str) -> None:
    page = sit("claire").open(f"/quotes/edit/{quote}")
    cell(page, 0, "quantity").fill("two")
    cell(page, 0, "discount_percent").fill("50")
    page.keyboard.press("Tab")
    expect(page.locator(".c-err")).to_have_count(1)
    page.get_by_role("button", name="Actions on the line").first.click()
    page.get_by_role("menuitem", name="More details").click()
    page.evaluate(axe)
    found = page.evaluate("axe.run().then(({ violations }) => violations)")
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


LONGEST_TASK = """() => {
  window.longest = 0;
  new PerformanceObserver((list) => {
    const durations = list.getEntries().map(({ duration }) => duration);
    window.longest = Math.max(window.longest, ...durations);
  }).observe({ type: "longtask" });
}"""


# What the form shows, by the name of the figure.
SHOWN = """Object.fromEntries([...document.querySelectorAll("output[data-preview]")]
    .map((one) => [one.dataset.preview, one.value]))"""


@pytest.mark.slow("25 quotes of up to 30 lines in the browser")
def test_the_browser_shows_the_figures_that_the_server_stores_and_the_pdf_prints(
    sit: Sit, acting: Acting, cast: Cast
) -> None:
    with acting("claire"):
        account = make(Account, language="en", owner=person(cast.claire))
        made = [
            make(Quote, account=account, owner=person(cast.claire), **at_random(Random(seed)))  # noqa: S311  no secret
            for seed in range(25)
        ]
        printed = {quote.id: "".join(pages(render(quote, "D-1"))) for quote in made}
    desk = sit("claire")
    for quote in made:
        with desk.page.expect_response("**/quotes/preview*"):
            page = desk.open(f"/quotes/edit/{quote.id}")
        expect(page.locator("[data-preview=lines-0-total_excl]")).not_to_have_text("–")
        shown = page.evaluate(SHOWN)
        for name in ("total_excl", "total_vat", "total_incl"):
            assert shown[name] == format_money(getattr(quote, name), quote.currency), quote.id
        assert len(shown) == len(TOTALS) + len(quote.lines)
        for name, text in shown.items():
            if name != "total_discount" or quote.total_discount:
                assert plain(text) in printed[quote.id], (quote.id, name)
    desk.check()
