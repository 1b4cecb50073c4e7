"""The editor of rich text, by keyboard alone: what is written, what is pasted, what is kept."""

import json
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import LEVELS, look, place
from tests.browser.conftest import NARROW, Desk, Sit
from tests.house.conftest import planted_world, rows
from tests.population import Planted

__all__ = ["place", "planted_world", "rows"]
ASSETS = Path(__file__).parents[1] / "assets"
FOCUSED = "document.activeElement.id || document.activeElement.ariaLabel"
STORED = """() => document.querySelector("textarea[data-editor]").value"""
PASTE = """([html, text]) => {
  const data = new DataTransfer();
  if (html) data.setData("text/html", html);
  data.setData("text/plain", text);
  document.activeElement.dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def editor(page: Page) -> Page:
    """The page, with the editor of the description in focus and empty."""
    expect(page.locator(".c-rte .doc")).to_be_visible()
    page.locator(".c-rte .doc").focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("Delete")
    return page


def write(page: Page, *keys: str) -> None:
    """Press keys; what is no key is typed."""
    for key in keys:
        if "+" in key[:-1] or key in ("Enter", "Tab", "Backspace", "Escape", "ArrowRight", "Space"):
            page.keyboard.press(key)
        else:
            page.keyboard.type(key)


@pytest.fixture
def desk(place: Sit, rows: dict[str, Planted]) -> Desk:
    found = place("alice")
    found.open(f"/leads/edit/{rows['claire'].ids['lead']}")
    return found


def test_text_is_formatted_and_saved_by_keyboard(desk: Desk) -> None:
    page = editor(desk.page)
    write(page, "Appeler ", "Control+b", "mardi", "Control+b", " ou ", "Control+i", "jeudi")
    write(page, "Enter", "Un", "Control+Shift+8", "Enter", "Deux", "Control+]", "Enter", "Enter")
    write(page, "Enter", "Voir ", "Control+k")
    link = page.get_by_label("Address of the link")
    expect(link).to_be_focused()
    write(page, "javascript:alert(1)", "Enter")
    expect(page.get_by_role("alert").filter(has_text="Enter a web address")).to_be_visible()
    link.press("ControlOrMeta+a")
    write(page, "acme.example/offre", "Enter", " et répondre")
    assert page.evaluate(STORED) == (
        "<p>Appeler <strong>mardi</strong> ou <em>jeudi</em></p>"
        "<ul><li><p>Un</p><ul><li><p>Deux</p></li></ul></li></ul>"
        '<p>Voir <a href="https://acme.example/offre">acme.example/offre</a> et répondre</p>'
    )
    for _ in range(len(" et répondre") + 3):
        page.keyboard.press("ArrowLeft")
    write(page, "Control+k")
    expect(link).to_have_value("https://acme.example/offre")
    write(page, "claire@acme.example", "Enter")
    assert '<a href="mailto:claire@acme.example">acme.example/offre</a> et' in page.evaluate(STORED)
    write(page, "Control+Enter")
    page.wait_for_url("**/leads/show/**")
    shown = page.locator("#fld-description .c-prose")
    expect(shown.locator("li li")).to_have_text("Deux")
    expect(shown.get_by_role("link")).to_have_attribute("rel", "noopener noreferrer nofollow")
    desk.check()


def test_tab_leaves_the_editor_and_arrows_walk_its_toolbar(desk: Desk) -> None:
    page = editor(desk.page)
    write(page, "Tab")
    assert not page.evaluate("document.activeElement.closest('.c-rte')")
    write(page, "Shift+Tab")
    assert page.evaluate(FOCUSED) == "f-description"
    write(page, "Plan", "Shift+Tab")
    style = page.locator(".c-rte .bar button").first
    expect(style).to_be_focused()
    write(page, "Enter")
    expect(page.get_by_role("menuitemradio", name="Paragraph")).to_be_focused()
    write(page, "h")
    expect(page.get_by_role("menuitemradio", name="Heading", exact=True)).to_be_focused()
    write(page, "Enter")
    assert page.evaluate(STORED) == "<h2>Plan</h2>"
    assert page.evaluate(FOCUSED) == "f-description"
    write(page, "Shift+Tab", "ArrowRight", "ArrowRight")
    assert page.evaluate(FOCUSED) == "Italic (Ctrl+I)"
    write(page, "Shift+Tab")
    assert not page.evaluate("document.activeElement.closest('.c-rte')")
    desk.check()


def test_what_is_pasted_is_clean_and_breaks_no_policy(desk: Desk) -> None:
    script = f'process.stdout.write(JSON.stringify((await import("{ASSETS}/pastes.mjs")).PASTES))'
    told = subprocess.run(
        ["node", "--input-type=module", "-e", script], capture_output=True, text=True, check=True
    )
    page = editor(desk.page)
    for program, html, kept in json.loads(told.stdout):
        page.evaluate(PASTE, [html, "text"])
        assert page.evaluate(STORED) == kept, program
        write(page, "Control+a", "Backspace")
        if page.evaluate(STORED).startswith("<"):
            write(page, "Control+a", "Backspace", "Backspace")
    page.evaluate(PASTE, ["", "une ligne\nune autre\n\nun paragraphe <b>"])
    assert page.evaluate(STORED) == ("<p>une ligne<br>une autre</p><p>un paragraphe &lt;b&gt;</p>")
    desk.check()


def test_an_untouched_editor_changes_nothing_and_a_draft_comes_back(
    desk: Desk, rows: dict[str, Planted]
) -> None:
    page, path = desk.page, f"/leads/edit/{rows['claire'].ids['lead']}"
    state = page.locator("[data-state]")
    expect(page.locator(".c-rte .doc")).to_be_visible()
    before = page.evaluate(STORED)
    page.locator(".c-rte .doc").focus()
    write(page, "Control+End", "x")
    expect(state).to_contain_text("1 field changed")
    write(page, "Backspace")
    expect(state).to_contain_text("No change")
    assert page.evaluate(STORED) == before
    write(page, "Control+b", "Rappel")
    page.wait_for_function("() => Object.keys(localStorage).some((key) => key.includes(':draft:'))")
    page.once("dialog", lambda dialog: dialog.accept())
    desk.open(path)
    page.get_by_role("button", name="Restore").click()
    expect(page.locator(".c-rte .doc strong").last).to_have_text("Rappel")
    page.evaluate("""() => document.querySelector("textarea[data-editor]").dispatchEvent(
      new CustomEvent("editor:insert", { detail: { text: "{{ lead.name }}" } }))""")
    assert "{{ lead.name }}" in page.evaluate(STORED)
    page.evaluate("() => localStorage.clear()")
    page.once("dialog", lambda dialog: dialog.accept())
    desk.open("/")


def test_it_is_edited_at_its_place_on_the_record(desk: Desk, rows: dict[str, Planted]) -> None:
    page = desk.open(f"/leads/show/{rows['marc'].ids['lead']}")
    page.locator("#fld-description .edit").focus()
    write(page, "Enter")
    expect(page.locator(".c-rte .doc")).to_be_focused()
    write(page, "Control+a", "Fait", "Control+Enter")
    expect(page.locator("#fld-description .c-prose")).to_have_text("Fait")
    desk.check()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_editor_has_no_fault_of_access(desk: Desk, axe: str, theme: str) -> None:
    page = editor(desk.page)
    page.evaluate("(theme) => document.documentElement.dataset.bsTheme = theme", theme)
    write(page, "Un ", "Control+b", "mot", "Control+Shift+9", "Control+k")
    assert look(desk, axe, LEVELS) == []
    page.set_viewport_size(NARROW)
    assert look(desk, axe, LEVELS) == []


def test_without_script_it_is_a_textarea(place: Sit, rows: dict[str, Planted]) -> None:
    page = place("alice", java_script_enabled=False).open(f"/leads/edit/{rows['olga'].ids['lead']}")
    expect(page.locator("textarea#f-description")).to_be_visible()
    expect(page.get_by_text("Plain text, with an empty line between paragraphs")).to_be_visible()
