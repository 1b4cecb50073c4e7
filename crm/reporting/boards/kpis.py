"""The figures above the charts of a board, each with what it was in the period before."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from crm.core.datamodel.grouping import Group, Measure, Sum
from crm.core.models import Label, kinds, spec_of
from crm.core.models.text import format_money, format_number, format_percent
from crm.core.rows import criteria
from crm.reporting.boards import keys
from crm.reporting.boards.asked import Asked
from crm.reporting.boards.charts import is_open
from crm.reporting.boards.keys import Filter
from crm.reporting.boards.periods import Period
from crm.reporting.boards.reading import ByGroup, Reading, Rows, Totals, added, currencies
from crm.reporting.boards.shown import NOTHING, Figure, ShownKpi, Written

HUNDRED = Decimal(100)
NO_ROWS: Totals = (0, ())


@dataclass(frozen=True)
class Source:
    """Rows that several figures are taken from, in one statement, `split` by a few values."""

    rows: Rows
    split: Group | None = None
    measures: Sequence[Measure] = ()


@dataclass(frozen=True)
class Kpi:
    """A figure: the number of rows of a source, one of its measures, or a share in per cent.

    `part` are the values of the source's split that it is about, () all. A share is that of `part`
    in `whole`. `write` says a measure that is no amount of money; `per_cent`: it is a rate itself.
    """

    label: Label
    source: Source
    part: Sequence[str] = ()
    whole: Sequence[str] | None = None
    measure: int | None = None
    write: Callable[[Decimal], str] | None = None
    per_cent: bool = False

    @property
    def is_rate(self) -> bool:
        return self.per_cent or self.whole is not None

    @property
    def model(self) -> type[Any]:
        return self.source.rows.model

    def is_open(self) -> bool:
        """Whether the actor reads rows of its table, and the settings show its fields."""
        source = self.source
        groups = [source.split] if source.split is not None else []
        measures = [source.measures[self.measure]] if self.measure is not None else []
        return is_open(self.model, groups, measures)


def read(figures: Sequence[Kpi], asked: Asked, operation: str = "") -> list[ShownKpi]:
    """The figures for the actor, of the rows that the right to `operation` reaches.

    One statement a source. Raises DomainError for a bad filter.
    """
    shown = []
    found: dict[int, _Read] = {}
    for one in figures:
        key = id(one.source)
        if key not in found:
            rows = one.source.rows
            extra = [criteria(rows.model, operation)] if operation else []
            found[key] = _Read(one.source, Reading(rows, asked, extra))
        shown.append(_Shown(one, found[key]).shown())
    return shown


@dataclass
class _Read:
    """A source with its rows, now and in the period before."""

    source: Source
    reading: Reading
    now: ByGroup = field(init=False)
    then: ByGroup = field(init=False)

    def __post_init__(self) -> None:
        source = self.source
        groups = [source.split] if source.split is not None else []
        self.now, self.then = self.reading.read(groups, source.measures)

    def sums(self, told: ByGroup, part: Sequence[str]) -> dict[str, Totals]:
        """Currency → the sums of the groups in `part`, () all."""
        return {
            currency: added([
                totals for value, totals in groups.items() if not part or str(value) in part
            ])
            for currency, groups in told.items()
        }  # fmt: skip

    def url(self, period: Period | None, part: Sequence[str], currency: str = "") -> str:
        source, reading = self.source, self.reading
        more: list[Filter] = reading.only(currency)
        if part and source.split is not None:
            among = keys.operator_of(source.rows.model, source.split.name, "in")
            more.append((source.split.name, among, tuple(part)))
        return reading.url(period, *more)


@dataclass(frozen=True)
class _Shown:
    """One figure while it is put into words."""

    kpi: Kpi
    read: _Read

    def shown(self) -> ShownKpi:
        kpi, read = self.kpi, self.read
        rows = kpi.whole if kpi.whole is not None else kpi.part
        names = self._currencies(rows)
        values = {name: self._value(read.now, name) for name in names}
        several = len(currencies(read.now)) > 1
        period = read.reading.period
        figures = [
            self._figure(name, value, read.url(period, rows, name if several else ""), rows)
            for name, value in values.items()
            if value is not None
        ]
        if kpi.whole is not None and len(figures) > 1:
            told = zip(figures, [name for name in values if values[name] is not None], strict=True)
            figures = [replace(one, text=f"{one.text} {name}") for one, name in told]
        first = next(iter(values))
        written = [self._written(name, value) for name, value in values.items()]
        shown = ShownKpi(str(kpi.label), figures or [NOTHING], written, kpi.is_rate, self._note())
        if read.reading.before is not None:
            self._compare(shown, first, values[first])
        return shown

    @property
    def is_money(self) -> bool:
        """Whether it is told for each currency apart."""
        if self.kpi.measure is None:
            return False
        measure = self.kpi.source.measures[self.kpi.measure]
        return spec_of(self.kpi.model, measure.name).kind is kinds.MONEY

    def _value(self, told: ByGroup, currency: str) -> Decimal | None:
        """None where there is nothing to tell: no row, or no whole to have a share in."""
        part = self._told(told, currency, self.kpi.part)
        if self.kpi.whole is None:
            return part
        whole = self._told(told, currency, self.kpi.whole)
        return part * HUNDRED / whole if whole and part is not None else None

    def _written(self, currency: str, value: Decimal | None) -> Written:
        kpi, read = self.kpi, self.read
        is_compared = read.reading.before is not None
        was = self._value(read.then, currency) if is_compared else None
        whole = self._told(read.now, currency, kpi.whole) if kpi.whole is not None else None
        return Written(currency, value, whole, was)

    def _told(self, told: ByGroup, currency: str, part: Sequence[str]) -> Decimal | None:
        sums = self.read.sums(told, part)
        if self.is_money:
            chosen = [sums[currency]] if currency in sums else []
        else:
            chosen = list(sums.values())
        count, found = added(chosen)
        if self.kpi.measure is None:
            return Decimal(count)
        how = self.kpi.source.measures[self.kpi.measure].how
        total = found[self.kpi.measure] if found else Sum()
        if self.is_money and how == "sum":
            return total.total
        return total.value(how)

    def _currencies(self, rows: Sequence[str]) -> list[str]:
        """Those in which it has rows, the company's first; "" of what is no money."""
        if not self.is_money:
            return [""]
        every = currencies(self.read.now)
        found = [name for name in every if self._count(name, rows)]
        return found or every[:1] or [""]

    def _count(self, currency: str, part: Sequence[str]) -> int:
        sums = self.read.sums(self.read.now, part)
        chosen = [sums.get(currency, NO_ROWS)] if self.is_money else list(sums.values())
        return sum(count for count, _sums in chosen)

    def _figure(self, currency: str, value: Decimal, url: str, part: Sequence[str]) -> Figure:
        has_rows = self._count(currency, part) > 0
        return Figure(self._text(currency, value), value, url if has_rows else "")

    def _text(self, currency: str, value: Decimal) -> str:
        if self.kpi.is_rate:
            return format_percent(value, 1)
        if self.kpi.write is not None:
            return self.kpi.write(value)
        return format_money(value, currency) if currency else format_number(value, 0, 1)

    def _note(self) -> str:
        """Of how many rows it is a share, as "12 of 19"; of several currencies nothing."""
        kpi = self.kpi
        if kpi.whole is None or self.is_money:
            return ""
        counts = [
            format_number(added(list(self.read.sums(self.read.now, part).values()))[0])
            for part in (kpi.part, kpi.whole)
        ]
        return _("%(part)s of %(whole)s", part=counts[0], whole=counts[1])

    def _compare(self, shown: ShownKpi, currency: str, value: Decimal | None) -> None:
        """What it was before, with the difference: in per cent of money, else in itself."""
        was = self._value(self.read.then, currency)
        if was is None or value is None:
            shown.change = _("was %(value)s", value=NOTHING.text)
            if was is not None:
                shown.change = _("was %(value)s", value=self._text(currency, was))
            return
        before = _("was %(value)s", value=self._text(currency, was))
        change = value - was
        difference = self._difference(change, was)
        if not change or (difference and not re.search("[1-9]", difference)):  # once rounded
            shown.change = before
            return
        shown.trend = "up" if change > 0 else "down"
        shown.change = f"{difference}, {before}" if difference else before

    def _difference(self, change: Decimal, was: Decimal) -> str:
        sign = "+" if change > 0 else ""
        if self.kpi.is_rate:
            points = sign + format_number(round(change, 1), 0, 1)
            return _("%(number)s points", number=points)
        if self.is_money:
            return sign + format_percent(change * HUNDRED / was, 1) if was else ""
        text = self.kpi.write(change) if self.kpi.write is not None else format_number(change, 0, 1)
        return sign + text
