"""The figures above the charts of a board as CSV."""

import csv
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal

import pytest
from sqlalchemy.orm import Session

from crm.reporting.boards.table import ALL
from tests.fixtures import Acting, Cast, Client, written_once
from tests.reporting.boards_world import plant
from tests.reporting.test_boards import chart

YEAR = "?period=this_year&compare=1"
SIGNS = {"€": "EUR", "$": "USD"}


@written_once
def business(
    acting: Acting, cast: Cast, everything: Callable[[], AbstractContextManager[Session]]
) -> None:
    plant(acting, cast, everything)


def lines(client: Client, board: str) -> list[list[str]]:
    """The lines of the CSV, without a mark of percent in the names of its figures."""
    answer = client.get(f"/reporting/boards/{board}/kpis.csv{YEAR}")
    assert answer.status_code == 200, answer.text
    assert answer.mimetype == "text/csv"
    head, *rows = csv.reader(answer.text.lstrip("\ufeff").splitlines())
    assert head[:3] == ["Figure", "Currency", "Value"]
    assert head[-1].isdigit(), "the year before"
    return [[row[0].removesuffix(" (%)"), *row[1:]] for row in rows]


def shown(client: Client, board: str, query: str = YEAR) -> list[tuple[str, str, str]]:
    """(label, figure, the one before) of the strip, a line for each currency."""
    html = chart(client, board, "kpis", query)
    found = []
    for label, rest in re.findall(r"<dt>(.*?)</dt><dd class=\"num\">(.*?)</dd>", html, re.DOTALL):
        inner, _start, delta = rest.partition('<small class="c-delta">')
        before = re.search(r"was ([^<]+)", delta)
        texts = [text for text in re.split(r"<[^>]+>", inner) if text.strip() not in ("", "of")]
        texts = [text for text in texts if not re.fullmatch(r"[\d,]+ of [\d,]+", text.strip())]
        for n, text in enumerate(texts):
            found.append((label, text, before[1] if before and n == 0 else ""))
    return found


def as_shown(text: str, value: str) -> bool:
    """Whether the strip's words are those of a number in the CSV."""
    digits = re.sub(r"[^\d.]", "", text)
    if not digits or not value:
        return not digits and not value
    places = len(digits.partition(".")[2])
    return round(Decimal(value), places) == Decimal(digits)


@pytest.mark.both
@pytest.mark.parametrize(
    ("somebody", "exported"), [("alice", ""), ("marc", ""), ("claire", "&_flt_0_owner=me")]
)
def test_its_figures_are_those_that_the_board_shows(
    as_user: Callable[[str], Client], business: None, somebody: str, exported: str
) -> None:
    """Claire reads more than her own, and exports her own."""
    client, compared = as_user(somebody), 0
    for board in ALL[:5]:
        told, written = shown(client, board.key, YEAR + exported), lines(client, board.key)
        assert [row[0] for row in written] == [label for label, _text, _before in told]
        for (label, text, before), row in zip(told, written, strict=True):
            assert as_shown(text, row[2]), (board.key, label, text, row)
            sign = next((sign for sign in SIGNS if sign in text), "")
            assert not sign or SIGNS[sign] == row[1], (board.key, label, text, row)
            if before:
                assert as_shown(before, row[-1]), (board.key, label, before, row)
                compared += 1
    assert compared > 10


def test_a_rate_says_of_what_it_is_the_share(
    as_user: Callable[[str], Client], business: None
) -> None:
    marc = as_user("marc")
    html = chart(marc, "opportunities", "kpis", YEAR)
    (whole,) = re.findall(r"<small>[\d,]+ of ([\d,]+)</small>", html)
    (rate,) = [row for row in lines(marc, "opportunities") if row[0] == "Win rate"]
    assert rate[3] == whole


def test_only_what_one_may_export(as_user: Callable[[str], Client], business: None) -> None:
    link = "/reporting/boards/opportunities/kpis.csv?period=this_year&amp;compare=1"
    for somebody, status in (("claire", 200), ("ines", 403)):
        client = as_user(somebody)
        url = f"/reporting/boards/opportunities/kpis{YEAR}"
        assert (link in client.get(url).text) is (status == 200)
        assert client.get("/reporting/boards/opportunities/kpis.csv").status_code == status
