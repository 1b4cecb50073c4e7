"""The figures and charts of leads. Source: spec 12.2."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from crm.core.datamodel.buckets import Step
from crm.core.datamodel.grouping import TEAM, Group, Measure
from crm.leads.models import Lead
from crm.reporting.boards.charts import Chart
from crm.reporting.boards.keys import Filter
from crm.reporting.boards.kpis import Kpi, Source
from crm.reporting.boards.matrix import Matrix
from crm.reporting.boards.opportunities import days
from crm.reporting.boards.reading import Rows

CREATED = "received_on"  # the day of a lead, whenever it was typed (spec 4.1)
KINDS = ("open", "converted", "lost")


def _any() -> Sequence[Filter]:
    return ()


def _unassigned() -> Sequence[Filter]:
    return (("owner", 2, ()), ("status.kind", 0, ("open",)))


def _of_any(count: int) -> str:
    return ngettext("%(num)s lead", "%(num)s leads", count)


def _of_unassigned(count: int) -> str:
    return ngettext("%(num)s open lead of nobody", "%(num)s open leads of nobody", count)


RECEIVED = Source(
    Rows(Lead, _any, CREATED), Group("status.kind"), [Measure("average", "conversion_days")]
)
CREATED_LEADS = Kpi(_l("Leads created"), RECEIVED)
CONVERSION = Kpi(_l("Conversion rate"), RECEIVED, ("converted",), KINDS)
CONVERSION_TIME = Kpi(_l("Time to conversion"), RECEIVED, ("converted",), measure=0, write=days)
UNASSIGNED = Kpi(_l("Unassigned, today"), Source(Rows(Lead, _unassigned)))
KPIS: Sequence[Kpi] = (CREATED_LEADS, CONVERSION, CONVERSION_TIME, UNASSIGNED)


def _by(key: str, title: object, group: Group) -> Chart:
    return Chart(key, title, Lead, group, _of_any, dated=CREATED, by_size=True)


BY_MONTH = Chart(
    "by-month", _l("Leads created by month"), Lead, Group(CREATED, Step.MONTH), _of_any,
    dated=CREATED, drawn=True,
)  # fmt: skip
BY_STATUS = Chart(
    "by-status", _l("Leads by status"), Lead, Group("status"), _of_any, dated=CREATED
)  # fmt: skip
BY_SOURCE = _by("by-source", _l("Leads by source"), Group("source"))
BY_COUNTRY = _by("by-country", _l("Leads by country"), Group("country"))
BY_INDUSTRY = _by("by-industry", _l("Leads by industry"), Group("industry"))
BY_TEAM = Matrix(
    "by-team", _l("Leads by team and status"), Lead, Group(TEAM), Group("status"), _of_any,
    dated=CREATED, has_room=True,
)  # fmt: skip
BY_OWNER = Matrix(
    "by-owner", _l("Leads by salesperson and status"), Lead, Group("owner"), Group("status"),
    _of_any, dated=CREATED, has_room=True,
)  # fmt: skip
UNASSIGNED_BY_SOURCE = Chart(
    "unassigned", _l("Unassigned leads by source"), Lead, Group("source"), _of_unassigned,
    filters=_unassigned, by_size=True,
)  # fmt: skip
CHARTS = (
    BY_MONTH, BY_STATUS, BY_SOURCE, BY_INDUSTRY, BY_COUNTRY, UNASSIGNED_BY_SOURCE, BY_TEAM,
    BY_OWNER,
)  # fmt: skip
