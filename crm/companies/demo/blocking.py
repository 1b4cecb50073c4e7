"""The rows that the demo did not make but that need rows of it, and so keep it from being erased.

They are found by the foreign keys, so that a table that is added later needs no line here.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import ColumnElement, ForeignKey, Select, Table, exists, select

from crm.companies.demo.reading import counts, made
from crm.companies.models import DemoRow, user_company
from crm.core.db import db
from crm.core.models import Child, parent_key

SHOWN = 20  # rows of the list of a refusal
# Who did something: the name is left out, the row stays.
AUTHORS = ("_by_id", "_by_fk")
LOGS = ("journal", "import_run", DemoRow.__tablename__)
# A user loses a membership with the group or company, and the settings a group; not the reverse.
HOLDERS = ("user_id", "settings_id")


def is_author(key: ForeignKey) -> bool:
    """Whether a foreign key says who did something, or what a user looks at or was told of."""
    name = key.parent.name
    return (
        key.ondelete == "SET NULL"
        or name.endswith(AUTHORS)
        or key.parent.table.name in LOGS
        or name == "active_company_id"
    )


def mapped_classes() -> dict[Table, type[Any]]:
    """Table → its class; links between two tables have none."""
    return {mapper.local_table: mapper.class_ for mapper in Model.registry.mappers}


def blocking_rows() -> dict[Any, set[type[Any]]]:
    """The first SHOWN of these rows → the classes of what they need of the demo.

    Of a line or a membership, it is the row that it belongs to.
    """
    found: dict[type[Any], dict[int, set[type[Any]]]] = defaultdict(lambda: defaultdict(set))
    kinds, classes = counts(), mapped_classes()
    for table in Model.metadata.sorted_tables:
        for key in table.foreign_keys:
            if key.column.table.name in kinds and not is_author(key):
                for model, statement in _needing(table, key, classes):
                    for pk in db.session.scalars(statement.limit(SHOWN)):
                        found[model][pk].add(classes[key.column.table])
    rows = [(row, ids[row.id]) for model, ids in found.items() for row in _rows(model, ids)]
    return dict(rows[:SHOWN])


def _rows(model: type[Any], ids: Iterable[int]) -> list[Any]:
    return list(db.session.scalars(select(model).where(model.id.in_(ids))).unique())


def is_in_bin(row: Any) -> bool:
    return getattr(row, "deleted_at", None) is not None


def _needing(
    table: Table, key: ForeignKey, classes: dict[Table, type[Any]]
) -> Iterator[tuple[type[Any], Select[int]]]:
    """The rows that need a row of the demo by this key, as (class, statement of their ids)."""
    model, needed = classes.get(table), made(key.column.table.name)
    if model is None:
        yield from _holders(table, key, classes)
    elif issubclass(model, Child):
        parent = parent_key(model)
        owner = next(iter(parent.foreign_keys)).column.table
        if key.parent is not parent:
            ids = select(parent).where(key.parent.in_(needed), parent.not_in(made(owner.name)))
            yield classes[owner], ids
    elif key.ondelete != "CASCADE":
        own = table.c.id.not_in(made(table.name))
        yield model, select(table.c.id).where(key.parent.in_(needed), own)


def _holders(
    table: Table, key: ForeignKey, classes: dict[Table, type[Any]]
) -> Iterator[tuple[type[Any], Select[int]]]:
    """Users and settings that would lose a group, and users that would lose their last company."""
    for other in table.foreign_keys:
        if other.parent.name not in HOLDERS or other is key:
            continue
        holder = other.column.table
        where: list[ColumnElement[bool]] = [
            key.parent.in_(made(key.column.table.name)),
            other.parent.not_in(made(holder.name)),
        ]
        if table is user_company:
            kept = user_company.alias()
            mine = kept.c.user_id == user_company.c.user_id
            where.append(~exists().where(mine, kept.c.company_id.not_in(made("company"))))
        yield classes[holder], select(other.parent).where(*where)
