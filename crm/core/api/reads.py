"""GET: the list, a row, deleted rows, and `_info`."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Response, request, url_for
from flask_appbuilder.api import expose
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select

from crm.core.api import describing
from crm.core.api.arguments import ListArguments, read_arguments
from crm.core.api.base import TableApi, chosen
from crm.core.api.columns import written
from crm.core.api.deletions import cursors, deletions
from crm.core.api.filtering import where
from crm.core.api.guard import answer, guarded
from crm.core.api.query_schemas import deleted_schema, info_schema, list_schema, show_schema
from crm.core.api.reading import read_id
from crm.core.datamodel.orders import complete_order
from crm.core.datamodel.paging import FEW, SORTED, PageRequest, ResultPage
from crm.core.errors import NotFound
from crm.core.search import find

Labels = dict[str, Callable[[], Any]]


class ReadApi(TableApi):
    @expose("/_info", methods=("GET",))
    @guarded
    def info(self) -> Response:
        """Fields, filters and rights; without the rows of relations that FAB 5.3 lists."""
        asked = read_arguments(info_schema())
        model, sm = self.datamodel.obj, self.appbuilder.sm
        entity = self.class_permission_name
        known: Labels = {
            "permissions": lambda: sorted(
                p for p in self.base_permissions if sm.has_access(p, entity)
            ),
            "add_columns": lambda: self._fields(self.add_columns),
            "edit_columns": lambda: self._fields(self.edit_columns),
            "filters": lambda: describing.filters_info(model, self.visible(self.search_columns)),
            "add_title": lambda: str(self.add_title or ""),
            "edit_title": lambda: str(self.edit_title or ""),
        }
        return answer(**chosen(known, asked))

    def _fields(self, names: Sequence[str]) -> list[dict[str, Any]]:
        return describing.fields_info(
            self.datamodel.obj, written(self, names), self.shown_children()
        )

    @expose("/", methods=("GET",))
    @guarded
    def get_list(self) -> Response:
        """A page of rows: `ids`, `result`, and a `count` up to 10,000 (then `count_capped`).

        `cursor` is the argument for the next page; null at the end.
        """
        asked = read_arguments(list_schema(self))
        names = self.visible(self.list_columns) if asked.columns is None else asked.columns
        statement, counted = self._statements(asked)
        totals = self.datamodel.totals(counted)
        few, offset = totals.count <= SORTED, asked.page * asked.size
        ask = PageRequest(asked.size, asked.cursor, offset=offset, few=few)
        found = self._page(statement, self._order(asked), ask, self.read_with(names))
        labels = self._labels("list", names)
        labels["order_columns"] = lambda: self.visible(self.order_columns)
        return answer(
            count=totals.count,
            count_capped=totals.is_capped,
            ids=[row.id for row in found.rows],
            result=self.serialized(found.rows, names),
            cursor=found.after or None,
            **self.beside(asked),
            **chosen(labels, asked),
        )

    def beside(self, asked: ListArguments) -> dict[str, Any]:
        """What else a slice says in the answer of the list; `beside_schemas` describe it."""
        return {}

    @expose("/_deleted", methods=("GET",))
    @guarded
    def deleted(self) -> Response:
        """Deleted rows: moved to the bin or purged."""
        asked = read_arguments(deleted_schema())
        ask = PageRequest(asked.size, asked.cursor)
        with cursors():
            found = deletions(self.datamodel, ask, asked.since, self.base_conditions())
        return answer(result=found.rows, cursor=found.after or None)

    def _page(self, *asked: Any) -> ResultPage:
        with cursors():
            return self.datamodel.page(*asked)

    def _statements(self, asked: ListArguments) -> tuple[Select[Any], Select[Any]]:
        """The statements to read the requested rows by, and to count them by."""
        base, wanted = self.base_conditions(), self._conditions(asked)
        found = find(self.datamodel.session, self.datamodel.obj, asked.search, *base)
        plain = self.datamodel.select(*base, *wanted)
        if found is None:
            return plain, plain
        read = plain.where(found.where).execution_options(**{FEW: found.is_few})
        return read, plain.where(found.counted)

    def _conditions(self, asked: ListArguments) -> list[ColumnElement[bool]]:
        """The filters as SQL. Raises DomainError on the column."""
        return [where(self.datamodel.obj, one) for one in asked.filters]

    def _order(self, asked: ListArguments) -> list[tuple[str, str]]:
        """The requested order, else the declared one; never empty, which would repeat rows."""
        order = [asked.order] if asked.order is not None else []
        pairs = complete_order(self.datamodel.obj, order, self.base_order)
        return [(name, direction) for name, direction in pairs if name != "id"]

    @expose("/<pk>", methods=("GET",))
    @guarded
    def get(self, pk: str) -> Response:
        names = self.visible(self.show_columns)
        asked = read_arguments(show_schema(self))
        names = names if asked.columns is None else asked.columns
        number = read_id(pk)
        try:
            row = self.one(number, names)
        except NotFound:
            return self.led_on(number)
        return answer(id=row["id"], result=row, **chosen(self._labels("show", names), asked))

    def led_on(self, pk: int) -> Response:
        """301 to the record into which row `pk` was merged. Raises NotFound where there is none."""
        kept = self.kept_instead(pk)
        if kept is None:
            raise NotFound
        message = _("This record was merged into another one.")
        moved = answer(301, message=message, merged_into=kept.id)
        asked = request.query_string.decode()
        address = url_for(f"{self.endpoint}.get", pk=kept.id)
        moved.headers["Location"] = f"{address}?{asked}" if asked else address
        return moved

    def _labels(self, page: str, names: Sequence[str]) -> Labels:
        model = self.datamodel.obj
        return {
            f"{page}_columns": lambda: names,
            "label_columns": lambda: describing.labels(model, names),
            "description_columns": lambda: describing.helps(model, names),
            f"{page}_title": lambda: str(getattr(self, f"{page}_title") or ""),
        }
