"""Which record each value of the kept one comes from."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import inspect, select
from sqlalchemy.orm import Mapper

from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.merging.pointers import MERGED
from crm.core.merging.rules import MergeRules
from crm.core.models import find_spec, key_of, kinds
from crm.core.models.fields import link_behind

# Field → the ids of the records whose value is kept: one, none, or those whose texts are joined.
Sources = Mapping[str, Sequence[int]]

# Of no choice: they cannot differ, or say what became of the record.
FIXED = ("company_id", "deleted_at", MERGED)


def merged_fields(model: type[Any]) -> tuple[str, ...]:
    """The fields of a record that one may choose: columns, and to-one links by their relation."""
    return _merged_fields(inspect(model))


@cache
def _merged_fields(mapper: Mapper[Any]) -> tuple[str, ...]:
    found = []
    for column in mapper.columns:
        name = mapper.get_property_by_column(column).key
        spec = find_spec(mapper.class_, name)
        if spec is None or spec.readonly or name in FIXED:
            continue
        link = link_behind(mapper, name)
        found.append(str(link.key) if link is not None else name)
    return tuple(found)


def is_joined(model: type[Any], name: str) -> bool:
    """Whether the texts of several records may follow each other."""
    spec = find_spec(model, name)
    return spec is not None and spec.kind is kinds.RICH_TEXT


def value_key(row: Any, name: str) -> Any:
    """What is compared of a field: the value, of a link its key."""
    relation = inspect(type(row)).relationships.get(name)
    if relation is not None:
        return getattr(row, key_of(relation))
    value, spec = getattr(row, name), find_spec(type(row), name)
    return spec.kind.identity(value) if spec is not None and value else value


def is_empty(row: Any, name: str) -> bool:
    """Whether a record has nothing to give; "no" gives way to "yes"."""
    return value_key(row, name) in (None, "", False)


def is_offered(row: Any, name: str, records: Sequence[Any]) -> bool:
    """Whether this record's value may be kept: links to what the actor cannot see may not."""
    relation = inspect(type(row)).relationships.get(name)
    if relation is None or value_key(row, name) is None:
        return True
    target = getattr(row, name)
    return target is not None and target not in records


def default_sources(records: Sequence[Any], kept: Any, rules: MergeRules) -> dict[str, list[int]]:
    """The kept record's value, else the first that is not empty; [] where all are.

    [] too where one has to be chosen.
    """
    order = [kept, *(row for row in records if row is not kept)]
    return {name: _default(order, name, rules) for name in choices(kept, rules)}


def choices(kept: Any, rules: MergeRules) -> list[str]:
    """The fields that one may choose where this record is kept."""
    out = {*rules.decided, *rules.kept_only(kept)}
    return [name for name in merged_fields(type(kept)) if name not in out]


def _default(order: Sequence[Any], name: str, rules: MergeRules) -> list[int]:
    filled = [r for r in order if not is_empty(r, name) and is_offered(r, name, order)]
    if is_joined(type(order[0]), name):
        return [row.id for row in filled]
    if must_choose(order, name, rules):
        return []
    return [row.id for row in filled[:1]]


def must_choose(records: Sequence[Any], name: str, rules: MergeRules) -> bool:
    """Whether the values differ so that the user has to say which one is right."""
    values = {value_key(row, name) for row in records if not is_empty(row, name)}
    return name in rules.must_choose and len(values) > 1


def chosen_values(
    records: Sequence[Any], kept: Any, sources: Sources, rules: MergeRules
) -> dict[str, Any]:
    """The values of the kept record. Raises DomainError by field where one was not chosen."""
    by_id = {row.id: row for row in records}
    whole = default_sources(records, kept, rules)
    whole |= {name: list(ids) for name, ids in sources.items() if name in whole}
    missing = [name for name in whole if must_choose(records, name, rules) and not whole[name]]
    if missing:
        raise DomainError(fields={name: _("Choose which one is right.") for name in missing})
    values: dict[str, Any] = {}
    for name, ids in whole.items():
        rows = [by_id[pk] for pk in ids if pk in by_id and is_offered(by_id[pk], name, records)]
        values |= _values_of(rows, name, rules) if rows else _nothing(kept, name, records)
    values |= {name: decide(records) for name, decide in rules.decided.items()}
    rules.settle(values)
    return values


def _values_of(rows: Sequence[Any], name: str, rules: MergeRules) -> dict[str, Any]:
    if len(rows) > 1:
        return {name: "".join(getattr(row, name) or "" for row in rows)}
    along = {other: getattr(rows[0], other) for other in rules.along.get(name, ())}
    return {name: getattr(rows[0], name), **along}


def _nothing(kept: Any, name: str, records: Sequence[Any]) -> dict[str, Any]:
    """Without a value to keep: none of several texts, or no link to a record that goes.

    Otherwise the kept record's own value stays, a link to what the actor cannot see included.
    """
    if is_joined(type(kept), name) or _is_link_among(kept, name, records):
        return {name: None}
    return {}


def _is_link_among(row: Any, name: str, records: Sequence[Any]) -> bool:
    relation = inspect(type(row)).relationships.get(name)
    return relation is not None and getattr(row, name) in records


def cut_cycles(kept: Any, values: dict[str, Any]) -> None:
    """Clear the links to records of the table that lead back to the kept one, once links moved.

    By the keys: it may keep a link to what the actor cannot see, or to what is in the bin.
    """
    model = type(kept)
    for relation in inspect(model).relationships:
        if relation.mapper.class_ is not model or relation.uselist:
            continue
        key = key_of(relation)
        if key == MERGED:
            continue
        target = values.get(relation.key)
        start = target.id if target is not None else getattr(kept, key)
        if start is not None and _leads_to(start, kept.id, key, model):
            values[relation.key] = None


def _leads_to(start: int, end: int, key: str, model: type[Any]) -> bool:
    """Whether the chain of these links from `start` comes to `end`."""
    table = model.__table__
    first = select(table.c.id, table.c[key].label("above")).where(table.c.id == start)
    chain = first.cte("chain", recursive=True)
    above = select(table.c.id, table.c[key]).join(chain, table.c.id == chain.c.above)
    whole = chain.union(above)
    found = select(whole.c.id).where(whole.c.id == end).limit(1)
    return start == end or db.session.execute(found).first() is not None
