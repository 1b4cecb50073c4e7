"""Rows counted, summed and averaged by groups: one statement, under the session's row filter."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_appbuilder.security.sqla.models import Group as Team
from sqlalchemy import ColumnElement, Select, case, func, inspect, null, select

from crm.core.actor import current_actor
from crm.core.datamodel.arithmetic import sum_of
from crm.core.datamodel.buckets import Step, bucket, day_of
from crm.core.datamodel.filters import key_column, made_column
from crm.core.datamodel.largest import Largest, put_together
from crm.core.datamodel.narrowing import narrowed
from crm.core.db import db
from crm.core.models import computed, kinds, spec_of
from crm.core.types import Instant

TEAM = "owner.groups"  # a row counts in each of its owner's teams


@dataclass(frozen=True)
class Group:
    """What rows are grouped by: a column, a link, `stage.kind`, TEAM; of dates, the `step`."""

    name: str
    step: Step | None = None


@dataclass(frozen=True)
class Measure:
    """What is told of a group: its "sum" or "average" of a number, by the name of its field."""

    how: str
    name: str


@dataclass(frozen=True)
class Sum:
    """The sum of a number over some rows, and how many of them have one."""

    total: Decimal = Decimal(0)
    number: int = 0

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.total + other.total, self.number + other.number)

    def value(self, how: str) -> Decimal | None:
        """The "sum" or the "average"; None where no row has a number."""
        if not self.number:
            return None
        return self.total / self.number if how == "average" else self.total


@dataclass(frozen=True)
class Grouped:
    """One group: its keys, the currency where money is measured, the number of rows, measures."""

    keys: tuple[Any, ...]
    currency: str | None
    count: int
    sums: tuple[Sum, ...] = ()
    together: int = 0  # groups beyond the largest, of which this is made


def read_groups(
    model: type[Any],
    where: Sequence[ColumnElement[bool]],
    groups: Sequence[Group | ColumnElement[Any]] = (),
    measures: Sequence[Measure] = (),
    cut: Largest | None = None,
) -> list[Grouped]:
    """The groups of the rows of `model` that the actor may read and that satisfy `where`.

    A group is told by an expression too. Without `groups` a single one for all rows; none where
    there are none. With `cut` the largest, and the others put together.
    """
    statement = grouped(model, where, groups, measures)
    if cut is not None:
        statement = put_together(statement, cut, db.session().get_bind().dialect.name)
    found = []
    for row in db.session.execute(statement):
        keys, (currency, count, *figures) = tuple(row[: len(groups)]), row[len(groups) :]
        together = figures.pop() if cut is not None else 0
        if count:
            sums = zip(figures[::2], figures[1::2], strict=True)
            each = (Sum(Decimal(total or 0), int(number)) for total, number in sums)
            found.append(Grouped(keys, currency, int(count), tuple(each), together))
    return found


def grouped(
    model: type[Any],
    where: Sequence[ColumnElement[bool]],
    groups: Sequence[Group | ColumnElement[Any]],
    measures: Sequence[Measure],
) -> Select[Any]:
    """The statement of `read_groups`: key_0 …, currency, number, sum_0, filled_0 …"""
    dialect = db.session().get_bind().dialect.name
    keys = [_key(model, group, dialect).label(f"key_{n}") for n, group in enumerate(groups)]
    currency = model.currency if _is_money(model, measures) else null()
    figures = [
        _figure(model, measure, dialect).label(f"figure_{n}") for n, measure in enumerate(measures)
    ]
    each = select(*keys, currency.label("currency"), *figures).select_from(model)
    if any(isinstance(group, Group) and group.name == TEAM for group in groups):
        members = _members()
        each = each.outerjoin(members, members.c.user_id == model.owner_id)
    if not (keys or figures):
        each = select(model.id, currency.label("currency"))
    inner = narrowed(each.where(*where), model).subquery()
    by = [inner.c[key.key] for key in keys] + ([inner.c.currency] if figures else [])
    told: list[Any] = [func.count().label("number")]
    for n, figure in enumerate(figures):
        number = inner.c[figure.key]
        told += [
            sum_of(number, dialect).label(f"sum_{n}"), func.count(number).label(f"filled_{n}"),
        ]  # fmt: skip
    shown = [*by, *told] if figures else [*by, null().label("currency"), *told]
    return select(*shown).select_from(inner).group_by(*by)


def _key(model: type[Any], group: Group | ColumnElement[Any], dialect: str) -> ColumnElement[Any]:
    if not isinstance(group, Group):
        return group
    if group.name == TEAM:
        found: ColumnElement[Any] = _members().c.group_id
        return found
    relation, dot, _rest = group.name.partition(".")
    if dot:
        return _kind(model, relation)
    if group.name in inspect(model).relationships:
        key: ColumnElement[Any] = key_column(model, group.name)
        return key
    made = made_column(model, group.name)
    column: Any = made if made is not None else getattr(model, group.name)
    if group.step is None:
        return column
    if isinstance(column.type, Instant):
        column = day_of(column, current_actor().time_zone, dialect)
    return bucket(column, group.step, dialect)


def _kind(model: type[Any], relation: str) -> ColumnElement[Any]:
    """The kind of a stage or status, which the actor knows of each."""
    known = current_actor().kinds[inspect(model).relationships[relation].mapper.local_table.name]
    key = key_column(model, relation)
    return case(*((key == pk, kind) for pk, kind in known.items()), else_=null())


def _members() -> Any:
    return inspect(Team).relationships["users"].secondary


def _figure(model: type[Any], measure: Measure, dialect: str) -> ColumnElement[Any]:
    found = getattr(model, measure.name)
    if isinstance(found, computed):
        if found.sql is None:
            raise ValueError(f"{model.__name__}.{measure.name} has no SQL to be summed by")
        return found.sql(model, dialect)
    column: ColumnElement[Any] = found
    return column


def _is_money(model: type[Any], measures: Sequence[Measure]) -> bool:
    return any(spec_of(model, one.name).kind is kinds.MONEY for one in measures)
