"""A client that follows the description of the API has a copy of everything it may read."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from crm.core.api import ModelRestApi
from crm.core.db import db
from crm.core.rows import unfiltered
from tests.fixtures import World, new_client, token_header
from tests.syncing import Copy, Rows, essence

# What a new row cannot be without.
NEW: dict[str, dict[str, Any]] = {
    "leads": {"organization": "Élan"},
    "contacts": {"last_name": "Roy"},
    "opportunities": {"name": "Projet Alpha"},
    "events": {"subject": "Démonstration"},
    "products": {"name": "Pompe", "code": "P-9", "price": "100"},
    "agencies": {"name": "Nantes"},
}


class Person:
    """Somebody at the API of a world."""

    def __init__(self, world: World, name: str) -> None:
        self.client = new_client(world.app)
        self.headers = token_header(world.app, world.cast.people[name])

    def ask(self, path: str, method: str = "GET", **given: Any) -> Any:
        answer = self.client.open(f"/api/v1/{path}", method=method, headers=self.headers, **given)
        assert answer.status_code < 300, (method, path, answer.text)
        return answer.get_json()


def changes(world: World, who: Person) -> Iterator[None]:
    """One change after the other: made, edited, deleted, deleted for good."""
    for resource, body in NEW.items():
        made = who.ask(f"{resource}/", "POST", json=body)
        yield
        if resource != "agencies":
            row = {"row_version": made["result"]["row_version"], "external_ref": "X-9"}
            who.ask(f"{resource}/{made['id']}", "PUT", json=row)
            yield
        other = who.ask(f"{resource}/", "POST", json=body | other_name(body))
        yield
        who.ask(f"{resource}/{other['id']}", "DELETE")
        yield


def other_name(body: dict[str, Any]) -> dict[str, Any]:
    return {name: f"{text} 2" for name, text in body.items() if name != "price"}


def everything(world: World, who: Person) -> dict[str, Rows]:
    """All that the person reads now, asked for from the beginning."""
    copy = Copy(who.ask)
    copy.sync()
    return copy.rows


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


def test_a_copy_ends_equal_to_the_database_though_rows_change_meanwhile(planted: World) -> None:
    alice = Person(planted, "alice")
    changing = changes(planted, alice)

    def ask(path: str) -> Any:
        answer = alice.ask(path)
        next(changing, None)
        return answer

    copy = Copy(ask, overlap=timedelta(0), page_size=10)
    copy.sync()
    assert next(changing, "all made") == "all made"
    told = copy.told
    copy.sync()
    assert copy.told < told * 1.5, "not everything over again"
    rows = everything(planted, alice)
    assert {name: set(found) for name, found in copy.rows.items()} == in_database(planted)
    for name, found in rows.items():
        assert {pk: essence(row) for pk, row in copy.rows[name].items()} == {
            pk: essence(row) for pk, row in found.items()
        }, name
