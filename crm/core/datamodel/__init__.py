"""FAB's SQLAInterface for Comptoir: reads through the row filter, writes without commit."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from flask_appbuilder.models.base import BaseInterface
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import (
    ColumnElement,
    Select,
    case,
    func,
    inspect,
    select,
    true,
)

from crm.core import rows
from crm.core.datamodel import saving
from crm.core.datamodel.arithmetic import sum_of
from crm.core.datamodel.counting import limited_ids
from crm.core.datamodel.defaults import with_defaults
from crm.core.datamodel.link_checks import candidates
from crm.core.datamodel.loading import Children, loading
from crm.core.datamodel.narrowing import narrowed
from crm.core.datamodel.neighbors import Neighbors, read_neighbors
from crm.core.datamodel.orders import read_order
from crm.core.datamodel.paging import COUNT_CAP, SORTED, PageRequest, ResultPage, read_page
from crm.core.datamodel.rules import PLAIN, Rules, Values
from crm.core.db import db
from crm.core.errors import NotFound


class DataModel(SQLAInterface):
    """Reads and writes of one table for pages, API and import alike.

    `rules` are the slice's own functions for the rows.
    """

    def __init__(self, obj: type[Any], rules: Rules = PLAIN) -> None:
        # Not FAB 5.3's SQLAInterface.__init__, which configures the mappers before all are
        # imported: what it collects is computed on first use.
        BaseInterface.__init__(self, obj)
        self.rules = rules

    @cached_property
    def list_properties(self) -> dict[str, Any]:
        return {prop.key: prop for prop in inspect(self.obj).iterate_properties}

    @cached_property
    def list_columns(self) -> dict[str, Any]:
        columns = inspect(self.obj).columns
        return {name: columns[name] for name in self.list_properties if name in columns}

    @property
    def session(self) -> Any:
        return db.session()

    # Reading ────────────────────────────────────────────────────────────────────────────────────

    def get(
        self,
        id: Any,
        filters: Any = None,
        select_columns: Any = None,
        outer_default_load: bool = False,
    ) -> Any:
        """Overrides FAB 5.3: by a SELECT, to which the row filter applies; None if not found."""
        try:
            return self.fetch(int(id))
        except (ValueError, NotFound):
            return None

    def fetch(
        self,
        pk: int,
        action: str = "read",
        names: Sequence[str] = (),
        children: Children | None = None,
    ) -> Any:
        """The row to which the actor may do `action`, with `names` loaded. Raises NotFound."""
        options = loading(self.obj, names, children)
        return rows.fetch(self.session, self.obj, pk, action, options)

    def fetch_each(self, pks: Sequence[int], action: str, names: Sequence[str]) -> dict[int, Any]:
        """id → row, of those of `pks` to which the actor may do `action`, with `names` loaded."""
        options = loading(self.obj, names)
        return rows.fetch_each(self.session, self.obj, pks, action, options)

    def rights(self, row: Any, actions: Sequence[str]) -> set[str]:
        return rows.rights(self.session, row, actions)

    def marks(self, actions: Sequence[str]) -> rows.Marks:
        """As `rights`, for a page to read with its rows; () where they are asked row by row."""
        return rows.marks(self.obj, actions)

    def get_related_obj(self, col_name: str, value: Any) -> Any:
        """Overrides FAB 5.3, which bypasses the row filter by reading from the identity map."""
        target = self.get_related_model(col_name)
        statement = select(target).where(target.id == value, rows.linkable(target))
        return self.session.scalars(statement).unique().first()

    def select(self, *where: ColumnElement[bool], in_bin: bool = False) -> Select[Any]:
        statement = select(self.obj).where(*where)
        return statement.execution_options(**{rows.IN_BIN: self.obj}) if in_bin else statement

    def page(
        self,
        statement: Select[Any],
        order: Sequence[tuple[str, str]],
        ask: PageRequest,
        relations: Sequence[str] = (),
    ) -> ResultPage:
        """One page of `statement`. Raises ValueError for an invalid token."""
        known = read_order(self.session, self.obj, order)
        return read_page(self.session, statement, self.obj, known, ask, relations)

    def neighbors(
        self, statement: Select[Any], order: Sequence[tuple[str, str]], row: Any
    ) -> Neighbors:
        """What stands before and after `row` in the list of `statement`."""
        known = read_order(self.session, self.obj, order)
        return read_neighbors(self.session, statement, self.obj, known, row)

    def totals(
        self,
        statement: Select[Any],
        sums: Sequence[str] = (),
        cap: int = COUNT_CAP,
        summed: int = SORTED,
    ) -> "Totals":
        """The number of rows up to `cap` + 1, and the sums if there are at most `summed` rows."""
        count = select(func.count().label("n")).select_from(
            limited_ids(statement, self.obj, cap + 1)
        )
        if not sums:
            return Totals(int(self.session.scalar(count) or 0), {}, cap)
        counted = count.cte("counted").prefix_with("MATERIALIZED")
        columns = [getattr(self.obj, name) for name in (*sums, "currency")]
        most = select(case((counted.c.n <= summed, summed), else_=0)).scalar_subquery()
        each = narrowed(statement.with_only_columns(*columns).order_by(None), self.obj)
        inner = each.limit(most).subquery()
        dialect = self.session.get_bind().dialect.name
        added = (sum_of(inner.c[name], dialect) for name in sums)
        grouped = select(counted.c.n, inner.c.currency, *added)
        grouped = grouped.select_from(counted.outerjoin(inner, true()))
        grouped = grouped.group_by(counted.c.n, inner.c.currency).order_by(func.count().desc())
        found = list(self.session.execute(grouped))
        number = int(found[0].n)
        known = {row.currency: dict(zip(sums, row[2:], strict=True)) for row in found}
        is_summed = number <= summed
        return Totals(number, known if number and is_summed else {}, cap, is_summed=is_summed)

    # Writing ────────────────────────────────────────────────────────────────────────────────────

    def defaults(self, values: Values) -> dict[str, Any]:
        return with_defaults(self.obj, values, self.rules)

    def create(self, values: Values) -> Any:
        """A new row. Raises DomainError by field."""
        full = self.defaults(values)
        if self.rules.create is not None:
            return self.rules.create(full)
        return saving.create_row(self.obj, full, self.rules)

    def update(self, row: Any, values: Values, version: int | None = None) -> None:
        """Change `row`. Raises DomainError by field, Conflict where it was saved since."""
        saving.check_version(row, version)
        if self.rules.update is not None:
            self.rules.update(row, values)
        else:
            saving.update_row(row, values, self.rules)

    def remove(self, row: Any) -> None:
        """Move to the bin, or delete where the table has none. Raises DomainError."""
        if self.rules.delete is not None:
            self.rules.delete(row)
        else:
            saving.delete_row(row)

    def restore(self, pk: int) -> Any:
        """Restore from the bin. Raises NotFound, DomainError."""
        if self.rules.restore is not None:
            return self.rules.restore(pk)
        return saving.restore_row(self.obj, pk)

    def candidates(self, relation: str, values: Values) -> Any:
        return candidates(self.obj, relation, values, self.rules)

    @property
    def has_bin(self) -> bool:
        return "deleted_at" in inspect(self.obj).columns


class Totals:
    """A capped count and sums by currency; long lists fetch the sums in a second request."""

    def __init__(
        self,
        count: int,
        sums: dict[str | None, dict[str, Any]],
        cap: int,
        *,
        is_summed: bool = True,
    ) -> None:
        self.is_capped = count > cap
        self.count = min(count, cap)
        self.sums = sums
        self.is_summed = is_summed
