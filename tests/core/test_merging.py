"""After a merge nothing in the schema points to the losers, whatever tables there are."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask import Flask
from flask_appbuilder import Model
from sqlalchemy import Column, Connection, Table, UniqueConstraint, insert, inspect, select
from sqlalchemy.orm import Session

from crm.accounts.models import Account, Contact
from crm.accounts.services import merging as accounts
from crm.core.db import db
from crm.core.merging import MergeRules, merge, plan_merge
from crm.leads.models import Lead
from crm.leads.services import merging as leads
from tests.breaking import broken_everywhere
from tests.factories import make, table_of
from tests.fixtures import Acting, Cast
from tests.population import Planted, plant, row_of

Everything = Callable[[], AbstractContextManager[Session]]

pytestmark = pytest.mark.both

KINDS: dict[type[Any], MergeRules] = {
    Account: accounts.ACCOUNTS,
    Contact: accounts.CONTACTS,
    Lead: leads.RULES,
}


# Of which a row names one, or one row each: the others stay empty.
ELSE = {"ab_user", "contact", "lead", "public_link"}


def keys_to(model: type[Any]) -> list[Column[Any]]:
    """Every foreign key to the table, but the one that says what a record was merged into."""
    tables = Model.metadata.sorted_tables
    keys = (key for table in tables for key in table.foreign_keys)
    return [
        key.parent
        for key in keys
        if key.column.table is inspect(model).local_table and key.parent.name != "merged_into_id"
    ]


def plant_links(connection: Connection, model: type[Any], planted: Planted, pk: int) -> None:
    """A row in every table with a foreign key to `model`, that points to row `pk`."""
    for column in keys_to(model):
        connection.execute(insert(column.table).values(_row(connection, column, planted, pk)))


def _row(connection: Connection, column: Column[Any], planted: Planted, pk: int) -> dict[str, Any]:
    table = column.table
    row = row_of(connection, table, planted)
    for one in table.primary_key:
        if one.foreign_keys:
            row[one.name] = _any(connection, next(iter(one.foreign_keys)).column.table)
        elif len(table.primary_key) > 1:
            row[one.name] = pk
    for one in _unique_texts(table):
        if one.nullable and {key.column.table.name for key in one.foreign_keys} & ELSE:
            row.pop(one.name, None)
        elif isinstance(row.get(one.name), str):
            row[one.name] = f"{pk}{column.name}{row[one.name]}"[: one.type.length]
    return {**row, column.name: pk}


def _any(connection: Connection, table: Table) -> int:
    return int(connection.scalar(select(table.c.id).limit(1)) or 0)


def _unique_texts(table: Table) -> Iterator[Column[Any]]:
    for index in table.indexes:
        yield from index.columns if index.unique else ()
    for one in table.constraints:
        yield from one.columns if isinstance(one, UniqueConstraint) else ()


@pytest.mark.parametrize("model", KINDS)
def test_no_foreign_key_points_to_a_loser(
    app: Flask, acting: Acting, everything: Everything, cast: Cast, model: type[Any]
) -> None:
    with acting("marc"):
        rows = [make(model) for _number in range(3)]
        ids = [row.id for row in rows]
    planted = planted_for(app, acting, cast)
    with app.app_context(), db.engine.begin() as connection:
        for pk in ids[1:]:
            plant_links(connection, model, planted, pk)
    with acting("marc"):
        found = table_of(model).fetch_each(ids, "edit", [])
        records = [found[pk] for pk in ids]
        merge(plan_merge(records, records[0], {}, KINDS[model]))
    with everything() as session:
        left = [
            str(column)
            for column in keys_to(model)
            if session.scalar(select(column).where(column.in_(ids[1:])).limit(1)) is not None
        ]
        assert left == []
        moved = [
            str(column)
            for column in keys_to(model)
            if session.scalar(select(column).where(column == ids[0]).limit(1)) is None
        ]
        assert set(moved) <= GONE, "what pointed to a loser is lost"
        assert session.get_one(model, ids[0]).row_version == 2


# Tables whose rows are worked out anew, or whose links to itself the kept record does not keep.
GONE = {"account_match_key.account_id", "contact_match_key.contact_id", "lead_match_key.lead_id"}


def planted_for(app: Flask, acting: Acting, cast: Cast) -> Planted:
    """Records of Marc's to which the planted rows may point."""
    with app.app_context(), db.engine.begin() as connection:
        return plant(connection, Planted(cast.france, cast.marc, "Zqlink"))


@pytest.mark.slow("merges once for each of its statements")
@pytest.mark.parametrize("model", KINDS)
def test_a_merge_that_breaks_off_leaves_nothing(
    app: Flask, acting: Acting, cast: Cast, model: type[Any]
) -> None:
    with acting("marc"):
        ids = [make(model).id for _number in range(2)]
    planted = planted_for(app, acting, cast)
    with app.app_context(), db.engine.begin() as connection:
        plant_links(connection, model, planted, ids[1])

    def act() -> None:
        with acting("marc"):
            found = table_of(model).fetch_each(ids, "edit", [])
            merge(plan_merge([found[pk] for pk in ids], found[ids[0]], {}, KINDS[model]))

    assert broken_everywhere(app, act) > 20
    with app.app_context():
        gone = select(model.__table__.c.merged_into_id).where(model.__table__.c.id == ids[1])
        assert db.session.scalar(gone) == ids[0]
