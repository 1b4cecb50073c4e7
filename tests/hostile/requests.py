"""Requests to one address, with hostile values where it reads any."""

import io
import json
import random
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from crm.core.datamodel.filters import filter_spec
from crm.core.errors import DomainError
from tests.hostile.values import BODIES, FILES, JSON, KINDS
from tests.house.addresses import Address, model_of
from tests.markup import main_form, read

# What pages read from their address, beside the filters and fields of a table.
ARGUMENTS = (
    "search", "after", "before", "from", "last", "filter", "op", "value", "q", "tab", "company",
    "account", "kind", "type", "id", "next", "lang", "view", "download", "row_version", "page", "v",
)  # fmt: skip
FORM = ("to", "next", "language", "theme", "company", "username", "password")
NUMBERS = ("integer", "decimal", "money", "percent", "stars")
VARIABLE = re.compile(r"<[^>]+>")
CHANCE = 0.5  # that a parameter is sent, where all are hostile
# Refused at once, and then nothing else is read: rare where every parameter is hostile.
EARLY = {"after", "before", "tab", "from", "row_version", "csrf_token"}
RARE = 0.05
LONGEST = 7_500  # characters of an address, beyond which the answer is 414


@dataclass
class Sent:
    """One request, as a Werkzeug client takes it."""

    method: str
    path: str
    body: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        said = repr(self.body)
        return f"{self.method} {self.path[:600]} {said[:600]}"


@dataclass
class Requests:
    """The hostile requests to one address: the same for the same seed and number.

    `page` is the address's own form, and `row` its row as the API tells it: what is sent beside a
    hostile value is valid.
    """

    address: Address
    seed: str
    page: str = ""
    row: Mapping[str, Any] = field(default_factory=dict)

    def make(self, number: int) -> Sent:
        """Even numbers have a hostile value in every parameter, odd ones in a single one."""
        chance = random.Random(f"{self.seed}/{number}/{self.address.method} {self.address.rule}")  # noqa: S311
        return _Made(self, chance, number).sent()


class _Made:
    def __init__(self, about: Requests, chance: random.Random, number: int) -> None:
        self.about, self.address, self.chance = about, about.address, chance
        self.number, self.every = number, number % 2 == 0
        self.model = model_of(self.address.view)

    def sent(self) -> Sent:
        path = self._path() if self._turns(0.15) else self.address.path
        query = self._query() if self.address.method == "GET" or self._turns(0.3) else ""
        if query:
            path += ("&" if "?" in path else "?") + query
        if self.address.method == "GET":
            return Sent("GET", path)
        return Sent(
            self.address.method, path, self._json() if self.address.is_api else self._form()
        )

    def _turns(self, share: float) -> bool:
        return self.chance.random() < share

    # Values ─────────────────────────────────────────────────────────────────────────────────────

    def _text(self, name: str) -> str:
        """A value of the parameter's kind, or now and then of another."""
        kind = self._kind(name) if self._turns(0.8) else self.chance.choice(list(KINDS))
        values = KINDS[kind]
        # Told apart by name, and all of them met in forty rounds.
        value = values[(self.number + len(name) + sum(map(ord, name))) % len(values)]
        return value if not self.every or self._turns(RARE) else value.replace("\x00", "")

    def _kind(self, name: str) -> str:
        try:
            spec = filter_spec(self.model, name) if self.model is not None else None
        except (DomainError, KeyError, LookupError):
            spec = None
        kind = spec.kind.name if spec is not None else ""
        if kind in NUMBERS or name.startswith(("psize_", "page")):
            return "number"
        if kind in ("date", "instant", "next"):
            return "date"
        if kind in ("reference", "references") or name in ("row_version", "id", "from", "company"):
            return "id"
        return "text"

    def _chosen(self, names: Iterable[str]) -> list[str]:
        names = list(dict.fromkeys(names))
        if not names:
            return []
        if not self.every:
            return [self.chance.choice(names)]
        return [n for n in names if self._turns(RARE if n in EARLY else CHANCE)]

    # Where they go ──────────────────────────────────────────────────────────────────────────────

    def _path(self) -> str:
        """The rule with hostile variables."""
        rule = self.address.rule
        return VARIABLE.sub(lambda found: quote(self._text(found[0])[:1000], safe="") or "x", rule)

    def _query(self) -> str:
        view = self.address.view
        pairs: list[tuple[str, str]] = []
        names = [*ARGUMENTS]
        for kind in ("add_columns", "tab_of"):
            names += (
                list(getattr(view, kind, None) or ()) if self.address.rule.endswith("/add") else []
            )
        pairs += [(name, self._text(name)) for name in self._chosen(names)]
        for name in self._chosen(getattr(view, "search_columns", None) or ()):
            pairs += self._filter(name)
        key = type(view).__name__
        if self._turns(0.3):
            pairs.append((f"_oc_{key}", self._text("")))
        if self._turns(RARE if self.every else 0.2):
            pairs.append((f"{self.chance.choice(('psize', 'page'))}_{key}", self._text("page")))
        if self.address.is_api and self._turns(0.9):
            pairs = [("q", self._asked(view))]
        if self._turns(RARE / 2):
            return urlencode(pairs, errors="surrogatepass") + "&%ff=%fe%00"
        return urlencode(_short(pairs), errors="surrogatepass")

    def _filter(self, name: str) -> list[tuple[str, str]]:
        operators = filter_spec(self.model, name).kind.operators if self.model is not None else ()
        operator = self.chance.randrange(max(len(operators), 1)) if self._turns(0.9) else 99
        takes = operators[operator].values if operator < len(operators) else 1
        return [(f"_flt_{operator}_{name}", self._text(name)) for _ in range(max(takes, 1))]

    def _asked(self, view: Any) -> str:
        names = [*(getattr(view, "search_columns", None) or ()), "nope"]
        one = {
            "col": self.chance.choice(names),
            "opr": self.chance.choice(
                ("contains", "eq", "gte", "between", "in", "not_in", "empty")
            ),
        }
        one["value"] = self._json_value() if self._turns(0.5) else self._text(one["col"])
        asked: dict[str, Any] = {"filters": [one]}
        for name in ("order_column", "order_direction", "page", "page_size", "columns", "keys"):
            if self._turns(0.1):
                asked[name] = self._json_value()
        return json.dumps(asked) if self._turns(0.9) else self._text("q")

    def _form(self) -> dict[str, Any]:
        page = self.about.page
        valid: dict[str, Any] = {}
        files: list[str] = []
        if page:
            valid = {k: v for k, v in _form_of(page).items() if k != "csrf_token"}
            files = [i.get("name") for i in read(page)[0].all("input") if i.get("type") == "file"]
        hostile = self._chosen([*valid, *files] if valid else [*FORM, *self._fields()])
        # Refused before anything else is read: rarely a hostile one.
        version = self._text("row_version") if self._turns(0.1) else "1"
        data: dict[str, Any] = {**valid} if valid else {"row_version": version}
        for name in hostile:
            data[name] = self._file() if name in files else self._text(_last(name))
        if self._turns(0.05):
            return {"data": self._text(""), "content_type": "application/x-www-form-urlencoded"}
        return {"data": {k: _sendable(v) for k, v in data.items()}}

    def _fields(self) -> list[str]:
        """What a form of the table would hold: the first line of its children, too."""
        view = self.address.view
        names = [*(getattr(view, "add_columns", None) or ())]
        names += getattr(view, "edit_columns", None) or ()
        for relation, columns in (getattr(view, "children", None) or {}).items():
            names += [f"{relation}-count", *(f"{relation}-0-{name}" for name in ("id", *columns))]
        return names

    def _file(self) -> tuple[io.BytesIO, str]:
        name, content = FILES[self.number % len(FILES)]
        return io.BytesIO(content), name

    def _json(self) -> dict[str, Any]:
        if self._turns(0.15):
            body = BODIES[self.number % len(BODIES)]
            return {"data": body, "content_type": "application/json"}
        kind = "edit_columns" if self.address.method == "PUT" else "add_columns"
        names = [*(getattr(self.address.view, kind, None) or FORM), "row_version", "id", "nope"]
        body: dict[str, Any] = {k: v for k, v in self.about.row.items() if k in names[:-2]}
        for name in self._chosen(names):
            body[name] = self._json_value() if self._turns(0.5) else self._text(name)
        return {"data": json.dumps(body), "content_type": "application/json"}

    def _json_value(self) -> Any:
        return JSON[(self.number + self.chance.randrange(7)) % len(JSON)]


def _short(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """As much of the pairs as an address may hold."""
    pairs = [(name, value[:500]) for name, value in pairs]
    while len(urlencode(pairs, errors="surrogatepass")) > LONGEST:
        pairs.pop()
    return pairs


def _form_of(page: str) -> dict[str, list[str]]:
    try:
        return main_form(page)
    except ValueError:  # a page without a form
        return {}


def _last(name: str) -> str:
    """`lines-0-quantity` is a field called quantity."""
    return name.rpartition("-")[2]


def _sendable(value: Any) -> Any:
    """As UTF-8 can carry it."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return value
