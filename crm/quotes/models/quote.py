"""An offer to a client or prospect, with its lines. Source: spec 8.1."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, relationship

from crm.accounts.models import Account, Contact
from crm.companies.columns import by_value, flag, link, lists
from crm.companies.rules import changed
from crm.core.errors import DomainError
from crm.core.models import Owned, Record, field, folded, kinds, unique
from crm.core.types import Exact, Money
from crm.opportunities.models import Opportunity
from crm.quotes import totals

if TYPE_CHECKING:
    from crm.quotes.models.line import QuoteLine


class QuoteStatus(StrEnum):
    """The status of a quote."""

    DRAFT = "draft"


class Quote(Owned, Record):
    """A quote with its lines; editable while it is a draft."""

    __tablename__ = "quote"
    __entity__: ClassVar[str] = "quotes"
    __table_args__ = (
        unique("uq_quote_external_ref", "company_id", "external_ref"),
        *lists(
            "quote",
            "issued_on",
            "owner_id issued_on",
            "agency_id issued_on",
            "owner_id agency_id issued_on",
            "name_key",
            "valid_until",
            "total_excl",
            "total_incl",
        ),
    )

    title: Mapped[str | None] = field(_l("Subject"), String(160), search=True)
    name_key: Mapped[str] = folded("title", 160)
    status: Mapped[QuoteStatus] = field(
        _l("Status"),
        by_value(QuoteStatus),
        choices={QuoteStatus.DRAFT: _l("Draft")},
        default=QuoteStatus.DRAFT,
        server_default=QuoteStatus.DRAFT,
        readonly=True,
    )
    account_id: Mapped[int] = link(_l("Client"), "account.id", search=True, css="w-org")
    contact_id: Mapped[int | None] = link(_l("Customer contact"), "contact.id")
    opportunity_id: Mapped[int | None] = link(_l("Opportunity"), "opportunity.id")
    owner_id: Mapped[int | None] = link(_l("Salesperson"), "ab_user.id", css="w-who")
    customer_reference: Mapped[str | None] = field(_l("Customer reference"), String(80))
    issued_on: Mapped[date] = field(_l("Quote date"), required=False)
    valid_until: Mapped[date] = field(_l("Valid until"), required=False)
    currency: Mapped[str] = field(_l("Currency"), String(3), kind=kinds.CURRENCY, required=False)
    billing_address: Mapped[str | None] = field(_l("Billing address"), Text)
    delivery_address: Mapped[str | None] = field(_l("Delivery address"), Text)
    prices_include_tax: Mapped[bool] = flag(_l("Prices including tax"))
    global_discount: Mapped[Decimal | None] = field(
        _l("Global discount (%)"), Exact(2), kind=kinds.PERCENT, minimum=0, maximum=100
    )
    intro: Mapped[str | None] = field(_l("Introduction"), Text)
    conditions: Mapped[str | None] = field(_l("Conditions"), Text)
    internal_note: Mapped[str | None] = field(_l("Internal note"), Text)
    total_excl: Mapped[Decimal] = field(_l("Total excl. tax"), Money, default=0, readonly=True)
    total_vat: Mapped[Decimal] = field(_l("Total VAT"), Money, default=0, readonly=True)
    total_incl: Mapped[Decimal] = field(_l("Total incl. tax"), Money, default=0, readonly=True)
    total_discount: Mapped[Decimal] = field(_l("Discount"), Money, default=0, readonly=True)

    owner: Mapped[User | None] = relationship(User, foreign_keys="Quote.owner_id")
    account: Mapped[Account] = relationship()
    contact: Mapped[Contact | None] = relationship()
    opportunity: Mapped[Opportunity | None] = relationship()
    lines: Mapped[list["QuoteLine"]] = relationship(
        back_populates="quote",
        cascade="all, delete-orphan",
        order_by="QuoteLine.position, QuoteLine.id",
        info={"label": _l("Lines")},
    )

    def __str__(self) -> str:
        account: Account | None = self.account  # None where the reader does not see it
        return self.title or (_("Quote") if account is None else str(account))

    @property
    def totals(self) -> totals.Totals:
        """The totals of the lines, with VAT by rate. Source: spec 8.5."""
        return totals.of(
            [line.facts for line in self.lines if line.is_item],
            global_discount=self.global_discount or Decimal(0),
            prices_include_tax=bool(self.prices_include_tax),
            places=totals.places(self.currency),
        )

    def check(self) -> None:
        """Rules between fields, and the stored totals. Source: spec 8.1 and 8.5."""
        wrong: dict[str, str] = {}
        if None not in (self.valid_until, self.issued_on) and self.valid_until < self.issued_on:
            wrong["valid_until"] = _("The validity ends before the quote date.")
        deal = self.opportunity
        if deal is not None and self._is_anothers(deal):
            wrong["opportunity"] = _("This opportunity belongs to another account.")
        if self.contact is not None and changed(self, "contact") and not self._knows_contact():
            wrong["contact"] = _("Choose a contact of this account.")
        if wrong:
            raise DomainError(fields=wrong)
        self.keep_totals()

    def _is_anothers(self, deal: Opportunity) -> bool:
        return (
            self.account is not None
            and changed(self, "opportunity")
            and deal.account is not self.account
        )

    def _knows_contact(self) -> bool:
        if self.contact is None or self.account is None:
            return True
        return any(link.account is self.account for link in self.contact.links)

    def keep_totals(self) -> None:
        """Store the totals."""
        found = self.totals
        self.total_excl, self.total_vat = found.excl, found.vat
        self.total_incl, self.total_discount = found.incl, found.discount
        items = [line for line in self.lines if line.is_item]
        for line, net in zip(items, found.lines_excl, strict=True):
            line.total_excl = net
