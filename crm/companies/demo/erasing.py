"""Erase the demo: what it made, and nothing else."""

from collections.abc import Mapping
from typing import Any

from flask_appbuilder import Model
from flask_babel import gettext as _
from sqlalchemy import Column, Table, delete, exists, null, or_, select, update

from crm.companies.demo.blocking import blocking_rows, is_author, is_in_bin, mapped_classes
from crm.companies.demo.reading import counts, made
from crm.companies.models import Company, Counter, DemoRow
from crm.companies.people.rights import active_admins
from crm.core.actor import Scope, current_actor
from crm.core.datamodel.saving import update_row
from crm.core.db import clear_cache, db
from crm.core.errors import DomainError
from crm.core.files.models import StoredFile
from crm.core.files.storing import discard
from crm.core.journal import Journal
from crm.core.models import Child, Personal, Record, parent_key
from crm.core.rows import unfiltered


def may_erase() -> bool:
    """Whether the actor may delete everything that the demo made."""
    classes = {table.name: model for table, model in mapped_classes().items()}
    made_ones = (classes[kind] for kind in counts())
    # Lines go with their record, one's reminders of an event among them, and with their person what
    # is theirs alone.
    entities = {
        getattr(one, "__entity__", "users")
        for one in made_ones
        if not issubclass(one, Child | Personal)
    }
    actor = current_actor()
    return all(actor.widest_scope("delete", entity) is Scope.ALL for entity in {*entities, "users"})


def erase() -> int:
    """Delete what the demo made, restore what it changed. Returns the number of deleted rows.

    Raises DomainError where rows that it did not make need some that it made.
    """
    with unfiltered("the demo goes as a whole, whoever could see which part of it"):
        if blocking_rows():
            raise DomainError(_("Some of your own records depend on records of the demo."))
        kinds = counts()
        for kind in kinds:
            entries = Journal.kind == kind, Journal.row_id.in_(made(kind))
            db.session.execute(delete(Journal).where(*entries))
        for table in Model.metadata.sorted_tables:
            _clear_links(table, kinds)
        gone = sum(_delete(table, kinds) for table in reversed(Model.metadata.sorted_tables))
        _restore()
        db.session.execute(delete(DemoRow))
        db.session.expire_all()
        if db.session.execute(active_admins().limit(1)).first() is None:
            raise DomainError(_("Keep at least one active administrator."))
    clear_cache()
    return gone


def empty_bin() -> int:
    """Delete for good the rows in the bin that need the demo. Returns their number."""
    with unfiltered("the demo goes as a whole, whoever could see which part of it"):
        rows = [row for row in blocking_rows() if is_in_bin(row)]
        for row in rows:
            db.session.delete(row)
    return len(rows)


def _clear_links(table: Table, kinds: Mapping[str, int]) -> None:
    """Empty the links that no row needs: who did something, and the cycles between tables."""
    for key in table.foreign_keys:
        name = key.column.table.name
        if name in kinds and (is_author(key) or key.use_alter):
            _set_null(table, key.parent, name)


def _set_null(table: Table, column: Column[Any], name: str) -> None:
    """Set a column NULL where it names a row of the demo, which is no edit of its row."""
    kept = ("changed_on", "changed_by_id", "changed_by_fk", "row_version")
    same = {one: table.c[one] for one in kept if one in table.c and one != column.name}
    db.session.execute(
        update(table).where(column.in_(made(name))).values({**same, column.name: null()})
    )


def _delete(table: Table, kinds: Mapping[str, int]) -> int:
    """Delete the rows of the demo, and lines and links of its rows, whoever added them."""
    model = mapped_classes().get(table)
    where = [table.c.id.in_(made(table.name))] if table.name in kinds and "id" in table.c else []
    if model is None or issubclass(model, Child):
        columns = [parent_key(model)] if model is not None else [*table.c]
        keys = [(c, key.column.table.name) for c in columns for key in c.foreign_keys]
        where += [column.in_(made(name)) for column, name in keys if name in kinds]
    if not where:
        return 0
    if model is StoredFile:
        discard([*db.session.scalars(select(StoredFile.key).where(*where))])
    return int(db.session.execute(delete(table).where(or_(*where))).rowcount)  # type: ignore[attr-defined]  # of a DELETE


def _restore() -> None:
    """Give companies that the demo changed their values back, as far as nobody changed them."""
    statement = select(DemoRow).where(DemoRow.changes.is_not(None))
    for mark in db.session.scalars(statement):
        company = db.session.get(Company, mark.row_id)
        if company is None:
            continue
        changes = (mark.changes or {}).items()
        values = {n: before for n, (before, after) in changes if getattr(company, n) == after}
        update_row(company, values)
        if not any(_has_records(model, company) for model in mapped_classes().values()):
            db.session.execute(delete(Counter).where(Counter.company_id == company.id))


def _has_records(model: type[Any], company: Company) -> bool:
    if not issubclass(model, Record):
        return False
    return bool(db.session.scalar(select(exists().where(model.company_id == company.id))))
