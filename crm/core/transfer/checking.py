"""The lines of one file, made into rows and checked by every rule, while nothing is written.

No lock is held meanwhile. A wrong line costs what a right one costs: it is told, and left out.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import inspect

from crm.core.datamodel import DataModel
from crm.core.datamodel.bulk import SESSION_RULES, Bulk, Claim
from crm.core.datamodel.saving import myself
from crm.core.errors import DomainError
from crm.core.models.checks import obey
from crm.core.transfer.asking import already_used, refusals
from crm.core.transfer.cells import Told, read_line
from crm.core.transfer.drafts import LINE, build, drafts_of, settle
from crm.core.transfer.fields import explained
from crm.core.transfer.links import Finder
from crm.core.transfer.mapping import Map
from crm.core.transfer.report import Report
from crm.core.transfer.sheet import Line, Sheet
from crm.core.transfer.spool import Ready, Spool
from crm.core.transfer.values import Values

BATCH = 500  # lines asked about in one statement


@dataclass
class Entry:
    """A line on its way to a record; `row` is the one that its key found."""

    number: int
    told: dict[str, Told]
    key: str = ""
    row: Any = None
    values: dict[str, Any] = field(default_factory=dict)


class Checker:
    """The reading of one file into a spool."""

    def __init__(
        self,
        datamodel: DataModel,
        sheet: Sheet,
        mapping: Map,
        values: Values,
        bulk: Bulk,
        spool: Spool,
        report: Report,
    ) -> None:
        self.datamodel = datamodel
        self.sheet = sheet
        self.mapping = mapping
        self.values = values
        self.bulk = bulk
        self.spool = spool
        self.report = report
        self.session = datamodel.session
        self.me = myself()  # held: the session would read it again for each batch
        self.seen: set[str] = set()  # values of the distinct column
        self.waiting: list[Entry] = []  # for a record that another line makes
        values.own = self._stand_ins

    def run(self) -> None:
        """First every line, then again those that wait for another, until none gets further."""
        with self.session.no_autoflush:
            for batch in self._batches(self._entries()):
                self._take(batch)
            while waiting := self.waiting:
                self.waiting = []
                for batch in self._batches(iter(waiting)):
                    self._take(batch)
                if len(self.waiting) == len(waiting):
                    break
        for entry in self.waiting:
            self.refuse(entry.number, self.values.unknown_link(entry.told))

    def _entries(self) -> Iterator[Entry]:
        for line in self.sheet.lines():
            if line.problem:
                self.report.read += 1
                self.report.refuse(line.number, line.problem)
            elif self._is_new(line):
                self.report.read += 1
                yield Entry(line.number, read_line(self.mapping, line))

    def _is_new(self, line: Line) -> bool:
        """Whether the line is the first of its value, where one record is made of each value."""
        if self.spool.holder("done", str(line.number)) is not None:
            return False
        if self.mapping.distinct is None:
            return True
        text = line.cells[self.mapping.distinct].strip()
        if text in self.seen:
            return False
        self.seen.add(text)
        return True

    def _batches(self, entries: Iterator[Entry]) -> Iterator[list[Entry]]:
        """Entries in batches; of two with the same key, the second comes when the first is kept."""
        batch: dict[str, Entry] = {}
        for entry in entries:
            key = self._key(entry)
            if key is None:
                continue
            entry.key = key
            name = key or f"\n{entry.number}"
            if len(batch) == BATCH or name in batch:
                yield list(batch.values())
                batch = {}
            batch[name] = entry
        if batch:
            yield list(batch.values())

    def _key(self, entry: Entry) -> str | None:
        """What the entry is found by; "" where the map has no key, None where it was refused."""
        name = self.mapping.key
        if name is None:
            return ""
        try:
            return self.values.key_of(name, entry.told)
        except DomainError as error:
            self.refuse(entry.number, error)
            return None

    def _take(self, batch: Sequence[Entry]) -> None:
        """Keep, skip or refuse the entries of a batch."""
        self.values.prepare([entry.told for entry in batch])
        made: dict[int, Ready] = {}
        claims: dict[int, list[Claim]] = {}
        for entry in self._found(batch):
            if self.values.waits(entry.told):
                self.waiting.append(Entry(entry.number, entry.told, entry.key))
            elif (ready := self._made(entry)) is not None:
                made[entry.number], claims[entry.number] = ready, list(self.bulk.claims)
        refused = refusals(self.session, {n: ready.drafts for n, ready in made.items()})
        keys = {entry.number: entry.key for entry in batch}
        for number, ready in made.items():
            error = refused.get(number) or self._taken(ready, claims[number])
            if error is not None:
                self.refuse(number, error)
            else:
                self._keep(ready, keys[number])

    def _found(self, batch: Sequence[Entry]) -> Iterator[Entry]:
        """The entries that say something new, each with the row that is there already."""
        if self.mapping.key is None:
            yield from batch
            return
        known = self.values.existing(self.mapping.key, [entry.key for entry in batch])
        for entry in batch:
            try:
                entry.row = known.find(entry.key) if known.is_known(entry.key) else None
            except ValueError as error:
                self.refuse(entry.number, DomainError(str(error), field=self.mapping.key))
                continue
            first = self.spool.holder("key", entry.key)
            if self.mapping.found == "skip" and (entry.row is not None or first is not None):
                self.report.skipped += 1
            elif first is not None:
                message = _("Line %(number)s has it already.", number=first)
                self.refuse(entry.number, DomainError(message, field=self.mapping.key))
            else:
                yield entry

    def _made(self, entry: Entry) -> Ready | None:
        """The rows of the entry, by way of the services and past every rule; None: refused."""
        version = getattr(entry.row, "row_version", None)
        self.bulk.begin()
        try:
            with self._simulated():
                self._save(entry)
                self._check()
                drafts = drafts_of(self.session, entry.row, version, self.bulk.numbers)
        except DomainError as error:
            self.refuse(entry.number, error)
            return None
        if not drafts:
            self.report.skipped += 1  # the row says all that already
            return None
        return Ready(entry.number, drafts, list(self.bulk.later))

    def _save(self, entry: Entry) -> None:
        told = entry.told
        values = {**self.values.of(told, entry.row), **self.values.made(told)}
        if entry.row is None:
            self.datamodel.create(values)
        else:
            self.datamodel.update(entry.row, values)

    def _check(self) -> None:
        """What a flush would ask of these rows alone; stand-ins were checked as they were made."""
        for row in list(self.session.new):
            if inspect(row).info:
                self.session.expunge(row)
        obey(self.session, None, None)
        for rule in SESSION_RULES:
            rule(self.session)

    @contextmanager
    def _simulated(self) -> Iterator[None]:
        """Leave the session as if the line had been written or, where it is refused, never read."""
        is_right = False
        try:
            yield
            is_right = True
        finally:
            for row in list(self.session.new):
                if row in self.session:
                    self.session.expunge(row)
            for row in list(self.session.dirty):
                if is_right:
                    settle(self.session, row)
                else:
                    self.session.expire(row)

    def _taken(self, ready: Ready, claims: Sequence[Claim]) -> DomainError | None:
        """Take the values that only one row may have; the refusal where a line has one already."""
        for draft in ready.drafts:
            table = draft.model.__tablename__
            for place, values in draft.taken:
                if self.spool.claim(f"{table} {place}", values, ready.number) != ready.number:
                    return already_used(draft.model, place)
        for one in claims:
            if self.spool.claim(f"claim {one.name}", one.values, ready.number) != ready.number:
                return DomainError(one.message, field=one.field)
        return None

    def _keep(self, ready: Ready, key: str) -> None:
        self.spool.put(ready)
        if key:
            self.spool.claim("key", key, ready.number)
        for finder in self.values.own_finders():
            text = ready.drafts[0].values.get(finder.column.key)
            if text is None or ready.drafts[0].pk is not None:
                continue
            name = f"own {finder.by}"
            if self.spool.claim(name, finder.key(text), ready.number) != ready.number:
                self.spool.claim(f"{name} again", finder.key(text), ready.number)

    def _stand_ins(self, finder: Finder, text: str) -> list[Any]:
        """The rows, made of the lines so far, that `text` means; two of them mean too many."""
        names = (f"own {finder.by}", f"own {finder.by} again")
        numbers = (self.spool.holder(name, finder.key(text)) for name in names)
        return [self._stand_in(number) for number in numbers if number is not None]

    def _stand_in(self, number: int) -> Any:
        row = build(self.spool.line(number).drafts)[0]
        inspect(row).info[LINE] = number
        return row

    def refuse(self, number: int, error: DomainError) -> None:
        """Tell why a line is left out."""
        self.report.refuse(number, explained(error, self.datamodel.obj, self.mapping))
