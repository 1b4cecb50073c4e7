"""What is looked at when it is open: menus, filters, dialogs, fields in place, errors of a form."""

from collections.abc import Iterator

from playwright.sync_api import Error, Page

from tests.proof.conftest import LONG
from tests.proof.kinds import shape

SOON = 3_000  # milliseconds for a part to come
# Each with a button that is seen, and its kind; a filter's button is in the menu of filters.
POPOVERS = """() => [...new Set([...document.querySelectorAll("[popovertarget]")]
  .filter((button) => button.checkVisibility() || button.closest("[popover]"))
  .map((button) => button.getAttribute("popovertarget")))]
  .map((id) => {
    const controls = document.getElementById(id).querySelectorAll(".bd input, .bd select");
    const kinds = [...controls].map((one) => [one.type, ...Object.keys(one.dataset)].join());
    const isFilter = document.getElementById(id).matches(".c-filterpop");
    return [id, isFilter ? `filter by ${[...new Set(kinds)]}` : id];
  })"""
SHOW = """async (id) => {
  const popover = document.getElementById(id);
  const button = document.querySelector(`[popovertarget="${id}"]`);
  button.scrollIntoView({ block: "nearest" });
  for (const _ of [1, 2]) await new Promise(requestAnimationFrame); // to scroll closes a menu
  button.click();
  for (let left = 50; left && !popover.innerText; left--) await new Promise((go) => setTimeout(go, 20));
  return popover.matches(":popover-open") && popover.innerText !== "";
}"""  # noqa: E501
HIDE = """() => document.querySelector("[popover]:popover-open")?.hidePopover()"""
ASKING = (
    """() => [...document.querySelectorAll("a[data-ask]")].map((a) => a.getAttribute("href"))"""
)
ASK = "(href) => document.querySelector(`a[data-ask][href='${href}']`).click()"
DIALOG = "dialog.c-dialog[open]"
# Name → what opens the first of them, and what then is there.
INLINE = {
    "calendar": (".c-date button", ".c-calendar"),
    "picker": ("form#f .ts-control", ".ts-wrapper.dropdown-active .ts-dropdown"),
    "field": (".c-rec-main .edit[hx-get]", ".c-field.editing"),
    "fold": ("details.c-fold:not([open]) > summary", "details.c-fold[open]"),
}
REFUSED = """() => {
  const form = document.querySelector("form#f");
  const empty = form && [...form.elements].some((one) => one.required && !one.value);
  if (empty) form.submit();
  return Boolean(empty);
}"""


class Opener:
    """Opens, one after the other, whatever a page has that is not among `seen`.

    That is by its name; one filter of each kind suffices unless there is time for all.
    """

    def __init__(self, page: Page, seen: set[str]) -> None:
        self.page, self.seen = page, seen

    def parts(self) -> Iterator[tuple[str, str]]:
        """(name, selector) of each part while it is open; the selector is "" where it did not."""
        yield from self._inline()
        for name, kind in self.page.evaluate(POPOVERS):
            if self._is_new(name if LONG else kind):
                shows = self.page.evaluate(SHOW, name)
                yield name, f"[id='{name}']" if shows else ""
                self.page.evaluate(HIDE)
        for href in self.page.evaluate(ASKING):
            if self._is_new(shape(href.partition("?")[0])):
                self.page.evaluate(ASK, href)
                yield href, self._came(DIALOG)
                self.page.keyboard.press("Escape")
                self.page.wait_for_selector(DIALOG, state="detached")
        yield from self._refused()

    def _inline(self) -> Iterator[tuple[str, str]]:
        for name, (button, part) in INLINE.items():
            found = self.page.locator(button).filter(visible=True).first
            if found.count() and self._is_new(name):
                found.click()
                if name == "picker":
                    self.page.keyboard.press("ArrowDown")
                yield name, self._came(part)
                self.page.keyboard.press("Escape")

    def _refused(self) -> Iterator[tuple[str, str]]:
        """The form with its errors, where it lacks what it requires."""
        if self.page.url.endswith("/add") and self.page.evaluate(REFUSED):
            yield "errors", self._came(".c-note.bad") and "body"

    def _is_new(self, name: str) -> bool:
        is_new = name not in self.seen
        self.seen.add(name)
        return is_new

    def _came(self, selector: str) -> str:
        try:
            self.page.wait_for_selector(selector, timeout=SOON)
        except Error:
            return ""
        return selector
