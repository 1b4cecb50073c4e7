"""The figures and charts of opportunities. Source: spec 12.2."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from crm.companies.days import today
from crm.core.datamodel.buckets import Step
from crm.core.datamodel.grouping import TEAM, Group, Measure
from crm.core.models.text import format_number
from crm.opportunities.models import Opportunity
from crm.reporting.boards.charts import Chart
from crm.reporting.boards.extract import Extract
from crm.reporting.boards.keys import Filter
from crm.reporting.boards.kpis import Kpi, Source
from crm.reporting.boards.matrix import Matrix
from crm.reporting.boards.periods import Period
from crm.reporting.boards.reading import Rows

AMOUNT, WEIGHTED = Measure("sum", "amount"), Measure("sum", "weighted_amount")
MONTHLY = Measure("sum", "recurring_monthly")
CYCLE = Measure("average", "cycle_days")
SOON = 90  # days


def _open() -> Sequence[Filter]:
    return (("stage.kind", 0, ("open",)),)


def _won() -> Sequence[Filter]:
    return (("stage.kind", 0, ("won",)),)


def _lost() -> Sequence[Filter]:
    return (("stage.kind", 0, ("lost",)),)


def _closed() -> Sequence[Filter]:
    return (("stage.kind", 0, ("won", "lost")),)


def _won_with_recurring() -> Sequence[Filter]:
    return (("stage.kind", 0, ("won",)), ("recurring_amount", 4, ()))


def soon() -> Period:
    """From today on. Source: spec 12.2, "next 90 days"."""
    return Period(today(), today() + timedelta(days=SOON))


def _ending() -> Sequence[Filter]:
    until = soon()
    texts = (until.first.isoformat(), until.last.isoformat())
    return (*_won_with_recurring(), ("recurring_end_on", 5, texts))


def days(number: Decimal) -> str:
    """A number of days, rounded."""
    return _("%(number)s d", number=format_number(number, 0, 0))


def _of_any(count: int) -> str:
    return ngettext("%(num)s opportunity", "%(num)s opportunities", count)


def _of_open(count: int) -> str:
    return ngettext("%(num)s open opportunity", "%(num)s open opportunities", count)


def _of_won(count: int) -> str:
    return ngettext("%(num)s won opportunity", "%(num)s won opportunities", count)


def _of_lost(count: int) -> str:
    return ngettext("%(num)s lost opportunity", "%(num)s lost opportunities", count)


def _of_closed(count: int) -> str:
    return ngettext("%(num)s won or lost opportunity", "%(num)s won or lost opportunities", count)


def _of_ending(count: int) -> str:
    return ngettext(
        "%(num)s won opportunity whose recurring revenue ends within 90 days",
        "%(num)s won opportunities whose recurring revenue ends within 90 days",
        count,
    )


CLOSED = Source(
    Rows(Opportunity, _closed, "closed_on"), Group("stage.kind"), [AMOUNT, CYCLE]
)  # fmt: skip
RECURRING = Source(Rows(Opportunity, _won_with_recurring, "closed_on"), None, [MONTHLY])
OUTCOMES = ("won", "lost")

WON = Kpi(_l("Amount won"), CLOSED, ("won",), measure=0)
NUMBER_WON = Kpi(_l("Opportunities won"), CLOSED, ("won",))
WIN_RATE = Kpi(_l("Win rate"), CLOSED, ("won",), OUTCOMES)
WIN_RATE_BY_AMOUNT = Kpi(_l("Win rate by amount"), CLOSED, ("won",), OUTCOMES, 0)
AVERAGE_CYCLE = Kpi(_l("Average cycle"), CLOSED, ("won",), measure=1, write=days)
MONTHLY_WON = Kpi(_l("Monthly recurring revenue won"), RECURRING, measure=0)
KPIS: Sequence[Kpi] = (
    WON, NUMBER_WON, WIN_RATE, WIN_RATE_BY_AMOUNT, AVERAGE_CYCLE, MONTHLY_WON,
)  # fmt: skip


def _won_by(key: str, title: object, group: Group) -> Chart:
    return Chart(key, title, Opportunity, group, _of_won, [AMOUNT], _won, "closed_on", by_size=True)


WON_BY_MONTH = Chart(
    "won-by-month", _l("Won by month"), Opportunity, Group("closed_on", Step.MONTH), _of_won,
    [AMOUNT], _won, "closed_on", drawn=True,
)  # fmt: skip
CLOSED_BY_MONTH = Matrix(
    "closed-by-month", _l("Won and lost by month"), Opportunity, Group("closed_on", Step.MONTH),
    Group("stage.kind"), _of_closed, [AMOUNT], _closed, "closed_on", drawn=True,
)  # fmt: skip
BY_STAGE = Chart(
    "by-stage", _l("Opportunities by stage"), Opportunity, Group("stage"), _of_open,
    [AMOUNT, WEIGHTED], _open,
)  # fmt: skip
STAGE_BY_AGENCY = Matrix(
    "by-stage-and-agency", _l("Opportunities by stage and agency"), Opportunity, Group("stage"),
    Group("agency"), _of_open, [AMOUNT], _open, drawn=True, in_order=True, totals=True,
)  # fmt: skip
SOON_BY_MONTH = Chart(
    "next-90-days", _l("Pipeline of the next 90 days"), Opportunity,
    Group("expected_close_on", Step.MONTH), _of_open, [AMOUNT, WEIGHTED], _open,
    "expected_close_on", window=soon,
)  # fmt: skip
LOST_BY_REASON = Chart(
    "lost-by-reason", _l("Lost reasons"), Opportunity, Group("lost_reason"), _of_lost,
    [AMOUNT], _lost, "closed_on", by_size=True,
)  # fmt: skip
WON_BY_OWNER = _won_by("won-by-owner", _l("Opportunities won by salesperson"), Group("owner"))
WON_BY_SOURCE = _won_by("won-by-source", _l("Won by source"), Group("source"))
WON_BY_ACCOUNT = _won_by("won-by-account", _l("Won by client"), Group("account"))
WON_BY_AGENCY = _won_by("won-by-agency", _l("Won by agency"), Group("agency"))
WON_BY_TEAM = _won_by("won-by-team", _l("Won by team"), Group(TEAM))
LARGEST = Extract(
    "largest", _l("Largest open opportunities"), Opportunity,
    ("account", "stage", "expected_close_on", "amount"), ("amount", "desc"), _of_open, _open,
)  # fmt: skip
NEWEST = Extract(
    "newest", _l("Recently created"), Opportunity, ("account", "owner", "created_on", "amount"),
    ("created_on", "desc"), _of_any, dated="created_on",
)  # fmt: skip
LATEST_LOST = Extract(
    "latest-lost", _l("Recently lost"), Opportunity,
    ("account", "lost_reason", "closed_on", "amount"), ("closed_on", "desc"), _of_lost, _lost,
    "closed_on",
)  # fmt: skip
RECURRING_WON = Chart(
    "recurring-won", _l("Monthly recurring revenue won"), Opportunity,
    Group("closed_on", Step.MONTH), _of_won, [MONTHLY], _won_with_recurring, "closed_on",
)  # fmt: skip
RECURRING_ENDING = Extract(
    "recurring-ending", _l("Recurring revenue that ends within 90 days"), Opportunity,
    ("account", "owner", "recurring_end_on", "recurring_monthly"), ("recurring_start_on", "asc"),
    _of_ending, _ending, needs=("recurring_amount",),
)  # fmt: skip
CHARTS = (
    CLOSED_BY_MONTH, BY_STAGE, SOON_BY_MONTH, STAGE_BY_AGENCY, WON_BY_OWNER, WON_BY_TEAM,
    WON_BY_AGENCY, WON_BY_SOURCE, WON_BY_ACCOUNT, LOST_BY_REASON, LARGEST, NEWEST, LATEST_LOST,
    RECURRING_WON, RECURRING_ENDING,
)  # fmt: skip
