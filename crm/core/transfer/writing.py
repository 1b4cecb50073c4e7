"""Write the spool into the database, in batches that hold the write lock briefly."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

from flask_babel import gettext as _

from crm.core.actor import Actor, acting_as
from crm.core.datamodel.bulk import Number
from crm.core.db import PAUSE, db, transaction
from crm.core.errors import DomainError
from crm.core.pacing import Pace
from crm.core.transfer.drafts import build
from crm.core.transfer.inserting import Insertion
from crm.core.transfer.report import Report
from crm.core.transfer.spool import CheckedLine, Spool

FIRST, LEAST, MOST = 50, 25, 1_000  # lines in a batch
HELD = 0.15  # seconds; the intended time of the lock for a batch

Batch = Sequence[tuple[CheckedLine, list[Any]]]  # each line with its new rows


class ImportStopped(DomainError):
    """The import was stopped; what it wrote is kept, and it can be resumed."""


class Writer:
    """Writes one spool, as the rows of one import.

    `again` reloads the actor, `place` sets the company of the records on it.
    """

    def __init__(
        self,
        spool: Spool,
        run_id: int,
        again: Callable[[], Actor | None],
        place: Callable[[Actor], Actor],
        report: Report,
        refuse: Callable[[int, DomainError], None],
    ) -> None:
        self.spool = spool
        self.run_id = run_id
        self.again = again
        self.place = place
        self.known: Actor | None = None
        self.actor: Actor | None = None
        self.report = report
        self.refuse = refuse
        self.series: dict[Number, int] = {}  # the last number given

    def run(self) -> None:
        """Write every line of the spool. Raises ImportStopped, Unavailable between two batches."""
        self._take_numbers()
        place, size, free, pace = 0, FIRST, monotonic(), Pace()
        while lines := self.spool.after(place, size):
            place += len(lines)
            batch = [(line, build(line.drafts)) for line in lines]
            if db.engine.dialect.name == "sqlite":
                sleep(max(0.0, free + PAUSE - monotonic()))
            held = self._write(batch)
            free = monotonic()
            pace.rest()
            size = max(LEAST, min(MOST, int(size * HELD / max(held, 0.001)), 2 * size))

    def _take_numbers(self) -> None:
        """Take all numbers before the first line, so that counters are locked briefly."""
        for number, count in self.spool.numbers.items():
            with transaction():
                self.series[number] = number.take(*number.series, count) - count

    def _write(self, batch: Batch) -> float:
        """Write the batch or, if that fails, its halves. Returns the seconds of the lock."""
        began, before = monotonic(), dict(self.series)
        try:
            with transaction() as session:
                began = monotonic()
                with self._acting():
                    refused = Insertion(session, self.run_id, batch, self._next).run()
        except DomainError as error:
            self.series = before
            db.session.expunge_all()
            if isinstance(error, ImportStopped) or error.status >= 500:
                raise
            held = monotonic() - began
            if len(batch) == 1:
                self.refuse(batch[0][0].number, error)
                return held
            middle = len(batch) // 2
            for half in (batch[:middle], batch[middle:]):
                self._write([(line, build(line.drafts)) for line, _rows in half])
            return held
        db.session.expunge_all()
        self._count(batch, refused)
        return monotonic() - began

    def _next(self, number: Number) -> str:
        self.series[number] += 1
        return number.text(self.series[number])

    def _count(self, batch: Batch, refused: dict[int, DomainError]) -> None:
        for line, _rows in batch:
            if line.number in refused:
                self.refuse(line.number, refused[line.number])
            elif line.drafts[0].pk is None:
                self.report.created += 1
            else:
                self.report.updated += 1

    @contextmanager
    def _acting(self) -> Iterator[None]:
        """Set the actor, with current rights."""
        now = self.again()
        if now is None:
            raise ImportStopped(
                _("The user in whose name this is imported no longer has the right to do it.")
            )
        if self.actor is None or now != self.known:  # the session's row filter is for one actor
            try:
                self.known, self.actor = now, self.place(now)
            except DomainError as error:  # one error for the whole file
                raise ImportStopped(error.message, fields=error.fields) from error
        with acting_as(self.actor):
            yield
