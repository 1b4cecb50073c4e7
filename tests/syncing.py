"""A client that keeps a copy of all it may read, as the description of the API tells it to."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

Rows = dict[int, dict[str, Any]]
# What follows from other rows, and is no change of the row that tells it.
FOLLOWS = ("next_event_at", "last_event_at", "position", "client_description")


@dataclass
class Copy:
    """The rows of every resource by id. `ask` answers the JSON of an address below /api/v1/."""

    ask: Callable[[str], Any]
    overlap: timedelta = timedelta(minutes=1)
    page_size: int = 100
    rows: dict[str, Rows] = field(default_factory=dict)
    since: dict[str, datetime] = field(default_factory=dict)
    told: int = 0  # rows that were told so far

    def sync(self) -> None:
        """Bring the copy up to date."""
        document = self.ask("_openapi")
        for path, operations in document["paths"].items():
            if path.endswith("/_deleted"):
                resource = path.removeprefix("/api/v1/").removesuffix("/_deleted")
                tag = operations["get"]["tags"][0]
                schema = document["components"]["schemas"][f"{tag}.get"]
                self._sync(resource, list(schema["properties"]))

    def _sync(self, resource: str, columns: list[str]) -> None:
        began = datetime.now(UTC) - self.overlap
        rows, since = self.rows.setdefault(resource, {}), self.since.get(resource)
        q: dict[str, Any] = {"columns": columns}
        if "changed_on" in columns:
            q |= {"order_column": "changed_on", "order_direction": "asc"}
            if since is not None:
                value = since.isoformat()
                q["filters"] = [{"col": "changed_on", "opr": "gte", "value": value}]
        else:  # few rows, told whole
            rows.clear()
        for row in self._pages(f"{resource}/", q):
            rows[row["id"]] = row
        for row in self._pages(f"{resource}/_deleted", _from(since)):
            rows.pop(row["id"], None)
        self.since[resource] = began

    def _pages(self, path: str, q: dict[str, Any]) -> Iterator[dict[str, Any]]:
        cursor: str | None = ""
        while cursor is not None:
            asked = {**q, "page_size": self.page_size, **({"cursor": cursor} if cursor else {})}
            answer = self.ask(f"{path}?q={quote(json.dumps(asked))}")
            self.told += len(answer["result"])
            yield from answer["result"]
            cursor = answer["cursor"]


def _from(since: datetime | None) -> dict[str, Any]:
    return {} if since is None else {"since": since.isoformat()}


def essence(row: dict[str, Any]) -> dict[str, Any]:
    """What a copy has to know of a row: links by their id, and nothing that follows from others."""
    return {name: _plain(value) for name, value in row.items() if name not in FOLLOWS}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict) and "label" in value:
        return value["id"]
    return essence(value) if isinstance(value, dict) else value
