"""A list that is sorted by a column has its cells in the order that people see."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask_appbuilder import Model
from sqlalchemy import String, inspect, select, update

from crm.companies.actors import load_actor
from crm.core.actor import acting_as
from crm.core.datamodel.orders import complete_order
from crm.core.datamodel.paging import PageRequest
from crm.core.db import db
from crm.core.models import Reference, find_spec, kinds, spec_of, target_of
from crm.core.models.checks import update_folded
from crm.core.types import fold
from crm.core.views.base import all_views
from crm.core.views.cells import cell_renderer
from tests.fixtures import World
from tests.population import Planted, business_tables, multiply

# In an order that neither bytes nor a last name give.
NAMES = ("Élan", "faro", "Zebra", "eco", "Ébène", "Ömer", "ángel", None)
LASTS = ("Zola", "arnaud", "Évrard", "Bach")
PLAIN = ("ab_user.username", "ab_user.email", "company.code")  # ASCII of one case in every row
WORDS = (kinds.TEXT, kinds.PERSON)


@pytest.mark.parametrize("way", ["asc", "desc"])
def test_sorted_cells_are_sorted(way: str, planted: World, rows: dict[str, Planted]) -> None:
    with planted.app.app_context():
        with db.engine.begin() as connection:
            for table in business_tables():
                if table.name in ("lead", "account", "contact", "quote", "catalog", "agency"):
                    multiply(connection, table, rows["claire"], len(NAMES))
        db.session.remove()
    with planted.app.test_request_context("/"):
        actor = load_actor(planted.cast.people["alice"])
        assert actor is not None
        with acting_as(actor):
            for model in {view.datamodel.obj for view in all_views() if view.order_columns}:
                _vary(model)
            wrong = {
                (view.endpoint, name): cells
                for view in all_views()
                for name in view.order_columns
                for cells in _unsorted(view, name, way)
            }
    planted.written.add("")
    assert list(wrong) == [], wrong


def _vary(model: type[Any]) -> None:
    """Give the texts of the rows of `model` their NAMES; some rows have none."""
    table = Model.metadata.tables[inspect(model).local_table.name]
    places = (column for column in inspect(model).columns if _is_varied(model, column))
    columns = [inspect(model).get_property_by_column(column).key for column in places]
    folded = [c.key for c in inspect(model).columns if "folds" in c.info]
    for number, row in enumerate(db.session.scalars(select(model)).unique().all()):
        for name in columns:
            texts = LASTS if name == "last_name" else NAMES
            text = texts[number % len(texts)]
            is_needed = not table.c[name].nullable
            setattr(row, name, f"{text or 'Nulle'} {number}" if text or is_needed else None)
        update_folded(row)
        kept = {name: getattr(row, name) for name in (*columns, *folded)}
        with db.session.no_autoflush:
            db.session.connection().execute(update(table).where(table.c.id == row.id).values(kept))
    db.session.expunge_all()


def _is_varied(model: type[Any], column: Any) -> bool:
    spec = find_spec(model, column.key)
    is_text = isinstance(column.type, String) and not column.foreign_keys
    if spec is None or not is_text or str(column) in PLAIN or spec.readonly:
        return False
    return spec.kind is kinds.TEXT and (column.type.length or 12) >= 12


def _unsorted(view: Any, name: str, way: str) -> Iterator[list[str]]:
    """The cells of the column, where they are not in order."""
    model = view.datamodel.obj
    order = complete_order(model, [(name, way)], view.base_order)
    statement = view.datamodel.select(*view.base_conditions())
    found = view.datamodel.page(statement, order, PageRequest(100), view.list_columns).rows
    cells = [_shown(view, name, row) for row in found]
    keys = [_key(model, name, row, text) for row, text in zip(found, cells, strict=True)]
    filled = [key for key in keys if key not in (None, "")]
    if filled != sorted(filled, reverse=way == "desc"):
        yield cells
    empty = [place for place, key in enumerate(keys) if key in (None, "")]
    if empty and empty != list(range(empty[0], empty[0] + len(empty))):
        yield cells


def _shown(view: Any, name: str, row: Any) -> str:
    text: str = cell_renderer(view, name)(row).text
    is_named = text and name == view.list_columns[0]  # a row without name has words for that
    return view.line_name(row, text) if is_named else text


def _key(model: type[Any], name: str, row: Any, text: str) -> Any:
    """What a reader would sort the cell by: its words, or the value behind them."""
    kind = spec_of(model, name).kind
    if kind is kinds.REFERENCE and issubclass(target_of(model, name), Reference):
        target = getattr(row, name)
        return None if target is None else target.position + 1
    if kind in WORDS or kind is kinds.REFERENCE:
        is_empty = kind is kinds.REFERENCE and getattr(row, name) is None
        return "" if is_empty else fold(text)
    return getattr(row, name)
