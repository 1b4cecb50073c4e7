"""The table of all boards, in the order of their menu."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement

from crm.core.models import Label
from crm.reporting.boards import (
    events,
    forecast_board,
    leads,
    opportunities,
    people,
    quotes,
)
from crm.reporting.boards.asked import Asked
from crm.reporting.boards.keys import Filter
from crm.reporting.boards.kpis import Kpi
from crm.reporting.boards.shown import Shown


class BoardChart(Protocol):
    """What a board places: Chart, Matrix, Extract."""

    @property
    def key(self) -> str: ...
    @property
    def title(self) -> Label: ...
    @property
    def model(self) -> type[Any]: ...
    @property
    def drawn(self) -> bool: ...
    @property
    def is_wide(self) -> bool: ...

    def is_open(self) -> bool:
        """Whether the actor may read it, and the settings show its fields."""

    def read(self, asked: Asked, extra: Sequence[ColumnElement[bool]] = ()) -> Shown:
        """It, of the rows that the actor reads and that satisfy `extra`."""


def no_filter() -> Sequence[Filter]:
    return ()


@dataclass(frozen=True)
class Board:
    """A page of figures and charts; it opens with the filters of `preset`."""

    key: str
    title: Label
    kpis: Sequence[Kpi]
    charts: Sequence[BoardChart]
    preset: Callable[[], Sequence[Filter]] = no_filter

    def open_charts(self) -> list[BoardChart]:
        """The charts that the actor may read."""
        return [chart for chart in self.charts if chart.is_open()]

    def open_kpis(self) -> list[Kpi]:
        """The figures that the actor may read."""
        return [kpi for kpi in self.kpis if kpi.is_open()]


ALL: Sequence[Board] = (
    Board("opportunities", _l("Opportunities"), opportunities.KPIS, opportunities.CHARTS),
    Board("leads", _l("Leads"), leads.KPIS, leads.CHARTS),
    Board("quotes", _l("Quotes"), quotes.KPIS, quotes.CHARTS),
    Board("events", _l("Events"), events.KPIS, events.CHARTS),
    Board("forecast", _l("Forecast"), forecast_board.KPIS, forecast_board.CHARTS),
    Board("manager", _l("Manager"), people.KPIS, people.TEAMS, people.my_teams),
    Board("salesperson", _l("Salesperson"), people.KPIS, people.OWN, people.mine),
)
BOARDS: Mapping[str, Board] = {board.key: board for board in ALL}
ENTITIES = tuple(dict.fromkeys(chart.model.__entity__ for board in ALL for chart in board.charts))
