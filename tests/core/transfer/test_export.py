"""A list as a CSV file: in the reader's language, and nothing that a spreadsheet computes."""

import contextvars
import csv
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from crm.accounts.models import Account
from crm.companies.actors import load_actor
from crm.core.actor import set_actor
from crm.core.db import db
from crm.core.models import Spec
from crm.core.models.kinds import BY_NAME
from crm.core.transfer import columns_of, export, export_rows, iterate_rows
from crm.core.transfer import reading as reading_rows
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from tests.factories import make, table_of
from tests.fixtures import Acting, Cast, Client
from tests.population import Planted, multiply, plant


@contextmanager
def reading(app: Flask, cast: Cast, language: str) -> Iterator[None]:
    """A request of Claire's, in this language."""
    with app.test_request_context("/"):
        actor = load_actor(cast.claire)
        assert actor is not None
        set_actor(replace(actor, language=language, time_zone="Europe/Paris"))
        yield


def exported(kinds: dict[str, Any], labels: str = "{}") -> str:
    columns = [
        (
            Spec(labels.format(kind), BY_NAME[kind], choices={"a": "Ja"}),
            lambda row, kind=kind: row[kind],
        )
        for kind in kinds
    ]
    return b"".join(export_rows(columns, [kinds])).decode()


VALUES = {
    "money": Decimal("-1234.50"),
    "decimal": Decimal("0.125"),
    "percent": 75,
    "integer": 12000,
    "stars": 3,
    "date": date(2027, 1, 31),
    "instant": datetime(2027, 1, 31, 23, 30, tzinfo=UTC),
    "boolean": True,
    "choice": "a",
    "text": "Élan; \"SA\"",
}  # fmt: skip


def test_french(app: Flask, cast: Cast) -> None:
    with reading(app, cast, "fr"):
        header, line = exported(VALUES).splitlines()
    assert header.startswith("\ufeffmoney;decimal;")
    assert line == (
        "-1234,50;0,125;75;12000;3;31/01/2027;01/02/2027 00:30;Oui;Ja;\"Élan; \"\"SA\"\"\""
    )  # fmt: skip


def test_english(app: Flask, cast: Cast) -> None:
    with reading(app, cast, "en"):
        header, line = exported(VALUES).splitlines()
    assert header.startswith("\ufeffmoney,decimal,")
    assert line == (
        "-1234.50,0.125,75,12000,3,31 Jan 2027,1 Feb 2027 00:30,Yes,Ja,\"Élan; \"\"SA\"\"\""
    )  # fmt: skip


@pytest.mark.parametrize(
    "text", ["=1+1", "+33 1", "-2", "@x", "\tx", "\rx", "＝1", "＋1", "－2", "＠x"]
)
def test_no_text_is_a_formula(app: Flask, cast: Cast, text: str) -> None:
    with reading(app, cast, "fr"):
        file = io.StringIO(exported({"text": text, "longtext": text}, labels="={}"), newline="")
    header, line = csv.reader(file, delimiter=";")
    assert [cell.lstrip("\ufeff") for cell in header] == ["'=text", "'=longtext"]
    assert line == ["'" + text] * 2


def test_it_is_a_stream(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "ROWS_AT_ONCE", 2)
    spec = Spec("n", BY_NAME["integer"])
    with reading(app, cast, "en"):
        pieces = list(export_rows([(spec, lambda row: row)], range(5)))
    assert pieces == [b"\xef\xbb\xbfn\r\n0\r\n1\r\n", b"2\r\n3\r\n", b"4\r\n"]


def test_every_row_comes_once_in_order_and_is_let_go(
    acting: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    with acting("claire"):
        for number in range(5):
            make(Lead, organization=f"Nr {number % 3}")
    monkeypatch.setattr(reading_rows, "ROWS_AT_ONCE", 2)
    with acting("claire") as session:
        leads = table_of(Lead)
        rows = iterate_rows(
            leads,
            leads.select(),
            [("organization", "desc")],
            ["owner", "tags"],
        )
        names = [(row.organization, str(row.owner), list(row.tags)) for row in rows]
        assert [name for name, *__ in names] == ["Nr 2", "Nr 1", "Nr 1", "Nr 0", "Nr 0"]
        assert names[0][1:] == ("Claire Colin", [])
        assert not [row for row in session if isinstance(row, Lead)]


def test_the_first_rows_are_sent_before_the_last_are_read(
    app: Flask,
    cast: Cast,
    as_user: Callable[[str], Client],
    counting: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    claire = Planted(cast.france, cast.claire, "Zqclaire")
    with app.app_context(), db.engine.begin() as connection:
        plant(connection, claire)
        multiply(connection, Lead.__table__, claire, 1_200)
    client = as_user("claire")
    unpacked = zlib.decompressobj(wbits=31)
    pieces: list[bytes] = []
    asked: list[int] = []  # statements until each piece

    def download() -> None:  # in one context from the first byte to the last, as under a server
        headers = {"Accept-Encoding": "gzip, deflate, br, zstd"}
        with super(Client, client).open("/leads/export", headers=headers) as answer:
            for piece in answer.response:
                pieces.append(unpacked.decompress(piece))
                asked.append(len(statements))

    with counting() as statements:
        contextvars.Context().run(download)
    assert b"".join(pieces).count(b"\r\n") == 1_202
    first = next(count for count, piece in zip(asked, pieces, strict=True) if b"Zqclaire" in piece)
    assert first < len(statements)
    assert len(statements) <= 30, "linked rows are read once, and not again with each batch"


def test_rows_out_of_reach_are_not_revealed(app: Flask) -> None:
    label, account = columns_of(Opportunity, ["account"])[0]
    with app.app_context():
        assert str(label.label) == "Client / Prospect"
        assert account(SimpleNamespace(account=None, account_id=3)) == "Not available"
        assert account(SimpleNamespace(account=None, account_id=None)) is None
        elan = Account(name="Élan")
        assert account(SimpleNamespace(account=elan, account_id=3)) is elan
