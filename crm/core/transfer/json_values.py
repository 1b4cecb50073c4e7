"""Values of columns to JSON and back."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Column, Date
from sqlalchemy import Enum as EnumType

from crm.core.journal import values
from crm.core.types import Exact, Instant, Translated, TranslatedText


def to_json(value: Any) -> Any:
    """`value` as JSON; rows added to or removed from a list as their keys."""
    if isinstance(value, tuple):
        return [[row.id for row in rows] for rows in value]
    return values.to_json(value)


def from_json(column: Column[Any], value: Any) -> Any:
    """The inverse of `to_json`."""
    if value is None:
        return None
    kind = column.type
    if isinstance(kind, Exact):
        return Decimal(value)
    if isinstance(kind, Instant):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    if isinstance(kind, EnumType) and kind.enum_class is not None:
        return kind.enum_class(value)
    return TranslatedText(value) if isinstance(kind, Translated) else value
