"""The groups of a chart in words and in order, and the filter that a list finds their rows by."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.dates import format_date
from flask_appbuilder.security.sqla.models import Group as Team
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import inspect, select

from crm.core.datamodel.buckets import Step, first_day, last_day
from crm.core.datamodel.filters import filter_spec
from crm.core.datamodel.grouping import TEAM, Group, Measure
from crm.core.db import db
from crm.core.models import Label, Reference, Spec, spec_of, target_of
from crm.core.models.locale import locale
from crm.core.rows import linkable
from crm.core.views.display import hue_of, initials, status_glyph
from crm.reporting.boards.periods import Period, written

Filter = tuple[str, int, tuple[str, ...]]  # field, operator, values: as in the address of a list

UNSET: Mapping[str, Label] = {"agency": _l("No agency"), TEAM: _l("No team")}
MOST_PARTS = 120  # of time, to be shown without any row
PART_DAYS = {Step.DAY: 1, Step.WEEK: 7, Step.MONTH: 30, Step.QUARTER: 91, Step.YEAR: 365}
SHORT = {Step.DAY: "d/M", Step.WEEK: "d/M", Step.MONTH: "LLL"}


@dataclass(frozen=True)
class Key:
    """A group: its value, what it is called, and its filter."""

    value: Any
    label: str
    filter: Filter
    sign: str = ""
    hue: str = ""
    short: str = ""  # as an axis says it, where it is shorter
    initials: str = ""  # of a person
    is_known: bool = True  # to the reader


def operator_of(model: type[Any], name: str, *keys: str) -> int:
    """The number of the first of these operators that the filter `name` has."""
    offered = [one.key for one in filter_spec(model, name).kind.operators]
    return next(offered.index(key) for key in keys if key in offered)


def keys_of(
    model: type[Any], group: Group, values: Iterable[Any], period: Period | None
) -> list[Key]:
    """The groups with these values, in the order of a vocabulary or of time, None last.

    Of a date that `period` bounds, the empty months between are there too.
    """
    found = set(values)
    filled = found - {None}
    if group.step is not None:
        keys = _dates(model, group, group.step, filled, period)
    elif group.name == TEAM:
        keys = _rows(model, group, Team, filled)
    elif group.name in inspect(model).relationships:
        keys = _rows(model, group, target_of(model, group.name), filled)
    else:
        keys = _choices(model, group, filled)
    return [*keys, unset(model, group)] if None in found else keys


def unset(model: type[Any], group: Group) -> Key:
    """The group of the rows without a value."""
    label = UNSET.get(group.name) or filter_spec(model, group.name).unset or _("Not filled in")
    return Key(None, str(label), (group.name, operator_of(model, group.name, "empty"), ()))


def _dates(
    model: type[Any], group: Group, step: Step, found: set[date], period: Period | None
) -> list[Key]:
    between = operator_of(model, group.name, "between")
    bounds = [period.first, period.last] if period is not None else [*found]
    keys = []
    for day in _parts(bounds, found, step):
        end = last_day(day, step)
        first = max(day, period.first) if period is not None else day
        last = min(end, period.last) if period is not None else end
        texts = (first.isoformat(), last.isoformat())
        short = format_date(day, SHORT[step], locale=locale()) if step in SHORT else ""
        keys.append(Key(day, written(day, step), (group.name, between, texts), short=short))
    return keys


def _parts(bounds: Sequence[date], found: Iterable[date], step: Step) -> list[date]:
    """The first days of the parts; those between are left out where they would be very many."""
    if not bounds:
        return []
    first, last = min(bounds), max(bounds)
    if (last - first).days > MOST_PARTS * PART_DAYS[step]:
        return sorted(found)
    parts, day = [], first_day(first, step)
    while day <= last:
        parts.append(day)
        day = _after(last_day(day, step))
    return parts


def _after(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _rows(model: type[Any], group: Group, target: type[Any], found: set[int]) -> list[Key]:
    """Rows of another table; of a vocabulary in its order, of others by name."""
    named = select(target).where(target.id.in_(found))
    if target is Team:  # people have their names on the rows, their teams have not
        named = named.where(linkable(Team))
    rows = db.session.scalars(named).unique().all()
    known = {row.id: row for row in rows}
    among = operator_of(model, group.name, "in")

    def place(pk: int) -> tuple[Any, ...]:
        row = known.get(pk)
        position = row.position if isinstance(row, Reference) else 0
        return row is None, position, str(row or "").casefold(), pk

    return [
        _row(pk, known.get(pk), (group.name, among, (str(pk),))) for pk in sorted(found, key=place)
    ]


def _row(pk: int, row: Any, narrowed: Filter) -> Key:
    """A row as a group: of a stage or status with its sign, of a person with initials."""
    if row is None:
        return Key(pk, _("Not available"), narrowed, is_known=False)
    if isinstance(row, User):
        return Key(pk, str(row), narrowed, hue=hue_of(pk), initials=initials(str(row)))
    sign = status_glyph(row) if hasattr(row, "outcome_glyphs") else ""
    return Key(pk, str(row), narrowed, sign, row.hue or "" if sign else "")


def _choices(model: type[Any], group: Group, found: set[Any]) -> list[Key]:
    spec = filter_spec(model, group.name)
    among = operator_of(model, group.name, "in", "eq")
    order = list(spec.choices or {})
    texts = {value: _text(value) for value in found}

    def place(value: Any) -> tuple[int, str]:
        text = texts[value]
        return (order.index(text) if text in order else len(order), text)

    return [
        Key(value, _words(spec, value, texts[value]), (group.name, among, (texts[value],)))
        for value in sorted(found, key=place)
    ]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(getattr(value, "value", value))


def _words(spec: Spec, value: Any, text: str) -> str:
    if spec.choices and text in spec.choices:
        return str(spec.choices[text])
    return spec.write(value)


def label_of(model: type[Any], group: Group) -> str:
    """The head of the column of a group."""
    if group.name == TEAM:
        return _("Team")
    if group.step is Step.MONTH:
        return _("Month")
    relation = group.name.partition(".")[0]
    return str(spec_of(model, relation).label)


def measure_label(model: type[Any], measure: Measure) -> str:
    """The head of the column of a measure."""
    label = str(spec_of(model, measure.name).label)
    return _("%(field)s, average", field=label) if measure.how == "average" else label


def other(model: type[Any], group: Group, shown: Sequence[Key]) -> Filter:
    """The filter of the rows in none of the groups shown."""
    texts = tuple(text for key in shown for text in key.filter[2] or ("none",))
    return group.name, operator_of(model, group.name, "not_in"), texts
