"""A template is written, saved and looked at by keyboard; in each language, on a phone too."""

from playwright.sync_api import expect

from tests.browser.axe import LEVELS, look
from tests.browser.conftest import Sit

TEXT = """(name) => document.querySelector(`[name=${name}]`).value"""


def test_a_template_is_written_by_keyboard(sit: Sit, axe: str) -> None:
    desk = sit("alice")
    page = desk.open("/templates/add")
    page.get_by_label("English").first.focus()
    page.keyboard.type("Visit")
    page.get_by_label("Used for").select_option("meeting_reminder")
    tabs = page.get_by_role("tablist", name="Language of the content").get_by_role("tab")
    expect(tabs.locator("[data-empty]:visible")).to_have_count(2)
    page.get_by_role("textbox", name="Subject").focus()
    page.keyboard.type("Soon: ")
    page.get_by_role("button", name="Start").press("Enter")
    assert page.evaluate(TEXT, "subject-en") == "Soon: {{ event.starts_at }}"
    for keys in ("Control+a", "Control+c", "Control+v"):
        page.keyboard.press(keys)
    assert page.evaluate(TEXT, "subject-en") == "Soon: {{ event.starts_at }}"
    expect(page.locator("#f-subject-en .c-var")).to_have_text("Start")
    expect(tabs.locator("[data-empty]:visible")).to_have_count(1)

    page.get_by_role("textbox", name="Content").focus()
    page.keyboard.type("At ")
    page.keyboard.type("the place")
    for _ in range(len("the place")):
        page.keyboard.press("Shift+ArrowLeft")
    page.evaluate("new Promise(requestAnimationFrame)")  # the editor hears of a selection after it
    page.get_by_role("button", name="If … is filled in").press("Enter")
    page.get_by_role("button", name="Place").press("Enter")
    page.keyboard.type("!")
    assert page.evaluate(TEXT, "body-en") == (
        "<p>At {% if event.location %}the place!{% endif %}</p>"
    )
    expect(page.locator("#f-body-en .c-var")).to_have_text(["If Place", "End"])
    page.keyboard.press("Control+End")
    page.keyboard.type("{{{{ lead.name }}")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("line 1")
    tabs.first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#f-subject-en")).to_be_hidden()
    page.get_by_role("link", name="Content: English").press("Enter")
    content = page.get_by_role("textbox", name="Content")
    expect(content).to_be_focused()
    assert look(desk, axe, LEVELS) == []
    content.press("Control+End")
    for _ in range(len("{{ lead.name }}") + 1):
        page.keyboard.press("Backspace")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/templates/show/**")

    preview = page.locator("#preview")
    expect(preview).to_contain_text("Soon: 14/01/2027 14:30")
    expect(preview).to_contain_text("At the place!")
    expect(page.get_by_role("link", name="Choose it for ACME France")).to_be_visible()
    assert look(desk, axe, LEVELS) == []
    desk.check()
