"""Quotes of another system, in whatever status they are. Source: spec 4.6 and 8.4."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.accounts.models import Account, AccountKind
from crm.importing import import_file
from crm.quotes.models import Quote
from tests.factories import make
from tests.fixtures import Acting, Client

pytestmark = pytest.mark.both

MAP = """
key = { field = "external_ref", found = "update" }
[columns]
ref = "external_ref"
client = { field = "account", by = "name" }
status = "status"
label = "lines.label"
price = "lines.unit_price"
by = "accepted_by"
on = "accepted_on"
no = "refusal_reason"
off = "cancellation_reason"
until = "valid_until"
day = "issued_on"
"""
HEAD = "ref,client,status,label,price,by,on,no,off,day,until\n"
LINES = (
    "a,Faro,draft,Pompe,10,,,,,2027-01-05,2027-03-05",
    "b,Faro,finalised,Pompe,10,,,,,2027-01-05,2027-03-05",
    "c,Faro,sent,Pompe,10,,,,,2027-01-05,2027-03-05",
    "d,Faro,accepted,Pompe,10,Paul Roy,2026-01-10,,,2026-01-05,2027-03-05",
    "e,Faro,refused,Pompe,10,,,Trop cher,,2026-01-05,2027-03-05",
    "f,Faro,expired,Pompe,10,,,,,2026-01-05,2026-02-05",
    "g,Faro,cancelled,Pompe,10,,,,Doublon,2026-01-05,2027-03-05",
)
Load = Callable[..., tuple[list[str], bool]]


@pytest.fixture
def load(app: Flask, tmp_path: Path) -> Load:
    def run(*lines: str, skip_bad: bool = False) -> tuple[list[str], bool]:
        (tmp_path / "file.csv").write_text(HEAD + "\n".join(lines))
        (tmp_path / "map.toml").write_text(MAP)
        paths = tmp_path / "file.csv", tmp_path / "map.toml"
        with app.app_context():
            told, is_written = import_file("quotes", *paths, ["ACME-FR"], "alice", skip_bad)
        return list(told), is_written

    return run


def test_a_line_comes_to_its_status_by_the_moves_that_lead_there(
    load: Load, acting: Acting, everything: Callable[[], AbstractContextManager[Session]]
) -> None:
    with acting("alice"):
        account = make(Account, kind=AccountKind.PROSPECT)
    told, is_written = load(*LINES)
    assert is_written, told
    with everything() as session:
        found = {q.external_ref: q for q in session.scalars(select(Quote))}
        assert {ref: str(quote.status) for ref, quote in found.items()} == {
            line.split(",")[0]: line.split(",")[2] for line in LINES
        }
        assert found["a"].number is found["g"].number is None
        numbers = sorted(q.number for q in found.values() if q.number)
        assert numbers == [
            *(f"D-2026-{n:05}" for n in (1, 2, 3)), *(f"D-2027-{n:05}" for n in (1, 2)),
        ]  # fmt: skip
        assert found["d"].accepted_by == "Paul Roy"
        assert str(found["d"].total_incl) == "12.00"
        assert session.get_one(Account, account.id).kind == AccountKind.CLIENT


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("x,Faro,accepted,Pompe,10,,,,,2027-01-05,2027-03-05", "Enter who accepted the quote."),
        ("x,Faro,refused,Pompe,10,,,,,2027-01-05,2027-03-05", "Enter a reason."),
        ("x,Faro,expired,Pompe,10,,,,,2027-01-05,2099-03-05", "This quote is still valid."),
        ("x,Faro,replaced,Pompe,10,,,,,2027-01-05,2027-03-05",
         "A quote is replaced by creating its new version."),
        ("x,Faro,finalised,Pompe,0,,,,,2027-01-05,2027-03-05",
         "The total is zero: confirm that this is meant."),
        ("x,Faro,draft,Pompe,10,Paul Roy,,,,2027-01-05,2027-03-05",
         "Only a change of status sets this field."),
    ],
)  # fmt: skip
def test_what_a_move_needs_is_asked_of_the_line(
    load: Load, acting: Acting, line: str, words: str
) -> None:
    with acting("alice"):
        make(Account)
    told, is_written = load(line)
    assert not is_written
    assert any(words in one for one in told), told


def test_an_imported_quote_has_its_document_when_it_is_asked_for(
    load: Load, acting: Acting, as_user: Callable[[str], Client]
) -> None:
    with acting("alice"):
        make(Account)
    load(LINES[1])
    with acting("alice") as session:
        pk = session.scalars(select(Quote.id)).one()
    assert as_user("alice").get(f"/quotes/pdf/{pk}").mimetype == "application/pdf"
