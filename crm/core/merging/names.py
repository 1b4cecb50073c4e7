"""The names of what moves, for the journal of the kept record."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import ColumnElement, inspect, or_, select, true

from crm.core import privacy
from crm.core.actor import find_actor
from crm.core.db import batches, db
from crm.core.journal.values import line_content, link_items, tracked_attributes
from crm.core.merging.merged import MOVED
from crm.core.merging.moving import Moved
from crm.core.merging.pointers import MERGED, pointers_to
from crm.core.models import Child, key_of

Names = dict[str, dict[int, str]]  # table → id → what the record is called


def names_of(model: type[Any], losers: Sequence[Any]) -> Names:
    """The names of all records that are linked to the losers, but private ones of others.

    Read before the transaction, whoever may see them: whoever reads the journal later sees the
    names of those that they may read themselves.
    """
    ids = [row.id for row in losers]
    found: Names = {}
    for record, linked in _linked(model, ids).items():
        found[record.__tablename__] = _names(record, or_(*linked))
    return found


def _linked(model: type[Any], ids: Sequence[int]) -> dict[type[Any], list[ColumnElement[bool]]]:
    conditions: dict[type[Any], list[ColumnElement[bool]]] = {}
    for pointer in pointers_to(model):
        theirs = pointer.column.in_(ids)
        if pointer.is_record and pointer.column.name != MERGED:
            conditions.setdefault(pointer.record, []).append(theirs)
        elif pointer.parent is not None and pointer.parent is not model:
            inner = select(pointer.to_parent).where(theirs)
            conditions.setdefault(pointer.record, []).append(pointer.parent.id.in_(inner))
    return conditions


def _names(record: type[Any], where: ColumnElement[bool]) -> dict[int, str]:
    actor = find_actor()
    told = privacy.is_open_to(record, actor) if actor is not None else true()
    found = db.session.scalars(select(record).where(where, told)).unique()
    return {row.id: str(row) for row in found}


def told_links(moved: Moved, names: Names) -> dict[str, list[Any]]:
    """The names of what moved, as changes of the kept record: [before, after] by table."""
    changes: dict[str, list[Any]] = {}
    for table, ids in moved.items():
        known = names.setdefault(table, {})
        _complete(table, [pk for pk in ids if pk not in known], known)
        items = [[known[pk], [table, pk]] for pk in dict.fromkeys(ids) if pk in known]
        if items:
            changes[MOVED + table] = [None, items]
    return changes


def _complete(table: str, missing: Sequence[int], known: dict[int, str]) -> None:
    """The names of what was linked between reading the names and taking the lock."""
    record = next(m.class_ for m in Model.registry.mappers if m.local_table.name == table)
    for some in batches(missing):
        known |= _names(record, record.id.in_(some))


# Lists of the record itself ─────────────────────────────────────────────────────────────────────


def own_lists(row: Any) -> dict[str, set[int]]:
    """The ids in the lists of a record that its journal knows: tags, addresses."""
    return {name: {one.id for one in getattr(row, name)} for name in _lists(type(row))}


def told_lists(row: Any, before: Mapping[str, set[int]]) -> dict[str, list[Any]]:
    """What came into these lists, as changes of the record."""
    changes: dict[str, list[Any]] = {}
    lines = dict(tracked_attributes(inspect(row).mapper).lines)
    for name, known in before.items():
        come = [one for one in getattr(row, name) if one.id not in known]
        if name in lines:
            content = ((one, line_content(one, lines[name])) for one in come)
            changes |= {f"{name}.{one.id}": [None, told] for one, told in content}
        elif come:
            changes[name] = [None, link_items(come)]
    return changes


def _lists(model: type[Any]) -> Iterable[str]:
    """Lists of links, and of children of the record; other records' children are told there."""
    what, mapper = tracked_attributes(inspect(model)), inspect(model)
    yield from what.links
    for name, _back in what.lines:
        relation = mapper.relationships[name]
        child = relation.mapper.class_
        parent = child.__mapper__.relationships[child.__parent__]
        if issubclass(child, Child) and parent.mapper.class_ is model and key_of(parent):
            yield name
