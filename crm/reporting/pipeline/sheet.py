"""Tables of the follow-up as boards have them: for CSV, and for mail."""

from collections.abc import Sequence

from flask_babel import gettext as _

from crm.core.models.text import labelled
from crm.core.views.layouts import filter_words
from crm.reporting.boards.shown import NOTHING, Figure, Line, Section, Shown
from crm.reporting.pipeline.captions import captions
from crm.reporting.pipeline.choice import Choice
from crm.reporting.pipeline.figures import read_figures
from crm.reporting.pipeline.tables import Box, FollowUpTables, Row, Table

Column = tuple[int, str]  # the number of a box, and the currency of a figure in it; "": a number


def tables_of(choice: Choice, *, exported: bool = False) -> list[Shown]:
    """The figures of all rows, and the tables, of what the actor may read, or may export."""
    figures = read_figures(choice, exported=exported)
    follow_up, count = FollowUpTables(choice, figures), figures.records.total().count
    filters = filter_words(choice.subject.view(), choice.address)
    caption = " ".join([*([f"{filters}."] if filters else []), *captions(choice)])
    return [as_shown(one, count, caption) for one in (follow_up.totals(), *follow_up.tables())]


def as_shown(table: Table, count: int, caption: str) -> Shown:
    """The table with a column for each currency; `count` rows are in it."""
    columns = [
        (at, currency)
        for at, box in enumerate(table.total.boxes)
        for currency in dict.fromkeys(one.currency for one in box.figures)
    ]
    lines = [_line(row, columns) for row in table.rows]
    section = Section("", "", lines, _line(table.total, columns))
    head = [table.head[0], *(_label(table, column, columns) for column in columns)]
    return Shown(table.key, table.title, head, [section], caption, count, has_bars=False)


def _label(table: Table, column: Column, columns: Sequence[Column]) -> str:
    at, currency = column
    label = table.head[at + 1]
    if currency:
        return f"{label} ({currency})"
    is_alone = sum(one[0] == at for one in columns) == 1
    return label if is_alone else labelled(label, _("Number"))


def _line(row: Row, columns: Sequence[Column]) -> Line:
    figures = [_figure(row.boxes[at], currency) for at, currency in columns]
    return Line(row.label, figures, row.share, is_unset=row.is_unset)


def _figure(box: Box, currency: str) -> Figure:
    return next((one for one in box.figures if one.currency == currency), NOTHING)
