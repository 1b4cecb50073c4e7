"""Who may reach what: every address × method × row × person, as matrix.csv says.

`make baselines` writes the file; a change of it is read in the review. That no row of another
company is reached holds whatever the file says.
"""

import csv
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask_appbuilder import Model
from sqlalchemy import inspect, select
from werkzeug.test import TestResponse

from crm.core.db import db
from tests.fixtures import World, new_client, token_header
from tests.house.addresses import Address, addresses, model_of
from tests.house.conftest import rewriting
from tests.population import Planted
from tests.servers import FOLDER, locked

FILE = Path(__file__).with_name("matrix.csv")
ANYBODY = "anonymous"
PEOPLE = (
    ANYBODY, "alice", "marc", "claire", "ines", "audrey", "theo", "nadia", "olga",
)  # fmt: skip
HEAD = ("address", "method", "row", *PEOPLE)
Key = tuple[str, str, str]


@pytest.fixture(scope="session")
def everywhere(planted_world: World, rows: dict[str, Planted]) -> list[Address]:
    """Every address of the planted world."""
    return list(addresses(planted_world.app, rows, planted_world.cast))


def read_matrix() -> dict[Key, dict[str, str]]:
    """(address, method, row) → person → status."""
    if not FILE.exists():
        return {}
    with FILE.open(newline="") as file:
        return {(row["address"], row["method"], row["row"]): row for row in csv.DictReader(file)}


def ask(world: World, person: str, address: Address, **body: Any) -> TestResponse:
    """What `person` is answered at an address, the world being as new."""
    world.start()
    client = new_client(world.app) if person == ANYBODY else world.browser(person)
    headers = {}
    if person != ANYBODY and address.is_api:
        headers = token_header(world.app, world.cast.people[person])
    if address.is_api and address.method != "GET" and not body:
        # With a version, so that a change is refused for its row and not for its form.
        body = {"json": {"row_version": 1} if address.method == "PUT" else {}}
    query = "&" if "?" in address.path else "?"
    path = address.path + (query + body.pop("query") if "query" in body else "")
    return client.open(path, method=address.method, headers=headers, **body)


@pytest.mark.parametrize("person", PEOPLE)
def test_everybody_reaches_what_the_matrix_says(
    person: str, planted_world: World, everywhere: list[Address]
) -> None:
    found = {
        (one.rule, one.method, one.row): str(ask(planted_world, person, one).status_code)
        for one in everywhere
    }
    assert not [key for key, status in found.items() if status.startswith("5")]
    if rewriting():
        write_column(person, found)
        return
    matrix = read_matrix()
    missing = found.keys() - matrix.keys()
    assert not missing, "not in matrix.csv: `make baselines`, then read the difference"
    assert not matrix.keys() - found.keys(), "in matrix.csv, but no longer an address"
    told = {key: matrix[key][person] for key in found}
    assert {k: v for k, v in found.items() if v != told[k]} == {
        k: v for k, v in told.items() if v != found[k]
    }


def write_column(person: str, found: dict[Key, str]) -> None:
    """Write what one person is answered; the other columns stay."""
    with locked(Path(os.environ[FOLDER]) / "matrix.lock"):
        matrix = read_matrix()
        with FILE.open("w", newline="") as file:
            table = csv.DictWriter(file, HEAD, lineterminator="\n")
            table.writeheader()
            for key in sorted(found):
                row = {**dict.fromkeys(PEOPLE, "?"), **matrix.get(key, {}), person: found[key]}
                table.writerow({**row, **dict(zip(HEAD, key, strict=False))})


# Olga and ACME France, whatever the matrix says ──────────────────────────────────────────────────

# Reached by everybody who is signed in, and about nobody's row.
LET_IN = (200, 201, 204, 302, 303)


def of_france(everywhere: list[Address]) -> Iterator[Address]:
    return (one for one in everywhere if one.row in ("claire", "marc"))


def foreign_words(rows: dict[str, Planted]) -> list[str]:
    """What stands in ACME France's rows only."""
    return [word for owner in ("claire", "marc") for word in rows[owner].words]


def test_no_address_lets_olga_in_to_a_row_of_another_company(
    planted_world: World, everywhere: list[Address], rows: dict[str, Planted]
) -> None:
    asked = 0
    for address in of_france(everywhere):
        asked += 1
        answer = ask(planted_world, "olga", address)
        where = f"{address.method} {address.path}"
        if answer.status_code in LET_IN:
            assert answer.location is not None, where
            assert not any(str(pk) in answer.location for pk in rows["claire"].ids.values()), where
            assert answer.status_code != 303 or "/login/" in answer.location, where
        assert not leaks(answer, rows), where
    assert asked > 10


def test_no_page_shows_olga_a_word_of_another_company(
    planted_world: World, everywhere: list[Address], rows: dict[str, Planted]
) -> None:
    assert not list(leaking(planted_world, everywhere, rows))
    own = [ask(planted_world, "olga", one) for one in everywhere if one.method == "GET"]
    shown = [one for one in own if rows["olga"].mark in one.get_data().decode(errors="replace")]
    assert len(shown) > 5, "she sees her own, so the words would be found"


def leaking(
    world: World, asked: Iterable[Address], rows: dict[str, Planted], query: str = ""
) -> Iterator[str]:
    """The pages that show Olga a word of ACME France."""
    for address in asked:
        if address.method != "GET":
            continue
        if leaks(ask(world, "olga", address, **({"query": query} if query else {})), rows):
            yield address.path


def leaks(answer: TestResponse, rows: dict[str, Planted]) -> list[str]:
    """The words of ACME France in an answer, its headers included."""
    text = answer.get_data().decode(errors="replace") + "\n".join(
        f"{name}: {value}" for name, value in answer.headers
    )
    return [word for word in foreign_words(rows) if word in text]


def foreign_pk(table: str, rows: dict[str, Planted]) -> int | None:
    """The id of ACME France's row of a table."""
    return rows["claire"].company if table == "company" else rows["claire"].ids.get(table)


def relations_of(view: Any) -> dict[str, str]:
    """relation → table, of the to-one and to-many relations of a view's rows."""
    model = model_of(view)
    if model is None:
        return {}
    return {r.key: r.mapper.local_table.name for r in inspect(model).relationships}


def test_no_argument_leads_olga_to_a_row_of_another_company(
    planted_world: World, everywhere: list[Address], rows: dict[str, Planted]
) -> None:
    asked = set()
    for address in everywhere:
        if address.method != "GET" or "<int" in address.rule:
            continue
        for query in queries(address, rows):
            if (address.path, query) not in asked:
                asked.add((address.path, query))
                answer = ask(planted_world, "olga", address, query=query)
                assert not leaks(answer, rows), f"{address.path} {query}"
    assert len(asked) > 25


def queries(address: Address, rows: dict[str, Planted]) -> Iterator[str]:
    """What names a row of ACME France to a list, a form, a picker or a resource."""
    mark = rows["claire"].mark[1:-1]
    for relation, table in relations_of(address.view).items():
        pk = foreign_pk(table, rows)
        if pk is None:
            continue
        of_pages = (
            f"{relation}={pk}", f"_flt_0_{relation}={pk}",
            f"search={mark}&_flt_0_{relation}.id={pk}",
        )  # fmt: skip
        # A resource reads none of these, and so is asked all of them at once.
        yield from ["&".join(of_pages)] if address.is_api else of_pages
        yield f"q={mark}"
        yield f"q=(filters:!((col:{relation},opr:rel_o_m,value:{pk})))"


def test_no_picker_offers_olga_a_row_of_another_company(
    planted_world: World, everywhere: list[Address], rows: dict[str, Planted]
) -> None:
    asked = 0
    for address in everywhere:
        if "/pick/" not in address.rule:
            continue
        for relation in relations_of(address.view):
            asked += 1
            path = address.path.rpartition("/")[0] + f"/{relation}"
            for query in ("", f"company={rows['claire'].company}", f"q={rows['claire'].mark[1:]}"):
                answer = ask(planted_world, "olga", replace(address, path=f"{path}?{query}"))
                assert not leaks(answer, rows), f"{path}?{query}"
                assert answer.status_code < 500, f"{path}?{query}"
    assert asked > 30


def test_no_form_links_olgas_row_to_one_of_another_company(
    planted_world: World, everywhere: list[Address], rows: dict[str, Planted]
) -> None:
    asked = 0
    for address in everywhere:
        if address.method not in ("POST", "PUT") or address.row in ("claire", "marc"):
            continue
        for relation, table in relations_of(address.view).items():
            pk = foreign_pk(table, rows)
            if pk is None:
                continue
            asked += 1
            values = {relation: str(pk), f"{relation}_id": str(pk), "row_version": "1"}
            body = (
                {"json": {relation: pk, "row_version": 1}} if address.is_api else {"data": values}
            )
            answer = ask(planted_world, "olga", address, **body)
            assert not leaks(answer, rows), f"{address.path} {relation}"
            assert links(planted_world, table, pk, rows) == [], f"{address.path} {relation}"
    assert asked > 5


def links(world: World, table: str, pk: int, rows: dict[str, Planted]) -> list[str]:
    """Olga's rows that point to this one."""
    found = []
    with world.app.app_context():
        for one in Model.metadata.sorted_tables:
            pointers = [k.parent for k in one.foreign_keys if k.column.table.name == table]
            for column in pointers if "company_id" in one.c else ():
                theirs = select(column).where(one.c.company_id == rows["olga"].company)
                found += [f"{column}" for _ in db.session.execute(theirs.where(column == pk))]
    return found
