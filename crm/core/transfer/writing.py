"""From the spool into the database: batches that hold the write lock for a moment each."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

from flask_babel import gettext as _

from crm.core.actor import Actor, acting_as
from crm.core.datamodel.bulk import Number
from crm.core.db import PAUSE, db, transaction
from crm.core.errors import DomainError
from crm.core.transfer.drafts import build
from crm.core.transfer.inserting import Insertion
from crm.core.transfer.report import Report
from crm.core.transfer.spool import Ready, Spool

FIRST, LEAST, MOST = 50, 25, 1_000  # lines in a batch
HELD = 0.15  # seconds that a batch may hold the lock, aimed at

Batch = Sequence[tuple[Ready, list[Any]]]  # each line with its new rows


class Stopped(DomainError):
    """The import cannot go on; what it wrote stays, and it can be gone on with."""


class Writer:
    """The writing of one spool, as the rows of one import.

    `again` reads the person as they are by now, `place` puts them to work in the company of the
    records.
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
        """Write every line of the spool. Raises Stopped, Unavailable between two batches."""
        self._take_numbers()
        place, size, free = 0, FIRST, monotonic()
        while lines := self.spool.after(place, size):
            place += len(lines)
            batch = [(line, build(line.drafts)) for line in lines]
            if db.engine.dialect.name == "sqlite":
                sleep(max(0.0, free + PAUSE - monotonic()))
            held = self._write(batch)
            free = monotonic()
            size = max(LEAST, min(MOST, int(size * HELD / max(held, 0.001)), 2 * size))

    def _take_numbers(self) -> None:
        """All at once and by themselves: nobody waits for the counter until the last line."""
        for number, count in self.spool.numbers.items():
            with transaction():
                self.series[number] = number.take(*number.series, count) - count

    def _write(self, batch: Batch) -> float:
        """Write the batch in one piece or, where the database refuses, in two; seconds held."""
        began, before = monotonic(), dict(self.series)
        try:
            with transaction() as session:
                began = monotonic()
                with self._acting():
                    refused = Insertion(session, self.run_id, batch, self._next).run()
        except DomainError as error:
            self.series = before
            db.session.expunge_all()
            if isinstance(error, Stopped) or error.status >= 500:
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
        """In the name of the person with the rights that they have by now."""
        now = self.again()
        if now is None:
            raise Stopped(_("The person in whose name this is imported may no longer do it."))
        if self.actor is None or now != self.known:  # the row filter is made for one actor
            self.known, self.actor = now, self.place(now)
        with acting_as(self.actor):
            yield
