"""What a person last ticked beside the calendar."""

from sqlalchemy import JSON, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.models import Personal


class CalendarChoice(Personal):
    """The part of the calendar's address that is remembered: people, types, agencies, color."""

    __tablename__ = "calendar_choice"
    __table_args__ = (UniqueConstraint("user_id"),)

    shown: Mapped[dict[str, str]] = mapped_column(JSON)
