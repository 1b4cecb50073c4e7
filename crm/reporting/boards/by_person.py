"""Everybody's day and month in one table: one grouped statement a table of the database.

A row counts in every column whose conditions it satisfies: the groups are told by the sum of a
power of two for each. Source: spec 9.6, picture 36.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from sqlalchemy import ColumnElement, and_, case, or_

from crm.calendar.models import Event
from crm.core.datamodel.grouping import Group, Grouped, Measure, Sum, read_groups
from crm.core.models import Label
from crm.core.rows import criteria
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from crm.reporting.boards import keys
from crm.reporting.boards.asked import Asked, conditions, list_view
from crm.reporting.boards.charts import is_open
from crm.reporting.boards.head import OfOpportunities
from crm.reporting.boards.keys import Filter, Key
from crm.reporting.boards.reading import Reading, Rows, Totals, added, currencies
from crm.reporting.boards.shown import Figure, Line, Section, Shown, counted, money

OWNER = Group("owner")
AMOUNT = Measure("sum", "amount")
MOST = 15  # people; the others are one line
NOTHING: Totals = (0, ())


def _today() -> Sequence[Filter]:
    return (("status", 0, ("planned", "done")), ("starts_at", 5, ("today", "today")))


def _overdue() -> Sequence[Filter]:
    return (("status", 0, ("planned",)), ("ends_at", 1, ("now",)))


def _unanswered() -> Sequence[Filter]:
    return (("status.kind", 0, ("open",)), ("last_event_at", 3, ()))


def _idle() -> Sequence[Filter]:
    return (("stage.kind", 0, ("open",)), ("next_event_at", 3, ()))


def _open() -> Sequence[Filter]:
    return (("stage.kind", 0, ("open",)),)


def _won() -> Sequence[Filter]:
    return (("stage.kind", 0, ("won",)),)


@dataclass(frozen=True)
class Column:
    """A figure of each person: how many rows, or the amounts of these, a column a currency."""

    label: Label
    rows: Rows
    measure: Measure | None = None
    tone: str = ""  # of any number but 0


COLUMNS: Sequence[Column] = (
    Column(_l("Events today"), Rows(Event, _today)),
    Column(_l("Overdue"), Rows(Event, _overdue), tone="bad"),
    Column(_l("Leads without answer"), Rows(Lead, _unanswered), tone="warn"),
    Column(_l("Without next step"), Rows(Opportunity, _idle), tone="warn"),
    Column(_l("Open"), Rows(Opportunity, _open), AMOUNT),
    Column(_l("Amount won"), Rows(Opportunity, _won, "closed_on"), AMOUNT),
)


@dataclass
class ShownColumn:
    """A column for its reader: the totals of each person, by currency, "" where it counts."""

    column: Column
    reading: Reading
    found: dict[str, dict[Any, Totals]]

    def names(self) -> list[str]:
        """The currencies of its columns; one without a name where it counts."""
        return currencies(self.found) if self.column.measure is not None else [""]

    def figure(self, currency: str, people: Iterable[Any] | None, *more: Filter) -> Figure:
        """The figure of these people, or of all, whose list `more` narrows."""
        by_person = self.found.get(currency, {})
        wanted = by_person if people is None else people
        count, sums = added([by_person.get(one, NOTHING) for one in wanted])
        reading = self.reading
        url = reading.url(reading.period, *reading.only(currency), *more)
        if self.column.measure is not None:
            return money(sums[0].value("sum") if sums else None, currency, url)
        shown = counted(count, url)
        return Figure(shown.text, count, shown.url, not count, tone=self.column.tone * bool(count))


@dataclass(frozen=True)
class ByPerson(OfOpportunities):
    """The table of everybody whose records the actor reads."""

    def read(self, asked: Asked, extra: Sequence[ColumnElement[bool]] = ()) -> Shown:
        """It, of the rows that the actor reads; with any `extra`, of those they may export.

        `extra` is about opportunities, and this is about other tables too, so that each has its
        own. Raises DomainError for an invalid filter.
        """
        told = [
            one
            for model in dict.fromkeys(column.rows.model for column in COLUMNS)
            for one in _told(model, asked, is_exported=bool(extra))
        ]
        people = {pk for one in told for each in one.found.values() for pk in each}
        found, others = _shown_people(told, people)
        lines = [_line(told, key.label, [key.value], key) for key in found]
        if others:
            label = ngettext("%(num)s other", "%(num)s others", len(others))
            lines.append(_line(told, label, others, None, found))
        total = _line(told, _("Total"), None, None)
        count = len(people - {None})
        sections = [Section("", "", lines, total)] if lines else []
        head = [_("Salesperson"), *_head(told)]
        caption = _caption(told, count)
        return Shown(self.key, str(self.title), head, sections, caption, count, has_bars=False)


def _told(model: type[Any], asked: Asked, *, is_exported: bool) -> list[ShownColumn]:
    """The columns of one table of the database, which the actor may open, in one statement."""
    columns = [one for one in COLUMNS if one.rows.model is model]
    columns = [one for one in columns if is_open(model, [OWNER], _measures([one]))]
    if not columns or (is_exported and not list_view(model).can("export")):
        return []
    told = [ShownColumn(one, Reading(one.rows, asked), {}) for one in columns]
    wheres = [_where(one.reading) for one in told]
    parts = [case((where, 2**n), else_=0) for n, where in enumerate(wheres)]
    mask: Any = sum(parts[1:], parts[0])
    extra = [criteria(model, "export")] if is_exported else []
    for row in read_groups(model, [or_(*wheres), *extra], [OWNER, mask], _measures(columns)):
        for n, one in enumerate(told):
            if row.keys[1] >> n & 1:
                _add(one, row)
    return told


def _measures(columns: Sequence[Column]) -> list[Measure]:
    return list(dict.fromkeys(one.measure for one in columns if one.measure is not None))


def _where(reading: Reading) -> ColumnElement[bool]:
    bound = [reading.bound(reading.period)] if reading.period is not None else []
    return and_(*conditions(reading.view, [*reading.filters, *bound]))


def _add(told: ShownColumn, row: Grouped) -> None:
    measured = told.column.measure is not None
    by_person = told.found.setdefault((row.currency or "") if measured else "", {})
    sums: tuple[Sum, ...] = row.sums if measured else ()
    person = row.keys[0]
    by_person[person] = added([by_person.get(person, NOTHING), (row.count, sums)])


def _shown_people(told: Sequence[ShownColumn], people: set[Any]) -> tuple[list[Key], list[Any]]:
    """Those with a line of their own, by name; and the others, who have the least."""
    wanted = sorted(people, key=lambda pk: (_size(told, pk), str(pk)))
    shown = wanted[:MOST] if len(wanted) > MOST + 1 else wanted
    return keys.keys_of(Opportunity, OWNER, shown, None), wanted[len(shown) :]


def _size(told: Sequence[ShownColumn], person: Any) -> tuple[Decimal, int]:
    """Less than others' for who has more: money in the company's currency, then rows."""
    amount, count = Decimal(0), 0
    for one in told:
        for currency, by_person in one.found.items():
            rows, sums = by_person.get(person, NOTHING)
            count += rows
            if sums and currency == one.names()[0]:
                amount += sums[0].value("sum") or Decimal(0)
    return -amount, -count


def _line(
    told: Sequence[ShownColumn],
    label: str,
    people: Sequence[Any] | None,
    key: Key | None,
    shown: Sequence[Key] = (),
) -> Line:
    """The figures of these people; without a `key` of all but those `shown`."""
    figures = []
    for one in told:
        model = one.column.rows.model
        more = [key.filter] if key is not None else []
        more += [keys.other(model, OWNER, shown)] if shown else []
        figures += [one.figure(currency, people, *more) for currency in one.names()]
    if key is None:
        return Line(label, figures)
    is_unset = key.value is None
    return Line(label, figures, is_unset=is_unset, hue=key.hue, initials=key.initials)


def _head(told: Sequence[ShownColumn]) -> Iterable[str]:
    for one in told:
        names, period = one.names(), one.reading.period
        label = f"{one.column.label}, {period}" if period is not None else str(one.column.label)
        for currency in names:
            yield label if len(names) == 1 else f"{label}, {currency}"


def _caption(told: Sequence[ShownColumn], count: int) -> str:
    """How many people there are, and what their rows are filtered by."""
    said = ngettext("%(num)s person", "%(num)s people", count)
    return told[0].reading.words(said) if told else f"{said}."
