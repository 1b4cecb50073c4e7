"""A record with five hundred related rows of every kind takes few statements, on both databases.

What points to a record is found from the metadata, so that a table that comes later is filled too.
"""

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask_appbuilder import Model
from sqlalchemy import Connection, ForeignKey, func, insert, literal, select, update

from crm.companies.models import AppSettings
from crm.core.db import db
from crm.core.journal import record_changes
from tests.fixtures import AROUND, Acting, Cast, Client, statements_of
from tests.house.conftest import SWITCHES
from tests.population import Planted, business_tables, multiply, plant

AsUser = Callable[[str], Client]
RELATED, BUDGET = 500, 14
TABLES = Model.metadata.tables
# Its two keys are another pair in every row.
LINKS = "account_contact"


def fill(app: Flask, cast: Cast, name: str) -> int:
    """The id of a row of Marc's in this table, with RELATED rows in each that points to it."""
    planted = Planted(cast.france, cast.marc, "Zqmarc")
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(update(AppSettings).values(dict.fromkeys(SWITCHES, True)))
        plant(connection, planted)
        for table in dict.fromkeys(key.parent.table for key in keys_to(name)):
            if table.name != LINKS:
                multiply(connection, table, planted, RELATED + 1)
        if name == "account":
            add_family(connection, planted)
    return planted.ids[name]


def keys_to(name: str) -> Iterator[ForeignKey]:
    """The keys of business tables to this one, but for that of merged records."""
    for table in business_tables():
        for key in table.foreign_keys:
            if key.column.table.name == name and key.parent.name != "merged_into_id":
                yield key


def add_family(connection: Connection, planted: Planted) -> None:
    """RELATED contacts of the account, as many subsidiaries, and a parent."""
    account, contact, link = (TABLES[one] for one in ("account", "contact", LINKS))
    pk, known = planted.ids["account"], planted.ids["contact"]
    multiply(connection, contact, planted, RELATED)
    others = select(literal(pk), contact.c.id, literal(False)).where(contact.c.id != known)
    connection.execute(insert(link).from_select(["account_id", "contact_id", "is_main"], others))
    connection.execute(update(contact).values(has_account=True))
    parent = connection.scalar(select(func.max(account.c.id)))
    below = account.c.id.not_in([pk, parent])
    connection.execute(update(account).where(below).values(parent_id=pk))
    connection.execute(update(account).where(account.c.id == pk).values(parent_id=parent))


def counted(app: Flask, name: str, pk: int) -> dict[str, int]:
    """Key → how many rows point to the record by it."""
    with app.app_context(), db.engine.connect() as connection:
        return {
            f"{key.parent.table.name}.{key.parent.name}": connection.scalars(
                select(func.count()).select_from(key.parent.table).where(key.parent == pk)
            ).one()
            for key in keys_to(name)
        }


def costs(app: Flask, client: Client, address: str) -> dict[str, int]:
    """Address → statements, of a record's page and of each of its tabs."""
    page = client.get(address).text
    found = {}
    for one in dict.fromkeys([address, *re.findall(rf'{address}\?tab=[^"&#]+', page)]):
        with statements_of(app, *AROUND) as statements:
            assert client.get(one).status_code == 200
        found[one] = len(statements)
    return found


@pytest.mark.both
@pytest.mark.parametrize(
    ("name", "base", "tabs"), [("account", "/prospects", 9), ("opportunity", "/opportunities", 5)]
)
def test_a_record_with_five_hundred_rows_of_every_kind_keeps_to_its_budget(
    app: Flask, cast: Cast, as_user: AsUser, acting: Acting, name: str, base: str, tabs: int
) -> None:
    pk = fill(app, cast, name)
    with acting("marc") as session:
        changes = [(pk, n, cast.france, {"name": [f"A{n}", f"B{n}"]}) for n in range(RELATED)]
        record_changes(session, name, changes)
    few = {key: number for key, number in counted(app, name, pk).items() if number < RELATED}
    assert few == {}
    found = costs(app, as_user("marc"), f"{base}/show/{pk}")
    assert len(found) == tabs
    assert {one: number for one, number in found.items() if number > BUDGET} == {}
