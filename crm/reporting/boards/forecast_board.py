"""The figures and charts of the forecast."""

from collections.abc import Sequence

from crm.reporting.boards import opportunities
from crm.reporting.boards.forecast import FORECAST
from crm.reporting.boards.kpis import Kpi
from crm.reporting.boards.passages import PASSAGES
from crm.reporting.boards.recurring import RECURRING
from crm.reporting.boards.targets import TARGETS

KPIS: Sequence[Kpi] = (
    opportunities.WON, opportunities.NUMBER_WON, opportunities.WIN_RATE,
    opportunities.WIN_RATE_BY_AMOUNT, opportunities.AVERAGE_CYCLE,
)  # fmt: skip
CHARTS = (FORECAST, TARGETS, PASSAGES, opportunities.LOST_BY_REASON, RECURRING)
