"""Read the lines of a file in batches, each line once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from crm.core.errors import DomainError
from crm.core.transfer.cells import CellText, read_line
from crm.core.transfer.mapping import ImportMap
from crm.core.transfer.report import Report
from crm.core.transfer.sheet import CsvLine, Sheet
from crm.core.transfer.spool import Spool
from crm.core.transfer.values import ValueReader

BATCH = 500  # lines asked about in one statement


@dataclass
class ImportEntry:
    """A line that is to become a record; `row` is the one that its key found."""

    number: int
    cells: dict[str, CellText]
    key: str = ""
    row: Any = None


class EntryReader:
    """What the lines of one file say; what cannot be read is refused."""

    def __init__(
        self,
        sheet: Sheet,
        mapping: ImportMap,
        values: ValueReader,
        spool: Spool,
        report: Report,
        refuse: Callable[[int, DomainError], None],
    ) -> None:
        self.sheet = sheet
        self.mapping = mapping
        self.values = values
        self.spool = spool
        self.report = report
        self.refuse = refuse
        self.seen: set[str] = set()  # values of the distinct column

    def read(self) -> Iterator[ImportEntry]:
        for line in self.sheet.lines():
            if line.problem:
                self.report.read += 1
                self.report.refuse(line.number, line.problem)
            elif self._is_new(line):
                self.report.read += 1
                yield ImportEntry(line.number, read_line(self.mapping, line))

    def _is_new(self, line: CsvLine) -> bool:
        """Whether the line makes a record: not done yet, and the first of its distinct value."""
        if self.mapping.distinct is not None:
            text = line.cells[self.mapping.distinct].strip()
            if text in self.seen:
                return False
            self.seen.add(text)
        return self.spool.holder("done", str(line.number)) is None

    def batches(self, entries: Iterator[ImportEntry]) -> Iterator[list[ImportEntry]]:
        """Entries in batches; of two with the same key, the second comes when the first is kept."""
        batch: dict[str, ImportEntry] = {}
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

    def _key(self, entry: ImportEntry) -> str | None:
        """What the entry is found by; "" where the map has no key, None where it was refused."""
        name = self.mapping.key
        if name is None:
            return ""
        try:
            return self.values.key_of(name, entry.cells)
        except DomainError as error:
            self.refuse(entry.number, error)
            return None
