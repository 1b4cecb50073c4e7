"""Categories of events. Source: spec 3."""

from flask_babel import lazy_gettext as _l
from sqlalchemy import String
from sqlalchemy.orm import Mapped

from crm.calendar.models.words import EVENT_TYPES, EventType
from crm.companies.columns import by_value
from crm.core.models import Reference, field, unique


class EventCategory(Reference):
    """A category of events of one type."""

    __tablename__ = "event_category"
    __table_args__ = (unique("uq_event_category_code", "code", live=""),)

    code: Mapped[str | None] = field(_l("Code"), String(20))
    type: Mapped[EventType] = field(_l("Type"), by_value(EventType), choices=EVENT_TYPES)
