"""People who work for accounts. Source: spec 6.1."""

from typing import ClassVar, Optional

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models.account import Account
from crm.accounts.models.people import CIVILITIES, Civility, Followed, Reachable, full_name
from crm.accounts.models.reference import ContactRole, Department, JobTitle
from crm.companies.columns import by_value, flag, link, lists
from crm.companies.rules import changed, company_id_of, refuse_cycle
from crm.core.errors import DomainError
from crm.core.models import Child, Owned, Record, computed, field, folded, unique


class Contact(Reachable, Followed, Owned, Record):
    """A person; may work for several accounts of one company, or for none yet."""

    __tablename__ = "contact"
    __entity__: ClassVar[str] = "contacts"
    __table_args__ = (
        unique("uq_contact_external_ref", "company_id", "external_ref"),
        *lists(
            "contact",
            "name_key",
            "owner_id name_key",
            "agency_id name_key",
            "owner_id agency_id name_key",
            "last_event_at",
        ),
    )

    civility: Mapped[Civility | None] = field(
        _l("Civility"), by_value(Civility), choices=CIVILITIES
    )
    first_name: Mapped[str | None] = field(_l("First name"), String(80))
    last_name: Mapped[str] = field(_l("Last name"), String(80))
    name_key: Mapped[str] = folded("sort_name", 255, sorts="name")
    reports_to_id: Mapped[int | None] = link(lazy_pgettext("contact", "Manager"), "contact.id")
    language: Mapped[str | None] = field(_l("Language"), String(8), kind="language")
    address: Mapped[str | None] = field(_l("Address"), Text)
    linkedin: Mapped[str | None] = field(_l("LinkedIn"), String(255), kind="url")
    notes: Mapped[str | None] = field(_l("Notes"), Text)

    reports_to: Mapped[Optional["Contact"]] = relationship(remote_side="Contact.id")
    links: Mapped[list["AccountContact"]] = relationship(
        back_populates="contact",
        cascade="all, delete-orphan",
        order_by="AccountContact.id",
        info={"label": _l("Accounts")},
    )
    accounts: Mapped[list[Account]] = relationship(
        secondary="account_contact", viewonly=True, info={"label": _l("Accounts")}
    )

    def __str__(self) -> str:
        return str(self.name)

    @computed(_l("Name"), search=True)
    def name(self) -> str:
        """As it is spoken."""
        return full_name(self.first_name, self.last_name)

    @property
    def sort_name(self) -> str:
        """Last name first, which sorts, then in the spoken order, which is searched too."""
        return " ".join(part for part in (self.last_name, self.first_name, self.last_name) if part)

    @property
    def main_link(self) -> Optional["AccountContact"]:
        """Where this is the main contact, else the first account."""
        main = (link for link in self.links if link.is_main)
        return next(main, next(iter(self.links), None))

    @computed(_l("Account"))
    def main_account(self) -> str:
        """Where they work first of all; empty where the reader may not see it."""
        account = self.main_link.account if self.main_link else None
        return str(account or "")

    @computed(_l("Job title"))
    def main_job(self) -> str:
        """What they do there."""
        return str((self.main_link.job_title if self.main_link else None) or "")

    def check(self) -> None:
        """Rules between fields. Source: spec 6.1."""
        refuse_cycle(self, "reports_to", _("A person cannot be above themselves."))
        manager = self.reports_to
        if manager is not None and changed(self, "reports_to") and self.links:
            ours = {link.account_id or link.account.id for link in self.links}
            if ours.isdisjoint(link.account_id for link in manager.links):
                raise DomainError(_("The manager works for another account."), field="reports_to")


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
