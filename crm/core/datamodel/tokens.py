"""Page tokens: the place of a row in an order, as text that an address can carry."""

import base64
import binascii
import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.dialects import sqlite
from sqlalchemy.types import TypeDecorator


def encode(values: Sequence[Any]) -> str:
    """A page token."""
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


def decode(token: str, columns: Sequence[Any]) -> list[Any]:
    """The values of `columns` in a token. Raises ValueError where it is not one of ours."""
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
    if len(values) != len(columns) or not all(map(_fits, values, columns)):
        raise ValueError("not a page token")
    if not isinstance(values[-1], int) or not all(map(_can_be_bound, values, columns)):
        raise ValueError("not a page token")
    return values


def _can_be_bound(value: Any, column: Any) -> bool:
    """Whether the column can hold the value, as it is stored on SQLite too."""
    stored = column.expression.type
    if isinstance(stored, TypeDecorator):
        try:
            value = stored.process_bind_param(value, sqlite.dialect())
        except (ArithmeticError, ValueError):  # no time zone, no such day in UTC, no number
            return False
    if isinstance(value, str):
        return "\0" not in value and not any("\ud800" <= c <= "\udfff" for c in value)
    return not isinstance(value, int) or abs(value) < 2**63


def _fits(value: Any, column: Any) -> bool:
    """Whether the database can compare the two: PostgreSQL refuses a day against a text."""
    if value is None:
        return bool(column.property.columns[0].nullable)
    stored = column.expression.type
    kind = getattr(stored, "impl", stored).python_type  # our own types say it of what they wrap
    if issubclass(kind, str):
        kind = str  # a choice is stored as its text
    if isinstance(value, bool) or issubclass(kind, bool):
        return isinstance(value, bool) and issubclass(kind, bool)
    if isinstance(value, datetime) and not issubclass(kind, datetime):
        return False
    return isinstance(value, kind)
