"""Going through a form by Tab, without typing."""

from playwright.sync_api import Page

from tests.browser.conftest import Desk

# What would be sent, but what each page makes anew.
HELD = """() => JSON.stringify([...document.querySelectorAll("main form")].map(
  (form) => [...new FormData(form)].filter(([name]) => name !== "csrf_token")))"""
# The pickers are built a moment after the page; whoever tabs is slower than that.
BUILT = "() => [...document.querySelectorAll('select[data-picker]')].every((s) => s.tomselect)"
# From the first field on; the number of presses that lead through all of them.
START = """() => {
  const form = document.querySelector("form[data-dirty]");
  const fields = [...form.querySelectorAll("input, select, textarea, button, a")];
  fields.find((f) => f.tabIndex >= 0 && f.type !== "hidden" && f.checkVisibility())?.focus();
  return fields.filter((f) => f.checkVisibility()).length;
}"""


def tab_through(desk: Desk, path: str) -> Page:
    """Open the form of a page and press Tab over all of it; nothing of it may change."""
    page = desk.open(path)
    page.wait_for_function(BUILT)
    before = page.evaluate(HELD)
    for _ in range(page.evaluate(START)):
        page.keyboard.press("Tab")
    assert page.evaluate(HELD) == before, path
    assert page.locator("form[data-changed=yes]").count() == 0, path
    return page
