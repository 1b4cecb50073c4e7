"""What a contact does for which account. Source: spec 6.1."""

from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, UniqueConstraint, event, exists, inspect, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from crm.accounts.models.account import Account
from crm.accounts.models.contact import Contact
from crm.accounts.models.reference import ContactRole, Department, JobTitle
from crm.companies.columns import flag, link
from crm.companies.rules import company_id_of
from crm.core.errors import DomainError
from crm.core.models import Child, field


class AccountContact(Child):
    """What a contact does for one of its accounts."""

    __tablename__ = "account_contact"
    __table_args__ = (UniqueConstraint("account_id", "contact_id"),)
    __parent__: ClassVar[str] = "contact"

    account_id: Mapped[int] = field(_l("Account"), ForeignKey("account.id", ondelete="CASCADE"))
    contact_id: Mapped[int] = mapped_column(
        ForeignKey("contact.id", ondelete="CASCADE"), index=True
    )
    job_title_id: Mapped[int | None] = link(_l("Job title"), "job_title.id")
    department_id: Mapped[int | None] = link(_l("Department"), "department.id")
    role_id: Mapped[int | None] = link(_l("Contact role"), "contact_role.id")
    is_main: Mapped[bool] = flag(_l("Main contact"))

    account: Mapped[Account] = relationship(back_populates="links")
    contact: Mapped[Contact] = relationship(back_populates="links")
    job_title: Mapped[JobTitle | None] = relationship()
    department: Mapped[Department | None] = relationship()
    role: Mapped[ContactRole | None] = relationship()

    def __str__(self) -> str:
        return str(self.account)

    def check(self) -> None:
        """Both ends are of one company. Source: spec 6.3, A-82."""
        if self.account is None or self.contact is None:
            return
        if company_id_of(self.account) != company_id_of(self.contact):
            raise DomainError(_("Not a valid choice."), field="account")


@event.listens_for(Session, "after_flush")
def _keep_has_account(session: Session, _context: Any) -> None:
    """Update `has_account` in every flush that adds, moves or removes a link.

    By a statement: the contacts were not edited, so their version and "Changed on" stay.
    """
    ids: set[int] = set()
    for one in (*session.new, *session.deleted, *session.dirty):
        if isinstance(one, AccountContact) and (one not in session.dirty or _is_moved(one)):
            ids.update(filter(None, inspect(one).attrs.contact_id.history.sum()))
    if not ids:
        return
    contact, connection = Contact.__table__, session.connection()
    these = contact.c.id.in_(ids)
    # Lock: two transactions that each remove one of two links would not see each other.
    locked = select(contact.c.id).where(these).order_by(contact.c.id)
    connection.execute(locked.with_for_update(key_share=True))
    as_it_was = {name: contact.c[name] for name in ("changed_on", "changed_by_id")}
    has_account = exists().where(AccountContact.contact_id == contact.c.id)
    statement = update(contact).where(these, contact.c.has_account != has_account)
    connection.execute(statement.values(has_account=has_account, **as_it_was))


def _is_moved(link: AccountContact) -> bool:
    """Whether the link's contact changes; a form sets unchanged links again."""
    attributes: Any = inspect(link).attrs
    return any(attributes[name].history.has_changes() for name in ("contact", "contact_id"))
