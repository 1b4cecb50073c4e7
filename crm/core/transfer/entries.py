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

BATCH = 500  # lines looked up by one statement


@dataclass
class ImportEntry:
    """A line to import; `row` is the existing row with its key, or a double that takes the key."""

    number: int
    cells: dict[str, CellText]
    key: str = ""
    row: Any = None
    takes_key: bool = False


class EntryReader:
    """Reads the entries of a file; unreadable lines are refused."""

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
        """Whether to import the line: not done yet, and the first with its distinct value."""
        if self.mapping.distinct is not None:
            text = line.cells[self.mapping.distinct].strip()
            if text in self.seen:
                return False
            self.seen.add(text)
        return self.spool.holder("done", str(line.number)) is None

    def batches(self, entries: Iterator[ImportEntry]) -> Iterator[list[ImportEntry]]:
        """Entries in batches; entries with the same key are in different batches."""
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
        """The key of the entry; "" where the map has no key, None where it was refused."""
        name = self.mapping.key
        if name is None:
            return ""
        try:
            return self.values.key_of(name, entry.cells)
        except DomainError as error:
            self.refuse(entry.number, error)
            return None
