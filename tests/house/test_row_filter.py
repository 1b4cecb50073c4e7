"""The row filter taken away on purpose: the tests of the matrix must notice.

And the list of the places that go around it, each with its reason.
"""

import ast
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import true

from crm.core import rows as core_rows
from crm.core.datamodel import DataModel
from crm.core.forms import options
from crm.core.rows import unfiltered
from tests.fixtures import World
from tests.house.addresses import Address, model_of
from tests.house.conftest import rewriting
from tests.house.test_matrix_leaks import leaking
from tests.population import Planted

ROOT = Path(__file__).parents[2]
FILE = Path(__file__).with_name("unfiltered.json")
# What Olga has pages of.
READ = (
    "leads", "accounts", "contacts", "opportunities", "quotes", "events", "catalogs", "products",
    "agencies", "messages",
)  # fmt: skip
# What she has none of, or what belongs to the installation.
ELSEWHERE = {"companies", "users", "settings", "reference", "templates"}


def test_no_entity_is_left_out(everywhere: list[Address]) -> None:
    found = {getattr(model_of(one.view), "__entity__", None) for one in everywhere}
    assert found - {None} == {*READ, *ELSEWHERE}, "a new one belongs into READ, or ELSEWHERE"


def of_entity(everywhere: list[Address], entity: str) -> list[Address]:
    """The addresses of an entity's pages and API."""
    return [
        one
        for one in everywhere
        if getattr(model_of(one.view), "__entity__", "") == entity and one.method == "GET"
    ]


@pytest.mark.parametrize("entity", READ)
def test_a_table_without_its_filter_is_noticed(
    entity: str,
    planted_world: World,
    everywhere: list[Address],
    rows: dict[str, Planted],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = of_entity(everywhere, entity)
    assert next(leaking(planted_world, asked, rows), None) is None
    stock = core_rows.criteria

    def open_(model: Any, action: str, actor: Any = None) -> Any:
        return true() if model.__entity__ == entity else stock(model, action, actor)

    monkeypatch.setattr(core_rows, "criteria", open_)
    assert next(leaking(planted_world, asked, rows), None) is not None


# Each road from a page to rows: owner of the function, its name, and addresses that take it. A
# picker would ask for Olga's own company all the same, if the address did not name another.
ROADS: dict[str, tuple[Any, str, Callable[[Address], bool], str]] = {
    "list": (DataModel, "page", lambda one: one.rule.endswith("/list/"), ""),
    "record": (DataModel, "fetch", lambda one: "/show/" in one.rule, ""),
    "form": (DataModel, "fetch", lambda one: "/edit/" in one.rule, ""),
    "picker": (options, "search_candidates", lambda one: "/pick/" in one.rule, "company={company}"),
}


@pytest.mark.parametrize("road", ROADS)
def test_one_road_around_the_filter_is_noticed(
    road: str,
    planted_world: World,
    everywhere: list[Address],
    rows: dict[str, Planted],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    where, name, takes, query = ROADS[road]
    query = query.format(company=rows["claire"].company)
    asked = [one for one in everywhere if takes(one) and one.method == "GET"]
    assert asked
    assert next(leaking(planted_world, asked, rows, query), None) is None
    go_around(monkeypatch, where, name)
    assert next(leaking(planted_world, asked, rows, query), None) is not None


def go_around(monkeypatch: pytest.MonkeyPatch, where: Any, name: str) -> None:
    """Let a function see every row, wherever it was imported to."""
    stock = getattr(where, name)

    def around(*args: Any, **kwargs: Any) -> Any:
        with unfiltered("on purpose"):
            return stock(*args, **kwargs)

    homes = [m for n, m in sys.modules.items() if n.startswith("crm.") and hasattr(m, name)]
    for home in {where, *(m for m in homes if getattr(m, name) is stock)}:
        monkeypatch.setattr(home, name, around)


def doors() -> dict[str, list[str]]:
    """file → the reasons of its `unfiltered(…)`, as they stand in the source."""
    found: dict[str, list[str]] = {}
    for path in sorted((ROOT / "crm").rglob("*.py")):
        if "node_modules" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and called(node.func) == "unfiltered":
                assert node.args, f"{path}: unfiltered() without a reason"
                found.setdefault(str(path.relative_to(ROOT)), []).append(ast.unparse(node.args[0]))
    return found


def called(function: ast.expr) -> str:
    match function:
        case ast.Name():
            return function.id
        case ast.Attribute():
            return function.attr
    return ""


def test_every_door_around_the_filter_is_known() -> None:
    found = doors()
    if rewriting():
        FILE.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    assert found == json.loads(FILE.read_text(encoding="utf-8")), "read it, then `make baselines`"
