"""The state of a list in its URL: parsed, and written for links to other states.

FAB's own names are kept: `_flt_<operator>_<field>`, `_oc_<View>`, `_od_<View>`, `psize_<View>`,
`page_<View>`. `search` finds; `after`, `before` and `from` page by key.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import quote_plus

from flask import abort, request

NUMBER = re.compile(r"[0-9]{1,7}")
PREFIX = "_flt_"
FILTER = re.compile(PREFIX + r"([0-9]{1,9})_(.{1,60})")

Pairs = list[tuple[str, str]]


def refuse_junk() -> None:
    """Answer 400 to arguments for which FAB's int() calls would raise a 500."""
    for key, value in request.args.items(multi=True):
        if "\x00" in value or "\x00" in key:
            abort(400)
        if re.match(r"(page|psize)_", key) and not NUMBER.fullmatch(value):
            abort(400)


@dataclass
class ListAddress:
    """The state of the list of view `key` at `path`."""

    key: str
    path: str
    filters: list[tuple[str, int, tuple[str, ...]]] = field(default_factory=list)
    search: str = ""
    order: tuple[str, str] | None = None
    size: int | None = None
    page: int = 0
    after: str = ""
    before: str = ""
    last: bool = False
    first: int = 0  # how many rows precede this page, for the text "26–50" only
    rest: Pairs = field(default_factory=list)  # arguments of the surrounding page
    unknown: list[str] = field(default_factory=list)  # names of filters that are not offered

    def pairs(self, **change: object) -> Pairs:
        """The arguments of the same list with `change`."""
        now = {**self.__dict__, **change}
        pairs: Pairs = list(self.rest)
        if now["search"]:
            pairs.append(("search", str(now["search"])))
        for name, operator, values in now["filters"]:
            pairs += [(f"_flt_{operator}_{name}", value) for value in values or ("",)]
        if now["order"]:
            column, direction = now["order"]
            pairs += [(f"_oc_{self.key}", column), (f"_od_{self.key}", direction)]
        if now["size"]:
            pairs.append((f"psize_{self.key}", str(now["size"])))
        return pairs

    def url(self, extra: Sequence[tuple[str, str]] = (), **change: object) -> str:
        """The address of the first page of the list with `change`."""
        return self.at([*self.pairs(**change), *extra])

    def at(self, pairs: Pairs) -> str:
        query = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)
        return f"{self.path}?{query}" if query else self.path


@lru_cache(maxsize=5000)
def _quoted(text: str) -> str:
    """URL-quoted; cached, as a list has dozens of URLs made of the same few texts."""
    return quote_plus(text)


def read_address(
    key: str, path: str, fields: Iterable[str], keep: Sequence[str] = ()
) -> ListAddress:
    """Parse the state from the request. Of a filter that is not offered only the name is kept."""
    args = request.args
    offered = set(fields)
    address = ListAddress(key, path)
    address.rest = [(name, value) for name in keep for value in args.getlist(name)]
    for name in args:
        found = FILTER.fullmatch(name)
        if found and found[2] in offered:
            address.filters.append((found[2], int(found[1]), tuple(args.getlist(name))))
        elif name.startswith(PREFIX):
            address.unknown.append((found[2] if found else name.removeprefix(PREFIX))[:60])
    address.search = args.get("search", "").strip()[:100]
    order, direction = args.get(f"_oc_{key}", ""), args.get(f"_od_{key}", "asc")
    if order:
        address.order = (order, "desc" if direction == "desc" else "asc")
    address.size = _number(f"psize_{key}")
    address.page = _number(f"page_{key}") or 0
    address.after, address.before = args.get("after", ""), args.get("before", "")
    address.last = "last" in args
    address.first = _number("from") or 0
    return address


def _number(name: str) -> int | None:
    text = request.args.get(name, "")
    return int(text) if NUMBER.fullmatch(text) else None
