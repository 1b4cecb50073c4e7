"""A saved report as its reader may see it: with their rights, language, time zone and formats."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from crm.core.actor import Actor
from crm.core.db import db
from crm.core.errors import NotFound
from crm.core.saved.models import SavedKind, SavedView
from crm.mail.notices import as_reader
from crm.reporting.boards import sheet
from crm.reporting.boards.shown import Shown
from crm.reporting.own.saved import type_of


@dataclass(frozen=True)
class Report:
    """A saved report for one reader; `files` are its tables as CSV: (title, content)."""

    name: str
    path: str
    lost: Sequence[str]
    tables: Sequence[Shown]
    files: Sequence[tuple[str, str]]

    @property
    def is_empty(self) -> bool:
        return not any(table.count for table in self.tables)


class NotReadableError(Exception):
    """The reader may not read the saved report."""


class OutOfReachError(Exception):
    """The reader may not open what it is made of."""


def show(view_id: int, actor: Actor, *, with_csv: bool = False) -> Report:
    """The saved report for this reader.

    Raises NotReadableError, OutOfReachError, and DomainError where it cannot be shown.
    """
    is_it = (SavedView.id == view_id, SavedView.kind == SavedKind.REPORT.value)
    with as_reader(actor):
        row = db.session.scalars(select(SavedView).where(*is_it)).first()
        if row is None:
            raise NotReadableError
        try:
            opened = type_of(row.entity).opened(row)
        except NotFound:
            raise OutOfReachError from None
        exported = opened.exported() if with_csv else []
        files = [(one.title, sheet.write(one)) for one in exported]
        return Report(row.name, opened.url, opened.lost, opened.tables(), files)
