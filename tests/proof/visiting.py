"""Somebody who opens pages in a browser and notes what is wrong with each."""

from dataclasses import dataclass, field
from pathlib import Path

from tests.browser.axe import LEVELS, look
from tests.browser.conftest import Desk
from tests.fixtures import Client
from tests.proof.conftest import LONG
from tests.proof.kinds import UNKNOWN, shape
from tests.proof.settings import HEIGHTS, Setting, window

LAYOUT = (Path(__file__).parents[1] / "browser/layout.js").read_text()
LINKS = """() => [...document.querySelectorAll("a[href^='/']")].map((a) =>
  a.getAttribute("href").split("#")[0])"""


@dataclass
class Visitor:
    """A person at a desk, in one setting; `client` is the same person without a screen."""

    desk: Desk
    client: Client
    setting: Setting
    axe: str
    wrong: dict[str, list[str]] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)

    def visit(self, path: str) -> bool:
        """Look at a page and at the tabs of its record; whether one may open it."""
        answer = self.desk.page.goto(path)
        if answer is None or (not answer.ok and path != UNKNOWN):
            return False
        tabs = self._look(path)
        for tab in tabs:
            self.desk.page.goto(tab)
            self._look(tab)
        return True

    def _look(self, path: str) -> list[str]:
        found = look(self.desk, self.axe, LEVELS) + self.layout("body")
        title = self.desk.page.title()
        if title in self.titles:
            found.append(f"its title is that of {self.titles[title]}: {title}")
        self.titles[title] = path
        links: list[str] = self.desk.page.evaluate(LINKS)
        found += self._follow(links)
        if found:
            self.wrong[path] = found
        return [one for one in dict.fromkeys(links) if one.startswith(f"{path}?tab=")]

    def layout(self, root: str) -> list[str]:
        """What is wrong with the layout of the page or a part, in every width."""
        page, found = self.desk.page, []
        for width in [self.setting.width, *(one for one in HEIGHTS if one != self.setting.width)]:
            page.set_viewport_size(window(width))
            found += [f"{width}: {text}" for text in page.evaluate(LAYOUT, root)]
        page.set_viewport_size(self.setting.window)
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
