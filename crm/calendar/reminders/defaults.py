"""The reminder that a new meeting or call begins with: one's own choice, else the company's."""

from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select

from crm.calendar.models import EventType, ReminderChannel, ReminderMode, ReminderUnit, ReminderWhom
from crm.companies.models import CompanySettings
from crm.companies.models.user import NO_REMINDER, OF_COMPANY
from crm.core.db import db
from crm.core.rows import unfiltered

REMINDED = (EventType.MEETING, EventType.CALL)
# The longest unit of which it is a whole number comes first.
SIZES = (
    (10_080, ReminderUnit.WEEKS),
    (1440, ReminderUnit.DAYS),
    (60, ReminderUnit.HOURS),
    (1, ReminderUnit.MINUTES),
)


def default_reminders(type_: str, company: Any, person: User | None) -> list[dict[str, Any]]:
    """The lines of a new event of this type for `person`; none for tasks and other events."""
    if type_ not in REMINDED or person is None or company is None:
        return []
    minutes = default_minutes(company.id, person)
    return [] if minutes is None else [line_of(minutes)]


def default_minutes(company_id: int, person: User) -> int | None:
    """How long before the start they are reminded; None where they are not."""
    if person.default_reminder == OF_COMPANY:
        mine = CompanySettings.company_id == company_id
        with unfiltered("a company's default applies to whoever works there"):
            return db.session.scalar(select(CompanySettings.default_reminder_minutes).where(mine))
    return None if person.default_reminder == NO_REMINDER else int(person.default_reminder)


def line_of(minutes: int) -> dict[str, Any]:
    """A reminder so many minutes before the start, for oneself, by e-mail and in the page."""
    whole = (one for one in SIZES if minutes and minutes % one[0] == 0)
    size, unit = next(whole, (1, ReminderUnit.MINUTES))
    return {
        "mode": ReminderMode.BEFORE,
        "amount": minutes // size,
        "unit": unit,
        "recipients": ReminderWhom.ME,
        "channel": ReminderChannel.BOTH,
    }
