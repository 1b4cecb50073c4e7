"""Set a to-one link of many rows at once, as for a hand-over or a mass assignment.

Ten thousand rows take as many statements as ten, so that nobody waits for SQLite's lock meanwhile.
"""

from collections.abc import Sequence
from typing import Any

from blinker import Signal
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Row, bindparam, inspect, select, update

from crm.core.datamodel.link_checks import refusal_of
from crm.core.datamodel.rules import Rules
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.journal import Journal, record_changes
from crm.core.models import key_of

# Sent with the table's class: `key` is the column, `to` its value now, and `rows` have the id, the
# company and, where there are several sorts in one table, the `kind` of each.
relinked = Signal("a link of many rows has been set by one statement")


def relink(
    model: type[Any],
    relation: str,
    target: Any,
    where: Sequence[ColumnElement[bool]],
    rules: Rules,
) -> None:
    """Set `relation` of the rows that meet `where` to `target`, None for no link, and journal it.

    Raises DomainError on `relation`, naming a row, where a picker would not offer it the target.
    """
    session, key = db.session(), key_of(inspect(model).relationships[relation])
    column, wanted = getattr(model, key), target.id if target is not None else None
    asked = select(model.id, model.row_version, model.company_id, column.label("before"))
    if hasattr(model, "kind"):
        asked = asked.add_columns(model.kind)
    asked = asked.where(*where, column.is_distinct_from(wanted)).order_by(model.id)
    found = session.execute(asked.with_for_update(of=model, key_share=True)).all()
    if not found:
        return
    if target is not None:
        _check(model, relation, target, found, rules)
    _write(model, key, [(row, row.before, wanted) for row in found])
    relinked.send(model, key=key, to=wanted, rows=found)


def put_back(model: type[Any], relation: str, act_id: str) -> None:
    """Set `relation` of the rows that an act linked to what it was, where it is as left by the act.

    By one statement, and journaled, as `relink`.
    """
    session, key = db.session(), key_of(inspect(model).relationships[relation])
    entries = select(Journal.row_id, Journal.changes).where(
        Journal.act_id == act_id, Journal.kind == model.__tablename__
    )
    pairs = {pk: said[key] for pk, said in session.execute(entries) if key in said}
    column = getattr(model, key)
    asked = select(model.id, model.row_version, model.company_id, column.label("now"))
    asked = asked.where(model.id.in_(pairs)).order_by(model.id)
    locked = session.execute(asked.with_for_update(of=model, key_share=True))
    left = [row for row in locked if row.now == pairs[row.id][1]]
    if left:
        _write(model, key, [(row, row.now, pairs[row.id][0]) for row in left])


def _write(model: type[Any], key: str, links: Sequence[tuple[Row[Any], Any, Any]]) -> None:
    """Set the column `key` of these rows, each with its link before and after, and journal it."""
    session, table = db.session(), model.__table__
    # No column has these names: that of a quote's version is a column.
    changed = update(table).where(table.c.id == bindparam("of_row"))
    changed = changed.values({key: bindparam("new_link"), "row_version": bindparam("new_version")})
    session.execute(
        changed,
        [
            {"of_row": row.id, "new_link": after, "new_version": row.row_version + 1}
            for row, __, after in links
        ],
    )
    record_changes(
        session,
        model.__tablename__,
        (
            (row.id, row.row_version + 1, row.company_id, {key: [before, after]})
            for row, before, after in links
        ),
    )
    for row in [one for one in session.identity_map.values() if isinstance(one, model)]:
        session.expire(row)


def _check(
    model: type[Any], relation: str, target: Any, found: Sequence[Row[Any]], rules: Rules
) -> None:
    """Who may be chosen depends on the company."""
    for company_id, pk in {row.company_id: row.id for row in found}.items():
        text = refusal_of(model, relation, target, {"company_id": company_id}, rules)
        if text is not None:
            row = db.session.get(model, pk)
            raise DomainError(_("%(row)s: %(error)s", row=row, error=text), field=relation)
