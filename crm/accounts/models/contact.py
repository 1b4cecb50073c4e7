"""People who work for accounts. Source: spec 6.1."""

from typing import TYPE_CHECKING, ClassVar, Optional

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models.account import Account
from crm.accounts.models.people import CIVILITIES, Civility, ContactDetails, EventDates, full_name
from crm.companies.columns import by_value, link, listed, lists, rare
from crm.companies.rules import changed, refuse_cycle
from crm.core.errors import DomainError
from crm.core.models import (
    Mergeable,
    Owned,
    Record,
    computed,
    field,
    folded,
    kinds,
    merged_index,
    unique,
)

if TYPE_CHECKING:
    from crm.accounts.models.links import AccountContact


class Contact(ContactDetails, EventDates, Owned, Mergeable, Record):
    """A person; may work for several accounts of one company, or for none yet."""

    __tablename__ = "contact"
    __entity__: ClassVar[str] = "contacts"
    __table_args__ = (
        unique("uq_contact_external_ref", "company_id", "external_ref"),
        # Not by company first: with scope `all` there is no condition on the company.
        listed(
            "ix_contact_has_account", "has_account", "company_id", "name_key", covers=["owner_id"]
        ),
        *lists(
            "contact",
            "name_key",
            "owner_id name_key",
            "agency_id name_key",
            "owner_id agency_id name_key",
            "last_event_at",
        ),
        *rare("contact", "do_not_call", "do_not_email"),
        merged_index("contact"),
    )

    civility: Mapped[Civility | None] = field(
        _l("Civility"), by_value(Civility), choices=CIVILITIES
    )
    first_name: Mapped[str | None] = field(_l("First name"), String(80))
    last_name: Mapped[str] = field(_l("Last name"), String(80))
    name_key: Mapped[str] = folded("name", 255)
    # Whether there are `links`, stored because "no link" cannot be found by an index.
    has_account: Mapped[bool] = mapped_column(default=False, server_default="0", nullable=False)
    reports_to_id: Mapped[int | None] = link(lazy_pgettext("contact", "Manager"), "contact.id")
    language: Mapped[str | None] = field(_l("Language"), String(8), kind=kinds.LANGUAGE)
    address: Mapped[str | None] = field(_l("Address"), Text)
    linkedin: Mapped[str | None] = field(_l("LinkedIn"), String(255), kind=kinds.URL)
    notes: Mapped[str | None] = field(_l("Notes"), Text, kind=kinds.RICH_TEXT)

    reports_to: Mapped[Optional["Contact"]] = relationship(
        remote_side="Contact.id", foreign_keys="Contact.reports_to_id"
    )
    links: Mapped[list["AccountContact"]] = relationship(
        back_populates="contact",
        cascade="all, delete-orphan",
        order_by="AccountContact.id",
        info={"label": _l("Accounts")},
    )
    accounts: Mapped[list[Account]] = relationship(
        secondary="account_contact",
        viewonly=True,
        info={"label": _l("Accounts"), "kept": "has_account"},
    )

    def __str__(self) -> str:
        return str(self.name)

    @computed(_l("Name"), search=True)
    def name(self) -> str:
        """First name, then last name."""
        return full_name(self.first_name, self.last_name)

    @property
    def main_link(self) -> Optional["AccountContact"]:
        """The link to the account whose main contact this is, else the first link."""
        main = (link for link in self.links if link.is_main)
        return next(main, next(iter(self.links), None))

    @computed(_l("Account"))
    def main_account(self) -> str:
        """The account of `main_link`; "" where the reader may not see it."""
        account = self.main_link.account if self.main_link else None
        return str(account or "")

    @computed(_l("Job title"))
    def main_job(self) -> str:
        """The job title of `main_link`."""
        return str((self.main_link.job_title if self.main_link else None) or "")

    def check(self) -> None:
        """Rules between fields. Source: spec 6.1."""
        refuse_cycle(self, "reports_to", _("A contact cannot be their own manager."))
        manager = self.reports_to
        if manager is not None and changed(self, "reports_to") and self.links:
            ours = {link.account_id or link.account.id for link in self.links}
            if ours.isdisjoint(link.account_id for link in manager.links):
                raise DomainError(
                    _("Choose a manager who works for the same account."), field="reports_to"
                )
