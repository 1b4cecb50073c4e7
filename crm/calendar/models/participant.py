"""Who takes part in an event: users, contacts, leads and bare addresses. Source: spec 9.2."""

from datetime import datetime
from typing import Any, ClassVar

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import Contact
from crm.calendar.models.event import Event
from crm.calendar.models.words import Answer, Role
from crm.companies.columns import by_value, link
from crm.companies.rules import company_id_of
from crm.core.errors import DomainError
from crm.core.models import Child, field, kinds, unique
from crm.core.types import Instant
from crm.leads.models import Lead

# A participant is exactly one of these.
WHO = ("user", "contact", "lead", "email")
COLUMNS = ("user_id", "contact_id", "lead_id", "email")


class Participant(Child):
    """A user, a contact, a lead or an e-mail address, with the answer to the invitation.

    A user who takes part reads the event, whatever their rights (spec 9.2). The organiser, the
    owner of the event, is none.
    """

    __tablename__ = "event_participant"
    __parent__: ClassVar[str] = "event"
    __table_args__ = (
        *(
            unique(f"uq_event_participant_{column}", "event_id", column, live="")
            for column in COLUMNS
        ),
        # The row filter looks up the events of a person by this index alone.
        Index("ix_event_participant_user_id", "user_id", "event_id"),
        CheckConstraint(" OR ".join(f"{column} IS NOT NULL" for column in COLUMNS), name="someone"),
    )

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = field(_l("User"), ForeignKey("ab_user.id"))
    contact_id: Mapped[int | None] = link(_l("Contact"), "contact.id")
    lead_id: Mapped[int | None] = link(_l("Lead"), "lead.id")
    email: Mapped[str | None] = field(_l("E-mail"), String(254), kind=kinds.EMAIL)
    role: Mapped[Role] = field(
        _l("Role"),
        by_value(Role),
        choices={Role.REQUIRED: _l("Required"), Role.OPTIONAL: _l("Optional")},
        default=Role.REQUIRED,
        server_default=Role.REQUIRED,
        nullable=False,
    )
    answer: Mapped[Answer] = field(
        _l("Answer"),
        by_value(Answer),
        choices={
            Answer.WAITING: _l("Waiting"),
            Answer.YES: _l("Yes"),
            Answer.NO: _l("No"),
            Answer.MAYBE: _l("Maybe"),
        },
        default=Answer.WAITING,
        server_default=Answer.WAITING,
        nullable=False,
        readonly=True,
    )
    comment: Mapped[str | None] = field(_l("Comment"), Text, readonly=True)
    answered_at: Mapped[datetime | None] = field(_l("Answered on"), Instant, readonly=True)

    event: Mapped[Event] = relationship(back_populates="participants")
    user: Mapped[User | None] = relationship()
    contact: Mapped[Contact | None] = relationship()
    lead: Mapped[Lead | None] = relationship()

    def __str__(self) -> str:
        return str(self.user or self.contact or self.lead or self.email or "")

    @property
    def person(self) -> Any:
        """The user, contact or lead; None for an address, and for one that is out of reach."""
        return self.user or self.contact or self.lead

    @property
    def address(self) -> str | None:
        """Where an invitation goes."""
        return self.email or getattr(self.person, "email", None)

    def check(self) -> None:
        """Exactly one of user, contact, lead and address, of one company. Source: spec 9.2."""
        if sum(self._has(name) for name in WHO) != 1:
            raise DomainError(_("Choose a person or type an e-mail address."), field="email")
        person = self.contact or self.lead
        if self.event is None or person is None:  # without an event it is being removed
            return
        if company_id_of(person) != company_id_of(self.event):
            field_name = "contact" if self.contact is not None else "lead"
            raise DomainError(_("Not a valid choice."), field=field_name)

    def _has(self, name: str) -> bool:
        """Whether it is set, also to a row out of reach."""
        return bool(getattr(self, name)) or getattr(self, f"{name}_id", None) is not None
