"""The boards of a team and of a salesperson, chosen from the others. Source: spec 12.2."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l

from crm.core.actor import current_actor
from crm.core.datamodel.filters import ME
from crm.core.datamodel.grouping import TEAM
from crm.reporting.boards import events, leads, opportunities, quotes
from crm.reporting.boards.by_person import ByPerson
from crm.reporting.boards.keys import Filter
from crm.reporting.boards.kpis import Kpi

KPIS: Sequence[Kpi] = (
    opportunities.WON, opportunities.NUMBER_WON, opportunities.WIN_RATE,
    opportunities.AVERAGE_CYCLE, leads.CREATED_LEADS, events.CALLS_HELD,
)  # fmt: skip
BY_PERSON = ByPerson("by-person", _l("The team, today"), has_room=True)
TEAMS = (
    BY_PERSON, opportunities.WON_BY_MONTH, opportunities.BY_STAGE, opportunities.WON_BY_OWNER,
    opportunities.SOON_BY_MONTH, opportunities.LOST_BY_REASON, opportunities.WON_BY_AGENCY,
    opportunities.LARGEST, leads.BY_OWNER, events.CALLS_BY_OWNER, events.OVERDUE_BY_OWNER,
)  # fmt: skip
OWN = (
    opportunities.WON_BY_MONTH, opportunities.BY_STAGE, opportunities.SOON_BY_MONTH,
    opportunities.LARGEST, opportunities.LOST_BY_REASON, leads.BY_STATUS, events.BY_TYPE,
    quotes.SOON_EXPIRED,
)  # fmt: skip


def my_teams() -> Sequence[Filter]:
    """The owners in a team of the actor; no filter for who is in none."""
    groups = tuple(str(pk) for pk in sorted(current_actor().group_ids))
    return ((TEAM, 0, groups),) if groups else ()


def mine() -> Sequence[Filter]:
    return (("owner", 0, (ME,)),)
