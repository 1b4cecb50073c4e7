"""How many records are linked to each of those to be merged, as the actor sees them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, select, union, union_all

from crm.core.db import db
from crm.core.merging.pointers import MERGED, Pointer, pointers_to

# Class of the linked records → id of the record they are linked to → their number.
Moving = dict[type[Any], Counter[int]]


def count_moving(model: type[Any], ids: Sequence[int]) -> Moving:
    """The numbers of linked records by table, in one statement; what the actor cannot read, not."""
    linked: dict[type[Any], list[Select[Any]]] = {}
    for pointer in pointers_to(model):
        record = pointer.record
        if record is None or pointer.column.name == MERGED:
            continue
        if record is not model:
            linked.setdefault(record, []).append(_linked(pointer, record, ids))
        elif pointer.is_record:
            outside = record.id.not_in(ids)
            linked.setdefault(record, []).append(_linked(pointer, record, ids, outside))
    classes = list(linked)
    counted = (_counted(place, linked[one]) for place, one in enumerate(classes))
    found: Moving = {one: Counter() for one in classes}
    for row in db.session.execute(union_all(*counted)):
        found[classes[row.place]][row.target] = row.n
    return {one: numbers for one, numbers in found.items() if numbers}


def _linked(
    pointer: Pointer, record: type[Any], ids: Sequence[int], *where: ColumnElement[bool]
) -> Select[Any]:
    asked = select(record.id.label("pk"), pointer.column.label("target"))
    if not pointer.is_record:
        asked = asked.join(pointer.table, pointer.parent_key == record.id)
    return asked.where(pointer.column.in_(ids), *where)


def _counted(place: int, parts: Sequence[Select[Any]]) -> Select[Any]:
    each = (union(*parts) if len(parts) > 1 else parts[0].distinct()).subquery()
    columns = (literal(place).label("place"), each.c.target, func.count().label("n"))
    return select(*columns).group_by(each.c.target)


def moving_to(moving: Moving, losers: Sequence[int]) -> Iterator[tuple[type[Any], int]]:
    """(class, number) of what moves when these are merged into another one."""
    for record, numbers in moving.items():
        if number := sum(numbers[pk] for pk in losers):
            yield record, number
