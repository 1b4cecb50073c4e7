"""The tables of imports and of the rows they wrote, to resume and to undo them."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from blinker import Signal
from flask_appbuilder import Model
from sqlalchemy import JSON, Enum, ForeignKey, Index, String, Text, insert, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from crm.core.types import Instant, utcnow

# In the session's info while a batch is written: the id of its import.
WRITING = "crm.import"
# Sent in the transaction that ends an import, by its run; `report` has the numbers.
import_finished = Signal("an import has finished")


class State(StrEnum):
    """The state of an import. RUNNING where none is at work means that it was interrupted."""

    RUNNING = "running"
    DONE = "done"
    UNDONE = "undone"


class ImportRun(Model):
    """The import of one file into one table."""

    __tablename__ = "import_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    entity: Mapped[str] = mapped_column(String(40))
    file: Mapped[str] = mapped_column(String(255))  # its name, without folders
    checksum: Mapped[str] = mapped_column(String(64), index=True)  # SHA-256 of file and map
    map: Mapped[str] = mapped_column(Text)
    company_id: Mapped[int | None] = mapped_column(
        ForeignKey("company.id", ondelete="CASCADE"), index=True
    )
    user_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"), index=True)
    state: Mapped[State] = mapped_column(
        Enum(State, native_enum=False, length=10, values_callable=lambda kind: [*kind]),
        default=State.RUNNING,
    )
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime] = mapped_column(Instant, default=utcnow)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class ImportRow(Model):
    """One row that an import made or changed. (kind, row_id) is no foreign key, as in the journal.

    `version` is the row's after the import; `before` what it changed, as it was.
    """

    __tablename__ = "import_row"
    __table_args__ = (Index("ix_import_row_line", "import_id", "line"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column(ForeignKey("import_run.id", ondelete="CASCADE"))
    line: Mapped[int]
    kind: Mapped[str] = mapped_column(String(40))  # the table's name
    row_id: Mapped[int]
    action: Mapped[str] = mapped_column(String(10))  # created, updated
    version: Mapped[int]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON)


def unfinished(session: Session, entity: str, checksum: str, company_id: int | None) -> Any:
    """An interrupted import of the same file by the same map; None where there is none.

    To be called while no other import can be running.
    """
    statement = select(ImportRun).where(
        ImportRun.entity == entity,
        ImportRun.checksum == checksum,
        ImportRun.state == State.RUNNING,
        ImportRun.company_id.is_(None)
        if company_id is None
        else ImportRun.company_id == company_id,
    )
    return session.scalars(statement.order_by(ImportRun.id.desc()).limit(1)).first()


def written_lines(session: Session, import_id: int) -> Iterable[int]:
    """The lines of the file that have become rows."""
    statement = select(ImportRow.line).where(ImportRow.import_id == import_id).distinct()
    return session.scalars(statement.execution_options(yield_per=1_000))


def rows_of_lines(session: Session, run_id: int, kind: str, lines: list[int]) -> dict[int, int]:
    """line → id of the row of the table `kind` that was created from it."""
    found = session.execute(
        select(ImportRow.line, ImportRow.row_id).where(
            ImportRow.import_id == run_id,
            ImportRow.line.in_(lines),
            ImportRow.kind == kind,
            ImportRow.action == "created",
        )
    )
    return {line: row_id for line, row_id in found}  # noqa: C416  rows, not pairs


def note(session: Session, run_id: int, entries: list[dict[str, Any]], **counts: int) -> None:
    """Store what a batch wrote, in its transaction."""
    if entries:
        session.execute(insert(ImportRow), entries)
    grown = {name: getattr(ImportRun, name) + count for name, count in counts.items()}
    session.execute(update(ImportRun).where(ImportRun.id == run_id).values(**grown))
