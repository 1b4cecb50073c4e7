"""The figures and charts of events. Source: spec 12.2."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from crm.calendar.models import Event
from crm.core.datamodel.buckets import Step
from crm.core.datamodel.filters import NOW
from crm.core.datamodel.grouping import TEAM, Group
from crm.reporting.boards.charts import Chart
from crm.reporting.boards.keys import Filter
from crm.reporting.boards.kpis import Kpi, Source
from crm.reporting.boards.matrix import Matrix
from crm.reporting.boards.reading import Rows

STARTS = "starts_at"


def _kept() -> Sequence[Filter]:
    return (("status", 0, ("planned", "done")),)


def _held_calls() -> Sequence[Filter]:
    return (("type", 0, ("call",)), ("status", 0, ("done",)))


def _overdue() -> Sequence[Filter]:
    return (("status", 0, ("planned",)), ("ends_at", 1, (NOW,)))


def _of_kept(count: int) -> str:
    return ngettext("%(num)s planned or done event", "%(num)s planned or done events", count)


def _of_held(count: int) -> str:
    return ngettext("%(num)s call held", "%(num)s calls held", count)


def _of_overdue(count: int) -> str:
    return ngettext("%(num)s overdue event", "%(num)s overdue events", count)


KEPT = Source(Rows(Event, _kept, STARTS), Group("status"))
HELD = Source(Rows(Event, _held_calls, STARTS))
PLANNED = Kpi(_l("Planned events"), KEPT, ("planned",))
DONE = Kpi(_l("Events done"), KEPT, ("done",))
CALLS_HELD = Kpi(_l("Calls held"), HELD)
OVERDUE = Kpi(_l("Overdue, today"), Source(Rows(Event, _overdue)))
KPIS: Sequence[Kpi] = (PLANNED, DONE, CALLS_HELD, OVERDUE)

BY_MONTH = Matrix(
    "by-month", _l("Planned and done by month"), Event, Group(STARTS, Step.MONTH), Group("status"),
    _of_kept, filters=_kept, dated=STARTS, drawn=True,
)  # fmt: skip
BY_TYPE = Matrix(
    "by-type", _l("Events by type"), Event, Group("type"), Group("status"), _of_kept,
    filters=_kept, dated=STARTS,
)  # fmt: skip
BY_OWNER = Matrix(
    "by-owner", _l("Events by salesperson"), Event, Group("owner"), Group("type"), _of_kept,
    filters=_kept, dated=STARTS,
)  # fmt: skip
BY_TEAM = Matrix(
    "by-team", _l("Events by team"), Event, Group(TEAM), Group("type"), _of_kept, filters=_kept,
    dated=STARTS,
)  # fmt: skip
CALLS_BY_OWNER = Matrix(
    "calls-held", _l("Calls held by salesperson and direction"), Event, Group("owner"),
    Group("call_direction"), _of_held, filters=_held_calls, dated=STARTS,
)  # fmt: skip
OVERDUE_BY_OWNER = Chart(
    "overdue", _l("Overdue events by salesperson"), Event, Group("owner"), _of_overdue,
    filters=_overdue, by_size=True,
)  # fmt: skip
CHARTS = (BY_MONTH, BY_TYPE, CALLS_BY_OWNER, BY_OWNER, BY_TEAM, OVERDUE_BY_OWNER)
