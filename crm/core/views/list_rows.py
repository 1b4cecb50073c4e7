"""The columns and the lines of a list."""

from collections.abc import Sequence
from typing import Any, ClassVar

from flask_babel import gettext as _

from crm.core.actor import current_actor
from crm.core.models import spec_of
from crm.core.views.address import ListAddress
from crm.core.views.base import Action, BaseView
from crm.core.views.display import Field
from crm.core.views.filterbar import FilterBar
from crm.core.views.fitting import fit
from crm.core.views.lines import LineRenderer
from crm.core.views.pages import Column, ListPage, Row


class ListRows(FilterBar):
    """What a list shows of its rows; slices override what a line says."""

    list_columns: Sequence[str]

    def _read_columns(self) -> list[str]:
        """The columns to load for a row, `list_relations` of the slice included."""
        return self.visible([*self.list_columns, *self.list_relations])

    list_relations: Sequence[str] = ()

    def export_names(self) -> list[str]:
        """The columns of the CSV: those of the list, then further ones of the record page."""
        sets = [*(self.show_fieldsets or ()), *self.side_fieldsets]
        shown = [name for _title, names in self.fieldsets(sets) for name in names]
        names = dict.fromkeys([*self.visible(self.list_columns), *shown])
        apart = {*self.children, *self.editors_only}
        return [name for name in names if name not in apart]

    def columns(self, address: ListAddress) -> list[Column]:
        ordered, direction = self.order(address)[0] if self.order(address) else ("", "")
        columns = []
        for position, name in enumerate(self.list_names()):
            spec = spec_of(self.datamodel.obj, name)
            said = self.column_css.get(name) or spec.css or spec.kind.css
            css = said if name in self.phone_columns else f"opt {said}"
            css = "w-name" if position == 0 else css
            column = Column(name, str(spec.label), css)
            if name in self.order_columns:
                down = name == ordered and direction == "asc"
                column.sort_url = address.url(order=(name, "desc" if down else "asc"))
                if name == ordered:
                    column.sorted = "ascending" if direction == "asc" else "descending"
            columns.append(column)
        fit(columns, {self.line_sign, self.state_column, *self.phone_columns})
        return columns

    def list_names(self) -> list[str]:
        """The list's columns now; the company only where rows of several are shown."""
        names = self.visible(self.list_columns)
        if current_actor().active_company_id is not None:
            names = [name for name in names if name != "company"]
        return names

    def line(self, row: Any, lines: LineRenderer) -> Row:
        """The row as `lines` renders it; slices override it to add to that."""
        return lines(row)

    list_class: ClassVar[type[ListPage]] = ListPage
    line_class: ClassVar[type[LineRenderer]] = LineRenderer
    phone_columns: ClassVar[Sequence[str]] = ()  # that stand beside the name on a phone
    line_sign: ClassVar[str] = "next_event_at"  # the column that a phone shows behind the name
    state_column: ClassVar[str] = ""  # the status or stage, which a narrow list keeps
    annotated_columns: ClassVar[Sequence[str] | None] = None  # what `field_of` completes; None: any

    def is_annotated(self, name: str) -> bool:
        """Whether the slice changes the display of a column in some rows."""
        if self.annotated_columns is not None:
            return name in self.annotated_columns
        return type(self).field_of is not BaseView.field_of

    def is_plain(self, row: Any) -> bool:
        """Whether the slice changes nothing in this row, for speed."""
        return False

    def list_field(self, row: Any, name: str) -> Field:
        """The value as displayed in a list."""
        return self.field_of(row, name)

    def line_name(self, row: Any, text: str) -> str:
        """The text of a row's link; `text` is the value of the first column."""
        return text

    def line_note(self, row: Any, text: str) -> str:
        """The text that a phone shows under the name; `text` is the first one of the row."""
        return text

    def row_actions(self, row: Any) -> list[Action]:
        """The actions of a row in the list."""
        if "edit" in self.exclude_route_methods or not self.may("edit", row):
            return []
        return [Action(_("Edit"), self.url("edit", pk=row.id), "pencil")]
