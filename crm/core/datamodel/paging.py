"""One page of a list: by key from either end, never by counting off the rows before it."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, false, inspect, or_, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

from crm.core.datamodel.filters import folded_column
from crm.core.datamodel.loading import loading
from crm.core.models import Reference

COUNT_CAP = 10_000
# Execution option of a statement that has few rows, which are cheaper to find than to walk to.
FEW = "crm_few"


@dataclass(frozen=True)
class Key:
    """One expression of an order."""

    expression: ColumnElement[Any]
    descending: bool = False


@dataclass(frozen=True)
class Ask:
    """Which page. `cursor` is a token of a page before; `backwards` reads towards the start.

    Without a cursor, backwards is the last page and `offset` counts from the first row.
    """

    size: int = 25
    cursor: str = ""
    backwards: bool = False
    offset: int = 0


@dataclass(frozen=True)
class Found:
    """The rows of a page, and the tokens of its neighbours; "" where there is none."""

    rows: list[Any]
    before: str
    after: str


def order_keys(model: type[Any], order: Sequence[tuple[str, str]]) -> list[Key]:
    """Expressions for [(field, "asc" | "desc")], made total by the primary key; empty ones last."""
    keys: list[Key] = []
    for name, direction in order:
        column = _sortable(model, name)
        if _may_be_null(model, name):
            keys.append(Key(column.is_(None)))
        keys.append(Key(column, direction == "desc"))
    last = order[-1][1] if order else "desc"
    return [*keys, Key(model.id, last == "desc")]


def _may_be_null(model: type[Any], name: str) -> bool:
    mapper = inspect(model)
    if name in mapper.relationships:
        return bool(next(iter(mapper.relationships[name].local_columns)).nullable)
    return name not in mapper.columns or bool(mapper.columns[name].nullable)


def _sortable(model: type[Any], name: str) -> Any:
    mapper = inspect(model)
    if name not in mapper.relationships:
        return folded_column(model, name)
    relation = mapper.relationships[name]
    target = relation.mapper.class_
    local, remote = next(iter(relation.local_remote_pairs))
    shown = target.position if issubclass(target, Reference) else _named(target)
    return select(shown).where(remote == local).correlate(model.__table__).scalar_subquery()


def _named(target: type[Any]) -> Any:
    for name in ("name_key", "display_key", "last_name", "name"):
        if hasattr(target, name):
            return getattr(target, name)
    return target.id


def _beyond(keys: Sequence[Key], values: Sequence[Any], backwards: bool) -> ColumnElement[bool]:
    """The rows after (before, when backwards) the one whose keys are `values`."""
    ways: list[ColumnElement[bool]] = []
    for position, key in enumerate(keys):
        equal = [_same(k.expression, v) for k, v in zip(keys[:position], values, strict=False)]
        ways.append(and_(*equal, _past(key, values[position], backwards)))
    beyond = or_(*ways)
    if values[0] is None or isinstance(values[0], bool):
        return beyond
    # Said once more, so that an index finds the place instead of being read up to it.
    lead = keys[0]
    down = lead.descending != backwards
    return and_(lead.expression <= values[0] if down else lead.expression >= values[0], beyond)


def _same(expression: ColumnElement[Any], value: Any) -> ColumnElement[bool]:
    return expression.is_(None) if value is None else expression == value


def _past(key: Key, value: Any, backwards: bool) -> ColumnElement[bool]:
    if value is None:
        return false()  # the "is empty" key before it has told these apart already
    if isinstance(value, bool):  # no order in SQLAlchemy: what is past False is True
        down = key.descending != backwards
        return key.expression == (not value) if value is down else false()
    return key.expression < value if key.descending != backwards else key.expression > value


def read_page(
    session: Session,
    statement: Select[Any],
    model: type[Any],
    keys: Sequence[Key],
    ask: Ask,
    relations: Sequence[str],
) -> Found:
    """One page of `statement`, its to-one `relations` joined outside the limit."""
    columns = [key.expression.label(f"k{n}") for n, key in enumerate(keys)]
    inner = statement.with_only_columns(*columns)
    if ask.cursor:
        inner = inner.where(_beyond(keys, decode(ask.cursor, keys), ask.backwards))
    if statement.get_execution_options().get(FEW):
        keys, inner = _read_first(inner, keys)
    inner = inner.order_by(*(_directed(key, ask.backwards) for key in keys))
    inner = inner.limit(ask.size + 1).offset(ask.offset or None)
    page = inner.subquery()
    names = [page.c[f"k{n}"] for n in range(len(keys))]
    outer = select(model, *names).join(page, model.id == names[-1])
    outer = outer.options(*loading(model, relations, joined=False))
    outer = outer.order_by(
        *(_outer(key, name, ask.backwards) for key, name in zip(keys, names, strict=True))
    )
    outer = outer.execution_options(**statement.get_execution_options())
    rows: list[Row[Any]] = list(session.execute(outer).unique())
    more = len(rows) > ask.size
    rows = rows[: ask.size]
    if ask.backwards:
        rows.reverse()
    return _neighbours(rows, more, ask)


def _read_first(statement: Select[Any], keys: Sequence[Key]) -> tuple[list[Key], Select[Any]]:
    """The rows of a statement that has few, found before anybody thinks of their order.

    PostgreSQL would read the order's index instead, up to its end where the rows are rare.
    """
    few = statement.cte("few").prefix_with("MATERIALIZED")
    columns = [few.c[f"k{n}"] for n in range(len(keys))]
    ordered = [Key(one, key.descending) for one, key in zip(columns, keys, strict=True)]
    return ordered, select(*columns)


def _directed(key: Key, backwards: bool) -> ColumnElement[Any]:
    return key.expression.desc() if key.descending != backwards else key.expression.asc()


def _outer(key: Key, name: ColumnElement[Any], backwards: bool) -> ColumnElement[Any]:
    return name.desc() if key.descending != backwards else name.asc()


def _neighbours(rows: list[Row[Any]], more: bool, ask: Ask) -> Found:
    if not rows:
        return Found([], "", "")
    first, last = encode(rows[0][1:]), encode(rows[-1][1:])
    started = bool(ask.cursor or ask.offset) and not ask.backwards
    return Found(
        [row[0] for row in rows],
        before=first if (ask.backwards and more) or started else "",
        after=last if (not ask.backwards and more) or (ask.backwards and ask.cursor) else "",
    )


def encode(values: Sequence[Any]) -> str:
    """A page token: the key of a row, as text that an address can carry."""
    plain = [_tagged(value) for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def _tagged(value: Any) -> Any:
    match value:
        case datetime():
            return ["t", value.isoformat()]
        case date():
            return ["d", value.isoformat()]
        case Decimal():
            return ["n", str(value)]
        case _:
            return value


_READ: dict[str, Any] = {"t": datetime.fromisoformat, "d": date.fromisoformat, "n": Decimal}


def decode(token: str, keys: Sequence[Key]) -> list[Any]:
    """The values of `keys` in a token. Raises ValueError where it is not one of ours."""
    try:
        plain = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        values = [_READ[v[0]](v[1]) if isinstance(v, list) else v for v in plain]
    except (
        binascii.Error,
        KeyError,
        IndexError,
        TypeError,
        ArithmeticError,
        RecursionError,
        UnicodeDecodeError,
    ) as error:
        raise ValueError("not a page token") from error
    if len(values) != len(keys) or not all(map(_fits, values, keys)):
        raise ValueError("not a page token")
    if not isinstance(values[-1], int) or not all(map(_can_be_bound, values, keys)):
        raise ValueError("not a page token")
    return values


def _can_be_bound(value: Any, key: Key) -> bool:
    """Whether a column of the key's type can hold the value, as it is stored on SQLite too."""
    stored = key.expression.type
    if isinstance(stored, TypeDecorator):
        try:
            value = stored.process_bind_param(value, sqlite.dialect())
        except (ArithmeticError, ValueError):  # no time zone, no such day in UTC, no number
            return False
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= c <= "\udfff" for c in value)
    return not isinstance(value, int) or abs(value) < 2**63


def _fits(value: Any, key: Key) -> bool:
    """Whether the database can compare the two: PostgreSQL refuses a day against a text."""
    stored = key.expression.type
    kind = getattr(stored, "impl", stored).python_type  # our own types say it of what they wrap
    if issubclass(kind, str):
        kind = str  # a choice is stored as its text
    if isinstance(value, bool) or issubclass(kind, bool):
        return value is None or (isinstance(value, bool) and issubclass(kind, bool))
    if isinstance(value, datetime) and not issubclass(kind, datetime):
        return False
    return value is None or isinstance(value, kind)
