"""A report as a chart of the boards."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import ColumnElement

from crm.core.datamodel.filters import filter_spec
from crm.core.datamodel.grouping import TEAM, Group
from crm.core.errors import DomainError
from crm.core.models.text import labelled
from crm.core.saved.layouts import Filter
from crm.reporting.boards.asked import Asked
from crm.reporting.boards.charts import Chart
from crm.reporting.boards.keys import operator_of
from crm.reporting.boards.matrix import Matrix
from crm.reporting.boards.shown import Shown
from crm.reporting.own.layout import Layout

MOST_LINES = 25  # from which on the smallest groups stand together
MOST_DATES = 400  # lines of a report by dates
MOST_COLUMNS = 24


def read(
    layout: Layout, filters: Sequence[Filter], extra: Sequence[ColumnElement[bool]] = ()
) -> Shown:
    """The report of the rows that the actor reads and that satisfy `extra`.

    Raises DomainError for an invalid filter, or where there is too much to be shown.
    """
    model, groups = layout.view.datamodel.obj, _ordered(layout.groups)
    given = [one for group in groups for one in _bounds(model, group, filters)]
    others = [one for one in filters if not _is_between(model, groups, one)]
    asked = Asked(filters=_distinct([*others, *given]))
    shown = _chart(layout, groups).read(asked, extra)
    lines = max((len(section.lines) for section in shown.sections), default=0)
    if lines > MOST_DATES:
        raise DomainError(too_long(lines))
    if layout.is_table:
        shown.has_bars, shown.drawing = False, None
    return shown


def too_long(lines: int) -> str:
    return ngettext(
        "This makes %(num)s line: choose longer parts of time, or filter.",
        "This makes %(num)s lines: choose longer parts of time, or filter.",
        lines,
    )


def title_of(layout: Layout) -> str:
    """What a report is called that has no name."""
    return labelled(layout.view.words("list_title"), ", ".join(layout.labels))


def _chart(layout: Layout, groups: Sequence[Group]) -> Chart | Matrix:
    title, model, first = title_of(layout), layout.view.datamodel.obj, groups[0]
    dated = first.name if first.step is not None else ""
    drawn = bool(dated) and not layout.is_table
    said: dict[str, Any] = {
        "measures": layout.measures,
        "dated": dated,
        "most": MOST_LINES,
        "drawn": drawn,
        "view": layout.view,
    }
    if len(groups) == 1:
        by_size = not dated
        return Chart("own", title, model, first, _of_rows, by_size=by_size, **said)
    return Matrix(
        "own", title, model, first, groups[1], _of_rows, most_columns=MOST_COLUMNS, **said
    )


def _of_rows(count: int) -> str:
    return ngettext("%(num)s record", "%(num)s records", count)


def _ordered(groups: Sequence[Group]) -> list[Group]:
    """Teams are lines: somebody may be in several, so that columns of them have no total."""
    return sorted(groups, key=lambda group: group.name != TEAM)


def _is_between(model: type[Any], groups: Sequence[Group], one: Filter) -> bool:
    name, number, _values = one
    dated = any(group.name == name and group.step is not None for group in groups)
    operators = filter_spec(model, name).kind.operators
    return dated and number < len(operators) and operators[number].key == "between"


def _bounds(model: type[Any], group: Group, filters: Sequence[Filter]) -> list[Filter]:
    """Bounds of a grouped date as two filters, so that those of its groups stand beside them."""
    return [
        (name, operator_of(model, name, key), (text,))
        for name, number, texts in filters
        if name == group.name and _is_between(model, [group], (name, number, texts))
        for key, text in zip(("gte", "lte"), texts, strict=False)
    ]


def _distinct(filters: Sequence[Filter]) -> tuple[Filter, ...]:
    """Raises DomainError where a date is bounded twice."""
    if len({one[:2] for one in filters}) < len(filters):
        raise DomainError(_("A date that the report is grouped by is filtered twice."))
    return tuple(filters)
