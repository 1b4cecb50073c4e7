"""The lines of one file on their way to records, a batch at a time.

A batch is written in one piece; where something in it is refused, it is halved until the lines
that are wrong stand alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _

from crm.core import rows
from crm.core.datamodel import DataModel
from crm.core.datamodel.bulk import Bulk
from crm.core.datamodel.saving import myself
from crm.core.errors import DomainError, Forbidden
from crm.core.transfer.cells import Told, read_line
from crm.core.transfer.fields import explained
from crm.core.transfer.mapping import Map
from crm.core.transfer.report import Report
from crm.core.transfer.sheet import Line, Sheet
from crm.core.transfer.values import Values

BATCH = 500


@dataclass
class Entry:
    """A line on its way to a record; `row` is the one that its key found."""

    number: int
    told: dict[str, Told]
    key: str = ""
    row: Any = None
    values: dict[str, Any] = field(default_factory=dict)


class Importer:
    """The reading of one file."""

    def __init__(
        self,
        datamodel: DataModel,
        sheet: Sheet,
        mapping: Map,
        values: Values,
        bulk: Bulk,
        report: Report,
    ) -> None:
        self.datamodel = datamodel
        self.sheet = sheet
        self.mapping = mapping
        self.values = values
        self.bulk = bulk
        self.report = report
        self.me = myself()  # held: the session would read it again for each batch
        self.seen: set[str] = set()  # values of the distinct column
        self.waiting: list[Entry] = []  # for a record that another line makes

    def run(self) -> None:
        """First every line, then again those that wait for another, until none gets further."""
        for batch in self._batches(self._entries()):
            self._take(batch)
        while waiting := self.waiting:
            self.waiting = []
            for batch in self._batches(iter(waiting)):
                self._take(batch)
            if len(self.waiting) == len(waiting):
                break
        for entry in self.waiting:
            self._refuse(entry, self.values.unknown_link(entry.told))

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
        if self.mapping.distinct is None:
            return True
        text = line.cells[self.mapping.distinct].strip()
        if text in self.seen:
            return False
        self.seen.add(text)
        return True

    def _batches(self, entries: Iterator[Entry]) -> Iterator[list[Entry]]:
        """Entries in batches; of two with the same key, the second finds what the first made."""
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
            self._refuse(entry, error)
            return None

    def _take(self, batch: Sequence[Entry]) -> None:
        """Create, update or skip the entries of a batch."""
        self.values.prepare([entry.told for entry in batch])
        ready: list[Entry] = []
        for entry in self._found(batch):
            if entry.row is not None and self.mapping.found == "skip":
                self.report.skipped += 1
            elif self.values.waits(entry.told):
                self.waiting.append(Entry(entry.number, entry.told, entry.key))
            elif self._is_understood(entry):
                ready.append(entry)
        self._write(list(self._may_change(ready)))

    def _found(self, batch: Sequence[Entry]) -> Iterator[Entry]:
        """The entries, each with the row that is there already."""
        if self.mapping.key is None:
            yield from batch
            return
        known = self.values.existing(self.mapping.key, [entry.key for entry in batch])
        for entry in batch:
            try:
                entry.row = known.find(entry.key) if known.is_known(entry.key) else None
            except ValueError as error:
                self._refuse(entry, DomainError(str(error), field=self.mapping.key))
                continue
            yield entry

    def _is_understood(self, entry: Entry) -> bool:
        """Whether every text of the entry means something: told before anything is written."""
        try:
            entry.values = self.values.of(entry.told, entry.row)
        except DomainError as error:
            self._refuse(entry, error)
            return False
        return True

    def _may_change(self, entries: Sequence[Entry]) -> Iterator[Entry]:
        """The entries without those whose row the actor may see but not edit."""
        present = [entry.row for entry in entries if entry.row is not None]
        may = rows.allowed(self.datamodel.session, "edit", present) if present else set()
        for entry in entries:
            if entry.row is None or entry.row.id in may:
                yield entry
            else:
                self._refuse(entry, Forbidden(_("You may not change this record.")))

    def _write(self, entries: Sequence[Entry]) -> None:
        """Write all of `entries` in one piece or, where one is refused, in two."""
        if not entries:
            return
        before = [_version(entry) for entry in entries]
        try:
            with self.bulk.attempt():
                for entry in entries:
                    self._save(entry)
        except DomainError as error:
            self.values.forget_made()
            if len(entries) == 1:
                self._refuse(entries[0], error)
                return
            middle = len(entries) // 2
            self._write(entries[:middle])
            self._write(entries[middle:])
            return
        self._count(entries, before)

    def _count(self, entries: Sequence[Entry], before: Sequence[int | None]) -> None:
        for entry, version in zip(entries, before, strict=True):
            if entry.row is None:
                self.report.created += 1
            elif version is not None and version == _version(entry):
                self.report.skipped += 1  # it said all that already
            else:
                self.report.updated += 1

    def _save(self, entry: Entry) -> None:
        values = {**entry.values, **self.values.made(entry.told)}
        if entry.row is None:
            self.datamodel.create(values)
        else:
            self.datamodel.update(entry.row, values)

    def _refuse(self, entry: Entry, error: DomainError) -> None:
        reason = explained(error, self.datamodel.obj, self.mapping)
        self.report.refuse(entry.number, reason)


def _version(entry: Entry) -> int | None:
    version: int | None = getattr(entry.row, "row_version", None)
    return version
