"""Whatever a list offers somebody, they may do: no link, button or menu entry leads to an error.

Of the lists of records one row each; all lists: `make proof`, tests/proof/proof_links.py.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from crm.core.models import Record
from crm.core.views.base import BaseView
from tests.fixtures import World
from tests.house.addresses import Address
from tests.markup import Element, read

PEOPLE = ("alice", "marc", "claire", "hugo", "nadia", "audrey")
ROW = re.compile(r"/\d+(/|$)")


class Visitor:
    """Somebody who follows whatever lists offer; what is of no row once."""

    def __init__(self, world: World, person: str) -> None:
        self.world, self.client = world, world.browser(person)
        self.seen: set[str] = set()
        self.refused: list[str] = []

    def visit(self, path: str, most: int = 3) -> None:
        """Follow the links of a list, and of the menus of its first rows."""
        main = self._open(path)
        if main is None:
            return
        menu = next((one.get("data-row-menu") for one in main.all() if one.get("role") == "menu"
                     and "data-row-menu" in one.attributes), "")  # fmt: skip
        rows = [one for one in main.all("tr") if "data-row" in one.attributes]
        for left_out in rows[most:]:
            left_out.content.clear()
        menus = (self._open(menu + one.get("data-row")) for one in rows[:most] if menu)
        parts = [main, *menus]
        for url in sorted({url for part in parts if part is not None for url in offered(part)}):
            self._follow(url)

    def _open(self, path: str) -> Element | None:
        answer = self.client.get(path)
        if answer.status_code == 403 and path.endswith("/list/"):
            return None  # not in the menu of this person
        if answer.status_code >= 400:
            self.refused.append(f"GET {path}: {answer.status_code}")
            return None
        root, _wrong = read(answer.text)
        return next((one for one in root.all("main")), root)

    def _follow(self, url: str) -> None:
        method, _, address = url.partition(" ")
        path = urlsplit(address).path
        # What names no row has been opened with other arguments already.
        key = f"{method} {path}"
        if key in self.seen or (method == "GET" and path.endswith("/list/")):
            return
        self.seen.add(key)
        if method == "GET":
            status = self.client.get(address).status_code
        else:
            status = self.client.post(address).status_code
            self.world.start()
        if status >= 400:
            self.refused.append(f"{url}: {status}")


def offered(part: Element) -> Iterator[str]:
    """ "GET /path" or "POST /path" of each link and button to this application."""
    for one in part.all():
        if one.name == "a" and one.get("href").startswith("/"):
            yield f"GET {one.get('href')}"
        if one.name == "button" and one.get("formaction"):
            yield f"POST {one.get('formaction')}"


def lists(everywhere: list[Address], base: type[Any]) -> list[str]:
    """The address of each list of such rows."""
    return [
        one.path
        for one in everywhere
        if isinstance(one.view, BaseView)
        and one.path.endswith("/list/")
        and issubclass(one.view.datamodel.obj, base)
    ]


@pytest.mark.slow("opens what the lists of records offer to six people")
@pytest.mark.parametrize("person", PEOPLE)
def test_no_link_button_or_menu_entry_of_a_record_s_list_leads_to_an_error(
    person: str, planted: World, everywhere: list[Address]
) -> None:
    visitor = Visitor(planted, person)
    for path in lists(everywhere, Record):
        visitor.visit(path, most=1)
    assert visitor.refused == []


def test_the_visitors_follow_what_there_is(planted: World, everywhere: list[Address]) -> None:
    visitor = Visitor(planted, "claire")
    visitor.visit("/leads/list/")
    rows = [one for one in visitor.seen if ROW.search(one)]
    assert {"/leads/show/", "/leads/edit/", "/leads/lose/"} <= {
        re.sub(r"\d+$", "", one.partition(" ")[2]) for one in rows
    }
