"""The figures and charts of quotes. Source: spec 12.2."""

from collections.abc import Sequence
from datetime import timedelta

from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from crm.companies.days import today
from crm.core.datamodel.grouping import Group, Measure
from crm.quotes.models import Quote, QuoteStatus
from crm.quotes.models.status import UNANSWERED
from crm.reporting.boards.charts import Chart
from crm.reporting.boards.extract import Extract
from crm.reporting.boards.keys import Filter
from crm.reporting.boards.kpis import Kpi, Source
from crm.reporting.boards.reading import Rows

EXCL = Measure("sum", "total_excl")
# Those that ended with an answer, or with none in time.
ANSWERED = (QuoteStatus.ACCEPTED.value, QuoteStatus.REFUSED.value, QuoteStatus.EXPIRED.value)
OFFERED = (*(status.value for status in UNANSWERED), *ANSWERED)
SOON = 7  # days, as the list of quotes that expire


def _any() -> Sequence[Filter]:
    return ()


def _offered() -> Sequence[Filter]:
    return (("status", 0, OFFERED),)


def _expiring() -> Sequence[Filter]:
    days = (today().isoformat(), (today() + timedelta(days=SOON)).isoformat())
    return (("status", 0, tuple(status.value for status in UNANSWERED)), ("valid_until", 5, days))


def _of_any(count: int) -> str:
    return ngettext("%(num)s quote", "%(num)s quotes", count)


def _of_offered(count: int) -> str:
    return ngettext("%(num)s finalised quote", "%(num)s finalised quotes", count)


def _of_expiring(count: int) -> str:
    return ngettext(
        "%(num)s quote expires within a week", "%(num)s quotes expire within a week", count
    )


ISSUED = Source(
    Rows(Quote, _offered, "issued_on"), Group("status"),
    [EXCL, Measure("average", "discount_rate")],
)  # fmt: skip
QUOTED = Kpi(_l("Quoted, excl. tax"), ISSUED, measure=0)
NUMBER = Kpi(_l("Finalised quotes"), ISSUED)
ACCEPTANCE = Kpi(_l("Acceptance rate"), ISSUED, (QuoteStatus.ACCEPTED.value,), ANSWERED)
DISCOUNT = Kpi(_l("Average discount"), ISSUED, measure=1, per_cent=True)
EXPIRING = Kpi(_l("Expiring within a week"), Source(Rows(Quote, _expiring)))
KPIS: Sequence[Kpi] = (QUOTED, NUMBER, ACCEPTANCE, DISCOUNT, EXPIRING)

BY_STATUS = Chart(
    "by-status", _l("Quotes by status"), Quote, Group("status"), _of_any, [EXCL], _any,
    "issued_on",
)  # fmt: skip
BY_OWNER = Chart(
    "by-owner", _l("Quotes by salesperson"), Quote, Group("owner"), _of_offered,
    [EXCL, Measure("average", "discount_rate")], _offered, "issued_on", by_size=True,
)  # fmt: skip
SOON_EXPIRED = Extract(
    "expiring", _l("Quotes that expire within a week"), Quote,
    ("account", "owner", "valid_until", "total_excl"), ("valid_until", "asc"), _of_expiring,
    _expiring,
)  # fmt: skip
CHARTS = (BY_STATUS, BY_OWNER, SOON_EXPIRED)
