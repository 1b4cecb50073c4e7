"""The figures of the follow-up as the template places them, each with the list of its rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask import url_for
from flask_babel import gettext as _

from crm.accounts.models import Account
from crm.core.actor import current_actor
from crm.core.models import spec_of
from crm.core.models.text import format_percent
from crm.core.views.address import ListAddress
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from crm.reporting.boards.asked import address, merged
from crm.reporting.boards.keys import Filter, Key, keys_of
from crm.reporting.boards.shown import NOTHING, Figure, counted, money
from crm.reporting.pipeline.choice import Choice
from crm.reporting.pipeline.figures import AGENCY, STAGE, Cell, Figures, Part, measures

CONVERTED: Filter = ("status.kind", 0, ("converted",))


@dataclass(frozen=True)
class Box:
    """A figure, in further currencies too; `note` explains it."""

    figures: Sequence[Figure]
    note: str = ""


@dataclass(frozen=True)
class Kpi:
    """A figure of the strip."""

    label: str
    box: Box


@dataclass(frozen=True)
class Row:
    """A row of a table; `share` is the length of its bar, of 100."""

    label: str
    boxes: Sequence[Box]
    share: Decimal | None = None
    is_unset: bool = False
    bar_url: str = ""


@dataclass(frozen=True)
class Table:
    """A table whose first column names the rows and whose last row adds them up."""

    key: str
    title: str
    head: Sequence[str]
    rows: Sequence[Row]
    total: Row
    has_bars: bool = False
    csv_url: str = ""


@dataclass(frozen=True)
class FollowUpTables:
    """The strip and the tables of a choice, each figure with the address of its list."""

    choice: Choice
    figures: Figures

    def url(self, part: Part, *more: Filter) -> str:
        """The list of the rows of `part` that satisfy `more`."""
        filters = merged(part.filters, more)
        if part.model is not Account:
            return address(part.view, filters)
        together = url_for("ReportingView.pipeline_accounts")
        return ListAddress(part.view.key, together, filters).url()

    def number(self, part: Part, cell: Cell, *more: Filter) -> Box:
        return Box([counted(cell.count, self.url(part, *more))])

    def sums(self, part: Part, cell: Cell, at: int, *more: Filter) -> Box:
        """The measure number `at`, one figure a currency."""
        found = []
        for currency in currencies(cell):
            url = self.url(part, *more, ("currency", 0, (currency,)))
            found.append(money(cell.sums[currency][at].value("sum"), currency, url))
        return Box([one for one in found if one is not NOTHING] or [NOTHING])

    # The strip ──────────────────────────────────────────────────────────────────────────────────

    def strip(self) -> list[Kpi]:
        """The figures of all rows."""
        now = self.figures
        found = [Kpi(str(self.choice.subject.title), self.number(now.records, now.records.total()))]
        if now.opportunities is not None:
            found += self._sales(now.opportunities)
        if self.choice.subject.model is Lead:
            return [*found, Kpi(_("Conversion rate"), self._rate())]
        if now.events is not None:
            found.append(Kpi(_("Events"), self.number(now.events, now.events.total())))
        return found

    def _sales(self, part: Part) -> list[Kpi]:
        total = part.total()
        money_ = [Kpi(label, self.sums(part, total, at)) for at, label in enumerate(_labels())]
        return [Kpi(_("Opportunities"), self.number(part, total)), *money_]

    def _rate(self) -> Box:
        """Converted ÷ all leads."""
        part, converted = self.figures.records, self.figures.converted()
        count = part.total().count
        if not count:
            return Box([NOTHING])
        rate = Decimal(converted) * 100 / count
        url = self.url(part, CONVERTED) if converted else ""
        text = format_percent(round(rate, 1))
        return Box(
            [Figure(text, rate, url)], _("%(part)s of %(whole)s", part=converted, whole=count)
        )

    def tables(self) -> list[Table]:
        """The tables of what is managed, and of what there is."""
        by_agency, part = current_actor().is_enabled("manage_agencies"), self.figures.opportunities
        found = [self.agencies()] if by_agency else []
        if part is not None and part.found:
            found.append(self.stages(part, by_agency=by_agency))
        return found

    def totals(self) -> Table:
        """The figures of all rows, as a table without any."""
        head = [str(self.choice.subject.title), *self._head()]
        return Table("totals", _("Total"), head, [], Row(_("Total"), self._boxes((), None)))

    # Per agency ─────────────────────────────────────────────────────────────────────────────────

    def agencies(self) -> Table:
        """Records, opportunities and events by their own agency."""
        now = self.figures
        parts = [one for one in (now.records, now.opportunities, now.events) if one is not None]
        values = {key[0] for part in parts for key in part.by(AGENCY)}
        keys = keys_of(Opportunity, AGENCY, values, None)
        largest = max((self._size(key) for key in keys), default=Decimal(0))
        rows = [self._agency(key, largest) for key in keys]
        head = [_("Agency"), *self._head()]
        return Table(
            "agencies", _("By agency"), head, rows, Row(_("Total"), self._boxes((), None)), True
        )

    def _agency(self, key: Key, largest: Decimal) -> Row:
        boxes = self._boxes((key.filter,), key)
        part = self._amounts or self.figures.records
        url = self.url(part, key.filter) if _cell(part, key).count else ""
        return Row(key.label, boxes, self._share(key, largest), key.value is None, url)

    def _head(self) -> Iterable[str]:
        now = self.figures
        yield str(self.choice.subject.title)
        if now.opportunities is not None:
            yield from (_("Opportunities"), *_labels())
        if now.events is not None:
            yield _("Events")

    def _boxes(self, more: Sequence[Filter], key: Key | None) -> list[Box]:
        now = self.figures
        boxes = [self.number(now.records, _cell(now.records, key), *more)]
        if now.opportunities is not None:
            cell = _cell(now.opportunities, key)
            boxes.append(self.number(now.opportunities, cell, *more))
            boxes += [
                self.sums(now.opportunities, cell, at, *more) for at, _one in enumerate(measures())
            ]
        if now.events is not None:
            boxes.append(self.number(now.events, _cell(now.events, key), *more))
        return boxes

    @property
    def _amounts(self) -> Part | None:
        """The opportunities, where their amounts are what the bars say; else it is the records."""
        part = self.figures.opportunities
        return part if part is not None and part.found and _amount(part, part.total()) else None

    def _size(self, key: Key) -> Decimal:
        """What a bar says: the amount in the first currency, without amounts the records."""
        part = self._amounts
        if part is None:
            return Decimal(_cell(self.figures.records, key).count)
        return _amount(part, _cell(part, key))

    def _share(self, key: Key, largest: Decimal) -> Decimal:
        return round(self._size(key) * 100 / largest, 1) if largest else Decimal(0)

    # By stage ───────────────────────────────────────────────────────────────────────────────────

    def stages(self, part: Part, *, by_agency: bool) -> Table:
        """Opportunities by stage, and their amounts in each agency."""
        stages = keys_of(Opportunity, STAGE, {key[0] for key in part.by(STAGE)}, None)
        found = {key[0] for key in part.by(AGENCY)} if by_agency else set()
        agencies = keys_of(Opportunity, AGENCY, found, None)
        rows = [Row(key.label, self._stage(part, key, agencies)) for key in stages]
        head = [_("Stage"), _("Number"), *(key.label for key in agencies), _("Total")]
        total = Row(_("Total"), self._stage(part, None, agencies))
        return Table("stages", _("Opportunities by stage"), head, rows, total)

    def _stage(self, part: Part, stage: Key | None, agencies: Sequence[Key]) -> list[Box]:
        more = [stage.filter] if stage is not None else []
        all_ = part.by(STAGE)[(stage.value,)] if stage is not None else part.total()
        boxes = [self.number(part, all_, *more)]
        for agency in agencies:
            cell = _crossed(part, stage, agency)
            boxes.append(self._counted(part, cell, *more, agency.filter))
        return [*boxes, self.sums(part, all_, 0, *more)]

    def _counted(self, part: Part, cell: Cell, *more: Filter) -> Box:
        """The amounts, and of how many opportunities."""
        box = self.sums(part, cell, 0, *more)
        return Box([*box.figures, *self.number(part, cell, *more).figures]) if cell.count else box


def _labels() -> list[str]:
    return [str(spec_of(Opportunity, one.name).label) for one in measures()]


def _amount(part: Part, cell: Cell) -> Decimal:
    """In the first currency of the part."""
    sums = cell.sums.get(currencies(part.total())[0])
    return (sums[0].value("sum") or Decimal(0)) if sums else Decimal(0)


def _cell(part: Part, agency: Key | None) -> Cell:
    if agency is None:
        return part.total()
    return part.by(AGENCY).get((agency.value,), Cell())


def _crossed(part: Part, stage: Key | None, agency: Key) -> Cell:
    if stage is None:
        return _cell(part, agency)
    return part.by(STAGE, AGENCY).get((stage.value, agency.value), Cell())


def currencies(cell: Cell) -> list[str]:
    """The company's currency first, then those with the most rows."""
    company = current_actor().company
    first = company.currency if company is not None else ""
    return sorted(cell.sums, key=lambda one: (one != first, -cell.counts[one], one))
