"""A limited SELECT for each of a few rows of integers: LATERAL, or an equivalent on SQLite."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import JSON, Integer, Select, cast, func, literal, select


def number_table(names: Sequence[str], rows: Sequence[Sequence[int]], is_sqlite: bool) -> Any:
    """`rows` as a table with the columns `names`, passed as one parameter."""
    parameter = literal(json.dumps(rows))
    cells: list[Any]
    if is_sqlite:
        each = func.json_each(parameter).table_valued("value")
        cells = [
            func.json_extract(each.c.value, f"$[{n}]", type_=Integer) for n in range(len(names))
        ]
    else:
        each = func.json_array_elements(cast(parameter, JSON)).table_valued("value")
        cells = [cast(each.c.value.op("->>")(n), Integer) for n in range(len(names))]
    named = (cell.label(name) for cell, name in zip(cells, names, strict=True))
    return select(*named).select_from(each).subquery()


def lateral_join(table: Any, inner: Select[Any], is_sqlite: bool) -> tuple[Any, Any, Any]:
    """(join target, its `value`, its `id`) of `inner`, which refers to `table`."""
    inner = inner.correlate(table)
    if not is_sqlite:
        found = inner.lateral()
        return found, found.c.value, found.c.id
    # Its FROM may depend on the row before it in a list alone.
    one = inner.subquery()
    pairs = select(func.json_group_array(func.json_array(one.c.value, one.c.id)))
    each = func.json_each(pairs.correlate(table).scalar_subquery()).table_valued("value")
    value, pk = (func.json_extract(each.c.value, f"$[{n}]") for n in (0, 1))
    return each, value, pk
