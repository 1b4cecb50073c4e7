"""The figures of the follow-up: one grouped statement a table, under the row filter."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement

from crm.calendar.models import Event
from crm.core.actor import current_actor
from crm.core.datamodel.grouping import Group, Grouped, Measure, Sum, read_groups
from crm.core.rows import criteria
from crm.leads.models import Lead, LeadStatusKind
from crm.opportunities.models import Opportunity
from crm.reporting.boards.asked import list_view, wheres
from crm.reporting.boards.keys import Filter
from crm.reporting.pipeline.choice import Choice

AGENCY, STAGE, STATUS = Group("agency"), Group("stage"), Group("status.kind")
MONTHLY = "recurring_monthly"


@dataclass
class Cell:
    """Some rows: how many, and what their measures come to in each currency."""

    count: int = 0
    counts: Counter[str] = field(default_factory=Counter)  # by currency
    sums: dict[str, tuple[Sum, ...]] = field(default_factory=dict)

    def add(self, found: Grouped) -> None:
        self.count += found.count
        currency = found.currency or ""
        self.counts[currency] += found.count
        so_far = self.sums.get(currency, tuple(Sum() for _one in found.sums))
        self.sums[currency] = tuple(a + b for a, b in zip(so_far, found.sums, strict=True))


@dataclass(frozen=True)
class Part:
    """The rows of one table: its list, its filters, and cells by keys; None as a key: no value."""

    model: type[Any]
    view: Any
    filters: Sequence[Filter]
    where: Sequence[ColumnElement[bool]]
    groups: Sequence[Group]
    found: Sequence[Grouped]

    def total(self) -> Cell:
        return _sum(self.found)

    def by(self, *groups: Group) -> Mapping[tuple[Any, ...], Cell]:
        """The keys of `groups`, each with its cell."""
        at = [self.groups.index(group) for group in groups]
        cells: dict[tuple[Any, ...], Cell] = defaultdict(Cell)
        for one in self.found:
            cells[tuple(one.keys[n] for n in at)].add(one)
        return cells


def _sum(found: Iterable[Grouped]) -> Cell:
    cell = Cell()
    for one in found:
        cell.add(one)
    return cell


@dataclass(frozen=True)
class Figures:
    """The records, and their opportunities and events where the actor may read any."""

    records: Part
    opportunities: Part | None
    events: Part | None

    def part(self, tab: str) -> Part:
        """The rows of a tab, the records where there is no such tab."""
        found = {"opportunities": self.opportunities, "events": self.events}.get(tab)
        return found or self.records

    def converted(self) -> int:
        """How many of the leads became clients or prospects."""
        return self.records.by(STATUS).get((LeadStatusKind.CONVERTED,), Cell()).count


def measures() -> list[Measure]:
    """What is summed of opportunities; the recurring revenue while it is managed."""
    more = [MONTHLY] if current_actor().is_enabled("manage_recurring") else []
    return [Measure("sum", name) for name in ("amount", "weighted_amount", *more)]


def read_figures(choice: Choice, *, exported: bool = False) -> Figures:
    """The figures of the rows that the actor may read, or may export."""
    subject = choice.subject
    filters = subject.records(choice.filters, choice.period)
    where = [*subject.where(filters), *_within(subject.model, exported=exported)]
    groups = [AGENCY, STATUS] if subject.model is Lead else [AGENCY]
    found = read_groups(subject.model, where, groups)
    return Figures(
        Part(subject.model, subject.view(), filters, where, groups, found),
        _related(choice, Opportunity, [AGENCY, STAGE], measures(), exported=exported),
        _related(choice, Event, [AGENCY], (), exported=exported),
    )


def _related(
    choice: Choice,
    model: type[Any],
    groups: Sequence[Group],
    measured: Sequence[Measure],
    *,
    exported: bool,
) -> Part | None:
    view = list_view(model)
    if view is None or (exported and not view.can("export")):
        return None
    filters = choice.subject.related(model, choice.filters, choice.period)
    where = [*view.base_conditions(), *wheres(model, filters), *_within(model, exported=exported)]
    return Part(model, view, filters, where, groups, read_groups(model, where, groups, measured))


def _within(model: type[Any], *, exported: bool) -> Sequence[ColumnElement[bool]]:
    return [criteria(model, "export")] if exported else []
