"""A saved report of the demo, which is sent to two of its people."""

from flask_appbuilder.security.sqla.models import User

from crm.core.saved import services as saved
from crm.core.saved.models import SavedKind
from crm.core.saved.services import Given
from crm.reporting.schedules import services as schedules
from crm.reporting.schedules.rhythm import Every, Rhythm
from crm.reporting.schedules.services import ScheduleInput

NAME = {"fr": "Opportunités par étape", "en": "Opportunities by stage"}
LAYOUT = {"filters": [], "by": ["stage"], "measure": "sum:amount", "look": ""}
MONDAYS = Rhythm(Every.WEEK, 0, "08:00")


def make(owner: User, colleague: User) -> None:
    """A report of the actor `owner`, shared with their groups and sent to both on Mondays."""
    groups = frozenset(group.id for group in owner.groups)
    name = NAME.get(owner.language, NAME["en"])
    view = saved.create(SavedKind.REPORT, "opportunities", LAYOUT, Given(name, groups))
    schedules.create(view, ScheduleInput(MONDAYS, frozenset((owner.id, colleague.id))))
