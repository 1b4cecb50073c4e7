"""The charts of opportunities. Source: spec 12.2."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from crm.core.datamodel.buckets import Step
from crm.core.datamodel.grouping import Group, Measure
from crm.opportunities.models import Opportunity
from crm.reporting.boards.charts import Chart
from crm.reporting.boards.keys import Filter

AMOUNT, WEIGHTED = Measure("sum", "amount"), Measure("sum", "weighted_amount")


def _open() -> Sequence[Filter]:
    return (("stage.kind", 0, ("open",)),)


def _won() -> Sequence[Filter]:
    return (("stage.kind", 0, ("won",)),)


def _lost() -> Sequence[Filter]:
    return (("stage.kind", 0, ("lost",)),)


def _of_open(count: int) -> str:
    return ngettext("%(num)s open opportunity", "%(num)s open opportunities", count)


def _of_won(count: int) -> str:
    return ngettext("%(num)s won opportunity", "%(num)s won opportunities", count)


def _of_lost(count: int) -> str:
    return ngettext("%(num)s lost opportunity", "%(num)s lost opportunities", count)


WON_BY_MONTH = Chart(
    "won-by-month", _l("Won by month"), Opportunity, Group("closed_on", Step.MONTH), _of_won,
    [AMOUNT], _won, "closed_on", drawn=True,
)  # fmt: skip
BY_STAGE = Chart(
    "by-stage", _l("Open opportunities by stage"), Opportunity, Group("stage"), _of_open,
    [AMOUNT, WEIGHTED], _open,
)  # fmt: skip
LOST_BY_REASON = Chart(
    "lost-by-reason", _l("Lost reasons"), Opportunity, Group("lost_reason"), _of_lost,
    [AMOUNT], _lost, "closed_on", by_size=True,
)  # fmt: skip
WON_BY_OWNER = Chart(
    "won-by-owner", _l("Won by salesperson"), Opportunity, Group("owner"), _of_won,
    [AMOUNT], _won, "closed_on", by_size=True,
)  # fmt: skip
WON_BY_AGENCY = Chart(
    "won-by-agency", _l("Won by agency"), Opportunity, Group("agency"), _of_won,
    [AMOUNT], _won, "closed_on", by_size=True,
)  # fmt: skip
CHARTS: Sequence[Chart] = (
    WON_BY_MONTH, BY_STAGE, LOST_BY_REASON, WON_BY_OWNER, WON_BY_AGENCY,
)  # fmt: skip
