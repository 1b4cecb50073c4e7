"""What leads, accounts and contacts share: civility, contact details, dates of events."""

from datetime import datetime
from enum import StrEnum

from flask_babel import lazy_gettext as _l
from sqlalchemy import String
from sqlalchemy.orm import Mapped

from crm.companies.columns import flag
from crm.core.models import Label, field, kinds
from crm.core.types import Instant


class Civility(StrEnum):
    """How a person is addressed."""

    MR = "mr"
    MS = "ms"


CIVILITIES: dict[str, Label] = {Civility.MR: _l("Mr"), Civility.MS: _l("Ms")}


def full_name(first_name: str | None, last_name: str | None) -> str:
    """First and last name; either may be missing."""
    return " ".join(part for part in (first_name, last_name) if part)


class ContactDetails:
    """Mixin: e-mail, telephones, and whether they may be used."""

    email: Mapped[str | None] = field(_l("E-mail"), String(254), kind=kinds.EMAIL, search=True)
    phone: Mapped[str | None] = field(_l("Phone"), String(20), kind=kinds.PHONE, search=True)
    mobile: Mapped[str | None] = field(_l("Mobile"), String(20), kind=kinds.PHONE, search=True)
    do_not_call: Mapped[bool] = flag(_l("Do not call"))
    do_not_email: Mapped[bool] = flag(_l("Do not e-mail"))


class EventDates:
    """Mixin: when something last happened and what is planned.

    Both are kept by the calendar, with the event that changes them. `next_event_at` is the start
    of the earliest planned event, also where that is overdue; `last_event_at` that of the latest
    event, not cancelled, that has begun: a running server follows the clock every minute.
    """

    last_event_at: Mapped[datetime | None] = field(_l("Last event"), Instant, readonly=True)
    next_event_at: Mapped[datetime | None] = field(
        _l("Next event"), Instant, kind=kinds.NEXT, readonly=True
    )
