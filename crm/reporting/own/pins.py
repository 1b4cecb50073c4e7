"""Saved reports that one placed on one's home page, or at the end of a dashboard.

A pin is of its reader: what is shared is pinned by each of them for themselves. Nobody is told of a
report that is deleted, no longer shared, or whose list is out of reach: it is not there.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, delete, func, select

from crm.core.actor import current_actor
from crm.core.db import db
from crm.core.errors import DomainError, NotFound
from crm.core.models import Label
from crm.core.saved.layouts import Layout
from crm.core.saved.models import SavedKind, SavedView
from crm.reporting.boards.table import ALL
from crm.reporting.models import ReportPin
from crm.reporting.own.layout import TABLE
from crm.reporting.own.subjects import subjects

HOME = "home"
MOST = 12  # on one page


@dataclass(frozen=True)
class Pinned:
    """A saved report where it is pinned, before it is read."""

    pk: int
    name: str
    is_wide: bool  # takes the width of a dashboard


def places() -> Mapping[str, Label]:
    """Where the actor may pin: key → what it is called."""
    boards = {board.key: board.title for board in ALL if board.open_charts()}
    return {HOME: _("Home"), **boards}


def pinned(place: str) -> list[Pinned]:
    """What the actor pinned there and may still read, the oldest pin first."""
    return pinned_of(db.session.execute(pinned_at(place).order_by(ReportPin.id)))


def pinned_at(place: str) -> Select[int, str, Layout, int]:
    """(id, name, layout, id of the pin) of these reports, of lists that the actor may open."""
    return (
        select(SavedView.id, SavedView.name, SavedView.layout, ReportPin.id.label("pin_id"))
        .join(ReportPin, ReportPin.saved_view_id == SavedView.id)
        .where(
            ReportPin.place == place,
            SavedView.kind == SavedKind.REPORT.value,
            SavedView.entity.in_([view.entity for view in subjects()]),
        )
    )


def pinned_of(rows: Iterable[Any]) -> list[Pinned]:
    """Rows of `pinned_at`, NULLs left out."""
    found = [row for row in rows if row[0] is not None]
    return [Pinned(pk, name, _is_wide(layout)) for pk, name, layout, _pin_id in found]


def _is_wide(layout: Layout) -> bool:
    """Two groups make many columns; a date is drawn beside its table."""
    by = layout["by"]
    return len(by) > 1 or (":" in by[0] and layout["look"] != TABLE)


def places_of(pk: int) -> set[str]:
    """Where the actor pinned a report."""
    return set(db.session.scalars(select(ReportPin.place).where(ReportPin.saved_view_id == pk)))


def pin(pk: int, place: str) -> None:
    """Pin a report of one's own or of one's groups; once, however often it is asked.

    Raises NotFound, DomainError where there are very many.
    """
    if place not in places():
        raise NotFound
    if place in places_of(pk):
        return
    there = select(func.count()).select_from(pinned_at(place).subquery())  # what one sees of them
    if (db.session.scalar(there) or 0) >= MOST:
        text = _("%(num)s reports are pinned there already; unpin some first.", num=MOST)
        raise DomainError(text)
    db.session.add(ReportPin(user_id=current_actor().user_id, saved_view_id=pk, place=place))


def unpin(pk: int, place: str) -> None:
    """Take a report away from where it is pinned."""
    gone = delete(ReportPin).where(
        ReportPin.user_id == current_actor().user_id,
        ReportPin.saved_view_id == pk,
        ReportPin.place == place,
    )
    db.session.execute(gone)
