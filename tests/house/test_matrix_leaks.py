"""Olga of ACME Iberia and the rows of ACME France, whatever the matrix says."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask_appbuilder import Model
from sqlalchemy import inspect, select

from crm.core.db import db
from tests.fixtures import World
from tests.house.addresses import Address, model_of
from tests.house.asking import Crawl, ask, leaks
from tests.population import Planted

# Reached by everybody who is signed in, and about nobody's row.
LET_IN = (200, 201, 204, 302, 303)


def test_no_address_lets_olga_in_to_a_row_of_another_company(
    crawl: Crawl, rows: dict[str, Planted]
) -> None:
    asked = 0
    for address, said in crawl.items():
        if address.row not in ("claire", "marc"):
            continue
        asked += 1
        where = f"{address.method} {address.path}"
        if said.status in LET_IN:
            assert said.location is not None, where
            assert not any(str(pk) in said.location for pk in rows["claire"].ids.values()), where
            assert said.status != 303 or "/login/" in said.location, where
        assert not said.leaked, where
    assert asked > 10


def test_no_page_shows_olga_a_word_of_another_company(crawl: Crawl) -> None:
    read = {one: said for one, said in crawl.items() if one.method == "GET"}
    assert [one.path for one, said in read.items() if said.leaked] == []
    shown = [one for one, said in read.items() if said.has_own]
    assert len(shown) > 5, "she sees her own, so the words would be found"


def leaking(
    world: World, asked: Iterable[Address], rows: dict[str, Planted], query: str = ""
) -> Iterator[str]:
    """The pages that show Olga a word of ACME France."""
    for address in asked:
        given = {"query": query} if query else {}
        if address.method == "GET" and leaks(ask(world, "olga", address, **given), rows):
            yield address.path


def foreign_keys(view: Any, rows: dict[str, Planted]) -> dict[str, int]:
    """relation of a view's rows → the id of ACME France's row of its table."""
    keys = {
        relation: rows["claire"].company if table == "company" else rows["claire"].ids.get(table)
        for relation, table in relations_of(view).items()
    }
    return {relation: pk for relation, pk in keys.items() if pk is not None}


def relations_of(view: Any) -> dict[str, str]:
    """relation → table, of the to-one and to-many relations of a view's rows."""
    model = model_of(view)
    if model is None:
        return {}
    return {r.key: r.mapper.local_table.name for r in inspect(model).relationships}


@pytest.mark.slow("asks a thousand addresses")
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
    assert len(asked) > 500


def queries(address: Address, rows: dict[str, Planted]) -> Iterator[str]:
    """What names a row of ACME France to a list, a form, a picker or a resource."""
    keys, mark = foreign_keys(address.view, rows), rows["claire"].mark[1:-1]
    if not keys:
        return
    yield f"q={mark}"
    # A form refuses the first row that is out of reach, whatever the others are.
    given = [f"{relation}={pk}" for relation, pk in keys.items()]
    yield from ("&".join(asked) for asked in together(given, address.name == "add"))
    if address.is_api:
        ways = [f"(col:{relation},opr:rel_o_m,value:{pk})" for relation, pk in keys.items()]
        for asked in together(ways, address.name == "get_list"):
            yield f"q=(filters:!({','.join(asked)}))"
        return
    # A filter that a list does not know must not make it leave out one that it knows.
    known = set(getattr(address.view, "search_columns", None) or ())
    if address.name in ("export", "totals", "counts"):
        yield from (
            f"_flt_0_{relation}={keys[relation]}" for relation in sorted(keys.keys() & known)
        )
    for some in (keys.keys() & known, keys.keys() - known):
        for way in ("_flt_0_{}", f"search={mark}&_flt_0_{{}}.id"):
            ways = [f"{way.format(relation)}={keys[relation]}" for relation in sorted(some)]
            yield from ("&".join(asked) for asked in together(ways, address.name == "list"))


def together(ways: list[str], one_by_one: bool) -> list[list[str]]:
    """All at once, or where rows are listed by them each by itself as well."""
    alone = [[way] for way in ways] if one_by_one else []
    return [*alone, ways] if len(ways) > 1 or not alone else alone


@pytest.mark.slow("asks each picker for each relation")
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


@pytest.mark.slow("sends each form once for each relation")
def test_no_form_links_olgas_row_to_one_of_another_company(
    planted_world: World, everywhere: list[Address], rows: dict[str, Planted]
) -> None:
    asked = 0
    for address in everywhere:
        if address.method not in ("POST", "PUT") or address.row in ("claire", "marc"):
            continue
        keys = foreign_keys(address.view, rows)
        # A form is refused for one of its links: each is sent by itself.
        by_itself = address.name in ("add", "edit", "field", "post", "put")
        for some in [{name: keys[name]} for name in keys] if by_itself else [keys] if keys else []:
            asked += 1
            answer = ask(planted_world, "olga", address, **body_of(address, some))
            assert not leaks(answer, rows), f"{address.path} {some}"
            if planted_world.written:
                assert links(planted_world, address.view, some, rows) == [], (
                    f"{address.path} {some}"
                )
    assert asked > 100


def body_of(address: Address, keys: dict[str, int]) -> dict[str, Any]:
    """A form or a document that links to these rows."""
    if address.is_api:
        return {"json": {**keys, "row_version": 1}}
    ids = {f"{relation}_id": str(pk) for relation, pk in keys.items()}
    return {"data": {**{name: str(pk) for name, pk in keys.items()}, **ids, "row_version": "1"}}


def links(world: World, view: Any, keys: dict[str, int], rows: dict[str, Planted]) -> list[str]:
    """Olga's rows that point to these."""
    found = []
    relations = relations_of(view)
    with world.app.app_context():
        for relation, pk in keys.items():
            for one in Model.metadata.sorted_tables:
                target = relations[relation]
                pointers = [k.parent for k in one.foreign_keys if k.column.table.name == target]
                for column in pointers if "company_id" in one.c else ():
                    theirs = select(column).where(one.c.company_id == rows["olga"].company)
                    found += [f"{column}" for _ in db.session.execute(theirs.where(column == pk))]
    return found
