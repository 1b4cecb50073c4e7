"""A CSV file is read whatever program wrote it, and what cannot be read is told in a sentence."""

from collections.abc import Callable
from pathlib import Path

import pytest

from crm.core.errors import DomainError
from crm.core.transfer.sheet import LONGEST_CELL, Sheet, open_sheet

Write = Callable[[bytes], Path]
TEXT = "name;note\nÉlan;„one“\nFaro;2\n"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(content: bytes) -> Path:
        path = tmp_path / "file.csv"
        path.write_bytes(content)
        return path

    return make


def cells(sheet: Sheet) -> list[dict[str, str]]:
    return [dict(line.cells) for line in sheet.lines()]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(write: Write, encoding: str) -> None:
    sheet = open_sheet(write(TEXT.encode(encoding)))
    assert cells(sheet)[0] == {"name": "Élan", "note": "„one“"}
    assert bool(sheet.notes) == (encoding == "cp1252")  # a guess is told


def test_a_given_encoding_is_used(write: Write) -> None:
    path = write(TEXT.encode("cp1252"))
    with pytest.raises(DomainError, match="not text in the encoding utf-8"):
        open_sheet(path, encoding="utf-8")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_out(write: Write, separator: str) -> None:
    sheet = open_sheet(write(f'"a,b;c"{separator}d\r\n1{separator}2\r\n'.encode()))
    assert sheet.separator == separator
    assert cells(sheet) == [{"a,b;c": "1", "d": "2"}]


def test_a_given_separator_is_used(write: Write) -> None:
    assert open_sheet(write(b"a;b,c\n1,2\n"), separator=",").header == ("a;b", "c")


def test_lines_count_as_in_an_editor(write: Write) -> None:
    sheet = open_sheet(write(b'a,b\n1,"two\nlines"\n\n , \n3,4\n'))
    assert [(line.number, line.cells["a"]) for line in sheet.lines()] == [(2, "1"), (6, "3")]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"1", "1 cell, where the header has 2."),
        (b"1,2,3", "3 cells, where the header has 2."),
        (b"1,2,,", ""),  # spreadsheets add empty ones
    ],
)
def test_ragged_lines_are_reported(write: Write, line: bytes, problem: str) -> None:
    (told,) = open_sheet(write(b"a,b\n" + line + b"\n")).lines()
    assert told.problem == problem


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"PK\x03\x04rest", "save it as CSV"),
        (b"a,b\n1,\0\n", "NUL bytes"),
        (b"\x81\x8d\x8f", "not text"),
        (b'a,"b\n1,2\n', "quotation mark"),
    ],
)
def test_what_is_no_csv_file_is_refused(write: Write, content: bytes, why: str) -> None:
    with pytest.raises(DomainError, match=why):
        cells(open_sheet(write(content)))


@pytest.mark.parametrize("line", [b'1,"2\n3,4\n', b'1,"2"3\n', b"1," + b"x" * (LONGEST_CELL + 1)])
def test_an_open_quotation_mark_does_not_swallow_the_file(write: Write, line: bytes) -> None:
    sheet = open_sheet(write(b"a,b\n1,2\n" + line))
    with pytest.raises(DomainError, match=r"Line [34]: a quotation mark"):
        list(sheet.lines())


def test_columns_that_a_map_needs(write: Write) -> None:
    sheet = open_sheet(write(b"a,b,b,,\n1,2,3,4,5\n"))
    sheet.require({"a"})
    with pytest.raises(DomainError, match=r"no columns “c”, “d”\. Its columns: a, b"):
        sheet.require({"a", "d", "c"})
    with pytest.raises(DomainError, match="“b” occurs more than once"):
        sheet.require({"b"})


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DomainError, match="cannot be read"):
        open_sheet(tmp_path / "no.csv")
