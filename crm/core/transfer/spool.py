"""Validated lines in a temporary file until they are written, so that memory stays constant."""

import pickle
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from crm.core.datamodel.bulk import Number
from crm.core.transfer.drafts import Draft

TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE line (place INTEGER PRIMARY KEY, number INTEGER UNIQUE, drafts BLOB);
CREATE TABLE claim (name TEXT, value TEXT, number INTEGER, PRIMARY KEY (name, value)) WITHOUT ROWID;
BEGIN;
"""

Later = tuple[Callable[..., None], tuple[Any, ...]]


@dataclass(slots=True)
class CheckedLine:
    """A validated line: its rows, the calls to make after writing them, and what it changes."""

    number: int
    drafts: list[Draft]
    later: list[Later] = field(default_factory=list)
    told: str = ""  # for a preview


class Spool:
    """Lines in the order in which they are to be written, and the values that they take.

    In an unnamed temporary database of SQLite, which the system removes with the process.
    """

    def __init__(self) -> None:
        self.file = sqlite3.connect("", isolation_level=None)
        self.file.executescript(TABLES)
        self.numbers: Counter[Number] = Counter()  # to be taken before the writing
        self.count = self.new = 0  # lines, those of them that create a record

    def __enter__(self) -> "Spool":
        return self

    def __exit__(self, *_error: object) -> None:
        self.file.close()

    def put(self, line: CheckedLine) -> None:
        self.count += 1
        self.new += any(first.pk is None for first in line.drafts[:1])
        self.file.execute(
            "INSERT INTO line VALUES (?, ?, ?)",
            (self.count, line.number, pickle.dumps(line, pickle.HIGHEST_PROTOCOL)),
        )
        for draft in line.drafts:
            self.numbers.update(v for v in draft.values.values() if isinstance(v, Number))

    def line(self, number: int) -> CheckedLine:
        found = self.file.execute("SELECT drafts FROM line WHERE number = ?", (number,)).fetchone()
        return _read(found[0])

    def after(self, place: int, how_many: int) -> list[CheckedLine]:
        """The next lines in the order of writing."""
        found = self.file.execute(
            "SELECT drafts FROM line WHERE place > ? ORDER BY place LIMIT ?", (place, how_many)
        )
        return [_read(drafts) for (drafts,) in found]

    # Values taken by the lines so far ───────────────────────────────────────────────────────────

    def claim(self, name: str, value: Any, number: int) -> int:
        """Take `value` for a line. Returns the line that has it, which may be another."""
        key = (name, value if isinstance(value, str) else repr(value))
        added = self.file.execute("INSERT OR IGNORE INTO claim VALUES (?, ?, ?)", (*key, number))
        return number if added.rowcount else self.holder(*key) or number

    def holder(self, name: str, value: str) -> int | None:
        """The line that has this value."""
        statement = "SELECT number FROM claim WHERE name = ? AND value = ?"
        found = self.file.execute(statement, (name, value)).fetchone()
        return int(found[0]) if found is not None else None


def _read(drafts: bytes) -> CheckedLine:
    found = pickle.loads(drafts)  # noqa: S301  written a moment ago by `put`, in a folder of ours
    line: CheckedLine = found
    return line
