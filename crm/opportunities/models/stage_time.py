"""How long an opportunity was in each stage: a row for each stay. Source: spec 7.2."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, event, insert, inspect, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from crm.core.models import Child
from crm.core.types import Instant, utcnow
from crm.opportunities.models.opportunity import Opportunity
from crm.opportunities.models.stage import Stage

STILL = text("left_at IS NULL")


class StageTime(Child):
    """A stay in a stage; of the present one `left_at` is None."""

    __tablename__ = "opportunity_stage_time"
    __table_args__ = (
        Index("ix_opportunity_stage_time_row", "opportunity_id", "id"),
        # One present stage.
        Index(
            "uq_opportunity_stage_time_present", "opportunity_id",
            unique=True, sqlite_where=STILL, postgresql_where=STILL,
        ),
    )  # fmt: skip
    __parent__: ClassVar[str] = "opportunity"

    opportunity_id: Mapped[int] = mapped_column(ForeignKey("opportunity.id", ondelete="CASCADE"))
    stage_id: Mapped[int] = mapped_column(ForeignKey("stage.id"), index=True)
    entered_at: Mapped[datetime] = mapped_column(Instant)
    left_at: Mapped[datetime | None] = mapped_column(Instant)

    opportunity: Mapped[Opportunity] = relationship()
    stage: Mapped[Stage] = relationship()


@event.listens_for(Session, "after_flush")
def _note_stages(session: Session, _context: Any) -> None:
    """Write the stays that begin and end with a flush: of pages, API, imports and their undoing."""
    entered: list[dict[str, Any]] = []
    left: dict[int, datetime] = {}
    for row in session.new:
        if isinstance(row, Opportunity):
            entered += _first(row)
    for row in session.dirty:
        if isinstance(row, Opportunity) and _is_moved(row):
            left[row.id] = at = _moved_at(row)
            entered.append(_stay(row.id, row.stage_id, at))
    table, connection = StageTime.__table__, session.connection()
    for pk, at in left.items():
        present = (table.c.opportunity_id == pk, table.c.left_at.is_(None))
        connection.execute(update(table).where(*present).values(left_at=at))
    if entered:
        connection.execute(insert(table), entered)


def _first(row: Opportunity) -> list[dict[str, Any]]:
    """The stays of a new one; a closed one that an import made had been open before."""
    at = row.stage_since
    before = [_stay(row.id, row.open_stage_id, at, at)] if row.open_stage_id is not None else []
    return [*before, _stay(row.id, row.stage_id, at)]


def _stay(
    pk: int, stage_id: int, entered_at: datetime, left_at: datetime | None = None
) -> dict[str, Any]:
    return {
        "opportunity_id": pk, "stage_id": stage_id, "entered_at": entered_at, "left_at": left_at,
    }  # fmt: skip


def _is_moved(row: Opportunity) -> bool:
    history = _history(row, "stage_id")
    return history.has_changes() and history.added != list(history.deleted or ())


def _moved_at(row: Opportunity) -> datetime:
    """When it was moved; undoing an import sets an earlier `stage_since` again."""
    history = _history(row, "stage_since")
    was = history.deleted[0] if history.deleted else row.stage_since
    return row.stage_since if row.stage_since > was else utcnow()


def _history(row: Opportunity, name: str) -> Any:
    state: Any = inspect(row)
    return state.attrs[name].history
