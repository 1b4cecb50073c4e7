"""Rows of a list whose cells are edited in place."""

from typing import Any

from flask import render_template
from markupsafe import Markup

from crm.core.views.cells import render_cell
from crm.core.views.lines import LineRenderer
from crm.core.views.pages import Column, Row


def cell_tags(row: Any, column: Column, css: str, **data: object) -> tuple[Markup, Markup]:
    """The opening and the closing tag of a cell; of `data`, what is not None becomes data-…."""
    name, scope = ("th", Markup(' scope="row"')) if column.is_name else ("td", "")
    kind = "main" if column.is_name else column.css
    told = Markup().join(
        Markup(' data-{}="{}"').format(key, value)
        for key, value in data.items()
        if value is not None
    )
    start = Markup('<{}{} class="{} c-field {}" id="cell-{}-{}"{}>').format(
        name, scope, kind, css, row.id, column.name, told
    )
    return start, Markup("</{}>").format(name)


class EditableRows(LineRenderer):
    """Renders the rows that the actor may edit with a pencil in each cell."""

    def __call__(self, row: Any) -> Row:
        line = super().__call__(row)
        if self.view.may_edit(row):
            line.html = Markup().join(self.cell(row, column.name) for column in self.columns)
        return line

    def cell(self, row: Any, name: str, **data: object) -> Markup:
        """One cell."""
        column = next(one for one in self.columns if one.name == name)
        drawn = [draw(row) for draw in self.draw] if column.is_name else []
        html = render_template(
            "core/parts/cell_read.html",
            row=row,
            column=column,
            shown=Markup(render_cell(self.view.list_field(row, name)).html),  # noqa: S704
            sub=Markup(self._sub(row, drawn) if drawn else ""),  # noqa: S704
            editable=name in self.view.in_place(row),
            tags=cell_tags(row, column, "cut", **data),
            view=self.view,
        )
        return Markup(html)  # noqa: S704
