"""Rows that ship with the program. Each slice lists its own in a module of this name."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import select

from crm.core.db import db
from crm.core.models import Reference
from crm.core.types import TranslatedText

Rows = Iterable[tuple[type[Reference], Iterable[Mapping[str, Any]]]]


def named(english: str, french: str, **more: Any) -> dict[str, Any]:
    """The values of a row: its name in both languages, and other columns."""
    return {"name": TranslatedText(en=english, fr=french), **more}


def ensure(model: type[Reference], rows: Iterable[Mapping[str, Any]]) -> None:
    """Fill a vocabulary if it is empty.

    Otherwise rows that were renamed or deleted would come back with an upgrade.
    """
    if db.session.scalar(select(model.id).limit(1)) is not None:
        return
    db.session.add_all(model(position=number, **row) for number, row in enumerate(rows))
    db.session.flush()
