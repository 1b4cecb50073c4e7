"""Somebody who opens pages in a browser and notes what is wrong with each."""

from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Error

from tests.browser.axe import LEVELS, look
from tests.browser.conftest import Desk
from tests.fixtures import Client
from tests.proof.conftest import LONG
from tests.proof.kinds import NO_RESULT, UNKNOWN, shape
from tests.proof.opening import Opener
from tests.proof.settings import HEIGHTS, Setting, window

LAYOUT = (Path(__file__).parents[1] / "browser/layout.js").read_text()
LINKS = """(part) => [...document.querySelectorAll(`${part} a[href^="/"]`)].map((a) =>
  a.getAttribute("href").split("#")[0])"""
# What measures itself does so in the frame after a change of the window.
DRAWN = """() => new Promise((done) =>
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 20))))"""


@dataclass
class Visitor:
    """A person at a desk, in one setting; `client` is the same person without a screen."""

    desk: Desk
    client: Client
    setting: Setting
    axe: str
    looks: int = 0
    wrong: dict[str, list[str]] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)  # the links that have been followed
    opened: set[str] = field(default_factory=set)  # the parts of pages that have been opened

    def visit(self, path: str) -> bool:
        """Look at a page and at the tabs of its record; whether one may open it."""
        answer = self.desk.page.goto(path)
        if answer is None or (not answer.ok and path != UNKNOWN):
            return False
        if answer.request.redirected_from:
            return True  # /leads/ leads to its list, which has an address of its own
        tabs = self._look(path)
        for tab in tabs:
            self.desk.page.goto(tab)
            self._look(tab)
        return True

    def _look(self, path: str) -> list[str]:
        found = look(self.desk, self.axe, LEVELS)
        for width in [self.setting.width, *(one for one in HEIGHTS if one != self.setting.width)]:
            self.desk.page.set_viewport_size(window(width))
            self.desk.page.evaluate(DRAWN)
            found += [f"{width}: {text}" for text in self.desk.page.evaluate(LAYOUT, "body")]
        self.desk.page.set_viewport_size(self.setting.window)
        self.looks += 1
        title = self.desk.page.title()
        if title in self.titles and path != NO_RESULT:  # the list, with another search
            found.append(f"its title is that of {self.titles[title]}: {title}")
        self.titles.setdefault(title, path)
        links: list[str] = self.desk.page.evaluate(LINKS, "body")
        found += self._follow(links)
        for name, part in Opener(self.desk.page, self.opened).parts():
            self.looks += 1
            found += [f"{name}: {text}" for text in self._part(part)]
        if found:
            self.wrong[path] = found
        return [one for one in dict.fromkeys(links) if one.startswith(f"{path}?tab=")]

    def _part(self, part: str) -> list[str]:
        """What is wrong with a part that was opened, in the width of the setting."""
        if not part:
            return ["does not open"]
        try:
            found = look(self.desk, self.axe, LEVELS, part)
            found += self._follow(self.desk.page.evaluate(LINKS, part))
            found += self.desk.page.evaluate(LAYOUT, part)  # last: what follows the focus closes
        except Error as error:
            return [str(error).partition("\n")[0]]
        return found

    def _follow(self, links: list[str]) -> list[str]:
        """The links that lead to an error; one of each kind unless there is time for all."""
        wrong = []
        for path in links:
            key = path if LONG else shape(path)
            if key not in self.asked:
                self.asked.add(key)
                status = self.client.get(path).status_code
                wrong += [f"leads to {path}: {status}"] if status >= 400 else []
        return wrong
