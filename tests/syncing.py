"""A client that syncs all it may read, as the API description says."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import quote

from sqlalchemy import select

from crm.core.api import ModelRestApi
from crm.core.db import db
from crm.core.rows import unfiltered
from tests.fixtures import World, new_client, token_header

IN_ORDER = {"order_column": "changed_on", "order_direction": "asc"}
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
        q: dict[str, Any] = {"columns": columns, **IN_ORDER}
        if since is not None:
            value = since.isoformat()
            q["filters"] = [{"col": "changed_on", "opr": "gte", "value": value}]
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
    """The synced fields of a row: links by id, without values computed from other rows."""
    return {name: _plain(value) for name, value in row.items() if name not in FOLLOWS}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict) and "label" in value:
        return value["id"]
    return essence(value) if isinstance(value, dict) else value


# Somebody who changes rows meanwhile ─────────────────────────────────────────────────────────────

PRICES = [{"currency": "EUR", "price": "100"}]
# What a new row cannot be without.
NEW: dict[str, dict[str, Any]] = {
    "leads": {"organization": "Élan"},
    "contacts": {"last_name": "Roy"},
    "opportunities": {"name": "Projet Alpha"},
    "events": {"subject": "Démonstration"},
    "products": {"name": "Pompe", "code": "P-9", "prices": PRICES},
    "agencies": {"name": "Nantes"},
    "groups": {"name": "Export"},
}


class Asking(Protocol):
    """Somebody who asks the API; an answer that is no success is an error."""

    def ask(self, path: str, method: str = "GET", json: Any = None) -> Any: ...


class Person:
    """Somebody at the API of a world."""

    def __init__(self, world: World, name: str) -> None:
        self.client = new_client(world.app)
        self.headers = token_header(world.app, world.cast.people[name])

    def ask(self, path: str, method: str = "GET", json: Any = None) -> Any:
        answer = self.client.open(f"/api/v1/{path}", method=method, headers=self.headers, json=json)
        assert answer.status_code < 300, (method, path, answer.text)
        return answer.get_json()


def changes(who: Asking, mark: str = "") -> Iterator[None]:
    """One change after the other: made, edited, deleted, deleted for good."""
    for resource, least in NEW.items():
        body = other_name(least, mark)
        made = who.ask(f"{resource}/", "POST", json=body)
        yield
        if resource not in ("agencies", "groups"):
            row = {"row_version": made["result"]["row_version"], "external_ref": f"X{mark}"}
            who.ask(f"{resource}/{made['id']}", "PUT", json=row)
            yield
        other = who.ask(f"{resource}/", "POST", json=other_name(body, " 2"))
        yield
        who.ask(f"{resource}/{other['id']}", "DELETE")
        yield


def other_name(body: dict[str, Any], mark: str) -> dict[str, Any]:
    return {name: value + mark if isinstance(value, str) else value for name, value in body.items()}


# A copy and what it is a copy of ─────────────────────────────────────────────────────────────────


def differences(world: World, who: Asking, copy: Copy) -> dict[str, Any]:
    """resource → what a copy has otherwise than somebody who reads it all now; ids for whole rows.

    For somebody who reads everything: the ids are those of the database itself.
    """
    fresh = Copy(who.ask)
    fresh.sync()
    kept, found = (
        {name: {pk: essence(row) for pk, row in rows.items()} for name, rows in one.rows.items()}
        for one in (copy, fresh)
    )
    # What nobody deletes, as messages, is not among what a copy follows.
    ids = {name: all_ids for name, all_ids in in_database(world).items() if name in fresh.rows}
    wrong: dict[str, Any] = {
        name: ids[name] ^ kept[name].keys() for name in ids if ids[name] != kept[name].keys()
    }
    return wrong | {
        name: [row for pk, row in kept[name].items() if row != found[name].get(pk)]
        for name in found
        if name not in wrong and kept[name] != found[name]
    }


def in_database(world: World) -> dict[str, set[int]]:
    """resource → the ids of the rows that are there, whoever reads them."""
    apis = [v for v in world.app.extensions["appbuilder"].baseviews if isinstance(v, ModelRestApi)]
    with world.app.app_context(), unfiltered("the test compares a copy with the database"):
        return {
            api.resource_name: set(
                db.session.scalars(
                    select(api.datamodel.obj.id).where(
                        *([api.datamodel.obj.deleted_at.is_(None)] if api.datamodel.has_bin else [])
                    )
                )
            )
            for api in apis
        }
