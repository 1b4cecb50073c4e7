"""The cells of a chart by two groups, and the groups that a line of it has."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crm.reporting.boards.keys import Key
from crm.reporting.boards.reading import Totals, added

Cells = Mapping[tuple[Any, Any], Totals]  # line and column → what they have
NO_ROWS: Totals = (0, ())


@dataclass(frozen=True)
class Row:
    """The groups of a line, now and in the period before, by the filter of `past`."""

    key: Key
    values: Sequence[Any]
    then: Sequence[Any]
    past: Key | None
    is_total: bool = False


def told_in(cells: Cells, lines: Sequence[Any], column: Any) -> Totals:
    """What the groups of a line have in a column."""
    found = [cells[line, column] for line in dict.fromkeys(lines) if (line, column) in cells]
    return added(found) if found else NO_ROWS


def sizes_of(cells: Cells) -> Mapping[Any, int]:
    """Line → number of rows."""
    found: Counter[Any] = Counter()
    for (line, _column), (count, _sums) in cells.items():
        found[line] += count
    return found
