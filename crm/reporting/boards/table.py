"""The table of all boards, in the order of their menu."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from crm.core.models import Label
from crm.reporting.boards import opportunities
from crm.reporting.boards.charts import Chart


@dataclass(frozen=True)
class Board:
    """A page of charts."""

    key: str
    title: Label
    charts: Sequence[Chart]

    def open_charts(self) -> list[Chart]:
        """The charts that the actor may read."""
        return [chart for chart in self.charts if chart.is_open()]


ALL: Sequence[Board] = (Board("opportunities", _l("Opportunities"), opportunities.CHARTS),)
BOARDS: Mapping[str, Board] = {board.key: board for board in ALL}
ENTITIES = tuple(dict.fromkeys(chart.model.__entity__ for board in ALL for chart in board.charts))
