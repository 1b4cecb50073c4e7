"""Reading CSV files: detects encoding, separator and quoting."""

import codecs
import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from flask_babel import ngettext

from crm.core.errors import DomainError

if TYPE_CHECKING:
    import _csv  # where typeshed keeps the type of a reader

SEPARATORS = ",;\t|"
LONGEST_CELL = 131_072  # characters; a longer cell means an unclosed quotation mark
PIECE = 1 << 20  # characters read at once
BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@dataclass(frozen=True)
class CsvLine:
    """One line below the header. `number` is that of an editor; the header is line 1.

    `problem` is the error of a line that cannot be parsed, else "".
    """

    number: int
    cells: Mapping[str, str]
    problem: str = ""


@dataclass(frozen=True)
class Sheet:
    """An inspected CSV file, which can be read repeatedly, line by line."""

    path: Path
    encoding: str
    separator: str
    header: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def require(self, columns: set[str]) -> None:
        """Raises DomainError where one of `columns` is missing, or not the only one of its name."""
        missing = sorted(columns - set(self.header))
        if missing:
            raise DomainError(
                ngettext(
                    "The file has no column “%(names)s”. Its columns: %(present)s.",
                    "The file has no columns “%(names)s”. Its columns: %(present)s.",
                    len(missing),
                    names="”, “".join(missing),
                    present=", ".join(self.header),
                )
            )
        twice = sorted(name for name in columns if self.header.count(name) > 1)
        if twice:
            raise DomainError(
                _("The column “%(name)s” occurs more than once in the file.", name=twice[0])
            )

    def lines(self) -> Iterator[CsvLine]:
        """The lines below the header, empty ones left out.

        Raises DomainError where quotation marks make the rest of the file unreadable.
        """
        with self.path.open(encoding=self.encoding, newline="") as file:
            reader = _reader(file, self.separator)
            try:
                next(reader)
                before = reader.line_num
                for cells in reader:
                    if any(cell.strip() for cell in cells):
                        yield self._line(before + 1, cells)
                    before = reader.line_num
            except csv.Error as error:
                raise DomainError(_unreadable(reader.line_num, error)) from error

    def _line(self, number: int, cells: list[str]) -> CsvLine:
        wanted = len(self.header)
        if len(cells) < wanted or any(cell.strip() for cell in cells[wanted:]):
            problem = ngettext(
                "%(num)s cell, where the header has %(wanted)s.",
                "%(num)s cells, where the header has %(wanted)s.",
                len(cells),
                wanted=wanted,
            )
            return CsvLine(number, {}, problem)
        return CsvLine(number, dict(zip(self.header, cells, strict=False)))


def open_sheet(path: Path, *, encoding: str | None = None, separator: str | None = None) -> Sheet:
    """Inspect a file; detect what is not given.

    Raises DomainError where it is no CSV file with a header.
    """
    try:
        found, notes = _encoding(path, encoding)
        with path.open(encoding=found, newline="") as file:
            first = file.readline(LONGEST_CELL)
        if not first.strip():
            raise DomainError(_("The file is empty."))
        separator = separator or max(SEPARATORS, key=_unquoted(first).count)
        with path.open(encoding=found, newline="") as file:
            header = tuple(name.strip() for name in next(_reader(file, separator)))
    except OSError as error:
        raise DomainError(_("The file cannot be read: %(why)s.", why=error.strerror)) from error
    except csv.Error as error:
        raise DomainError(_unreadable(1, error)) from error
    return Sheet(path, found, separator, header, notes)


def _reader(file: Iterable[str], separator: str) -> "_csv.Reader":
    csv.field_size_limit(LONGEST_CELL)
    return csv.reader(file, delimiter=separator, strict=True)


def _unreadable(number: int, error: csv.Error) -> str:
    message = _(
        "Line %(number)s: a quotation mark is missing or misplaced (%(why)s).",
        number=number,
        why=error,
    )
    return str(message)


def _unquoted(header: str) -> str:
    """The header without quoted texts, in which separators do not count."""
    return "".join(header.split('"')[::2])


def _encoding(path: Path, wanted: str | None) -> tuple[str, tuple[str, ...]]:
    with path.open("rb") as file:
        start = file.read(4)
    if start.startswith(b"PK\x03\x04"):
        raise DomainError(_("This is a spreadsheet; save it as CSV first."))
    marked = next((name for bom, name in BOMS.items() if start.startswith(bom)), None)
    encoding = wanted or marked or "utf-8"
    if _decodes(path, encoding):
        return encoding, ()
    if wanted or marked or not _decodes(path, "cp1252"):
        raise DomainError(_("The file is not text in the encoding %(name)s.", name=encoding))
    return "cp1252", (_("The file is not UTF-8; it was read as Windows-1252."),)


def _decodes(path: Path, encoding: str) -> bool:
    """Whether the whole file can be decoded with `encoding`."""
    try:
        with path.open(encoding=encoding, newline="") as file:
            for piece in iter(partial(file.read, PIECE), ""):
                if "\0" in piece:
                    raise DomainError(_("This is not a text file: it contains NUL bytes."))
    except (LookupError, UnicodeError):  # a map may name an unknown encoding
        return False
    return True


__all__ = ["CsvLine", "Sheet", "open_sheet"]
