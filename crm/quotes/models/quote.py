"""An offer to a client or prospect, with its lines. Source: spec 8.1."""

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, String, Text, inspect
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models import Account, Contact
from crm.companies.columns import by_value, flag, link, lists
from crm.companies.rules import changed
from crm.core.errors import DomainError
from crm.core.files.models import StoredFile
from crm.core.models import Owned, Record, computed, field, folded, kinds, unique
from crm.core.types import LARGEST_AMOUNT, Exact, Instant, Money, round_half_up
from crm.opportunities.models import Opportunity
from crm.quotes import measures, totals
from crm.quotes.models import content
from crm.quotes.models.status import LABELS, QuoteStatus

if TYPE_CHECKING:
    from crm.quotes.models.line import QuoteLine


def printed_number(number: str, version: int) -> str:
    """Such as D-2027-00001, and D-2027-00001-V2 from the second version on. Source: spec 8.1."""
    return f"{number}-V{version}" if version > 1 else number


class Quote(Owned, Record):
    """A quote with its lines; editable while it is a draft."""

    __tablename__ = "quote"
    __entity__: ClassVar[str] = "quotes"
    __table_args__ = (
        unique("uq_quote_external_ref", "company_id", "external_ref"),
        unique("uq_quote_number", "company_id", "number", "version", field="number"),
        *lists(
            "quote",
            "number",
            "status valid_until",
            "status largest_discount",
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

    # Without the version, which `reference` adds.
    number: Mapped[str | None] = field(
        _l("Quote number"), String(40), readonly=True, search=True, css="w-number"
    )
    version: Mapped[int] = field(
        _l("Version"), default=1, server_default="1", nullable=False, readonly=True
    )
    title: Mapped[str | None] = field(_l("Subject"), String(160), search=True)
    name_key: Mapped[str] = folded("title", 160)
    status: Mapped[QuoteStatus] = field(
        _l("Status"),
        by_value(QuoteStatus),
        choices=LABELS,
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
    # What a line's discount and the global one take off together, at most, rounded up: it is above
    # a ceiling of two decimals exactly where the discount is.
    largest_discount: Mapped[Decimal] = field(
        _l("Largest discount"),
        Exact(2),
        kind=kinds.PERCENT,
        default=0,
        server_default="0",
        nullable=False,
        readonly=True,
    )

    approved_by_id: Mapped[int | None] = link(_l("Approved by"), "ab_user.id", readonly=True)
    approved_at: Mapped[datetime | None] = field(_l("Approved on"), Instant, readonly=True)
    finalised_by_id: Mapped[int | None] = link(_l("Finalised by"), "ab_user.id", readonly=True)
    finalised_at: Mapped[datetime | None] = field(_l("Finalised on"), Instant, readonly=True)
    sent_at: Mapped[datetime | None] = field(_l("Sent on"), Instant, readonly=True)
    accepted_on: Mapped[date | None] = field(_l("Accepted on"), readonly=True)
    accepted_by: Mapped[str | None] = field(_l("Accepted by"), String(120), readonly=True)
    signed_pdf_id: Mapped[int | None] = link(
        _l("Signed PDF"), "stored_file.id", kind=kinds.FILE, readonly=True
    )
    refused_on: Mapped[date | None] = field(_l("Refused on"), readonly=True)
    refusal_reason: Mapped[str | None] = field(_l("Reason of the refusal"), Text, readonly=True)
    cancelled_on: Mapped[date | None] = field(_l("Cancelled on"), readonly=True)
    cancellation_reason: Mapped[str | None] = field(
        _l("Reason of the cancellation"), Text, readonly=True
    )
    # The customer's own answer by a link: what is kept as evidence.
    answered_at: Mapped[datetime | None] = field(_l("Answered on"), Instant, readonly=True)
    answered_by: Mapped[str | None] = field(_l("Answered by"), String(120), readonly=True)
    answered_as: Mapped[str | None] = field(_l("Job title"), String(80), readonly=True)
    answered_from: Mapped[str | None] = field(_l("IP address"), String(45), readonly=True)
    # What was sent is what was finalised, to the byte.
    pdf_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"), index=True)
    pdf_sha256: Mapped[str | None] = field(_l("SHA-256 of the PDF"), String(64), readonly=True)
    # The version before, and the status that it had.
    replaces_id: Mapped[int | None] = link(_l("Replaces"), "quote.id", readonly=True)
    replaced_status: Mapped[QuoteStatus | None] = mapped_column(by_value(QuoteStatus))

    owner: Mapped[User | None] = relationship(User, foreign_keys="Quote.owner_id")
    approved_by: Mapped[User | None] = relationship(User, foreign_keys="Quote.approved_by_id")
    finalised_by: Mapped[User | None] = relationship(User, foreign_keys="Quote.finalised_by_id")
    signed_pdf: Mapped[StoredFile | None] = relationship(foreign_keys="Quote.signed_pdf_id")
    pdf: Mapped[StoredFile | None] = relationship(foreign_keys="Quote.pdf_id")
    replaces: Mapped["Quote | None"] = relationship(remote_side="Quote.id")
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
        return self.reference or self.title or (_("Quote") if account is None else str(account))

    @property
    def reference(self) -> str:
        """The number as it is printed; "" without one."""
        return printed_number(self.number, self.version) if self.number is not None else ""

    @computed(_l("Average discount (%)"), kinds.PERCENT, measures.discount_rate)
    def discount_rate(self) -> Decimal | None:
        """What all discounts take off its prices, in per cent; None of a quote without prices."""
        net = self.total_incl if self.prices_include_tax else self.total_excl
        gross = net + self.total_discount
        return round_half_up(100 * self.total_discount / gross) if gross else None

    @property
    def is_draft(self) -> bool:
        """Whether its content can still be changed."""
        return self.status in (None, QuoteStatus.DRAFT)

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
        if content.is_finalised(self):
            self._refuse_changes()
            return
        if inspect(self).has_identity and content.has_changed_prices(self):
            self.approved_by = self.approved_at = None
        self.keep_totals()

    def _refuse_changes(self) -> None:
        touched = content.changed_content(self)
        if touched:
            message = _("This quote is finalised; create a new version to change it.")
            raise DomainError(fields=dict.fromkeys(touched, message))

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
        """Store the totals. Raises DomainError where they are larger than a column takes."""
        found = self.totals
        sums = (found.excl, found.vat, found.incl, found.discount, *found.lines_excl)
        if any(abs(amount) >= LARGEST_AMOUNT for amount in sums):
            raise DomainError(_("This number is too large."), field="lines")
        self.total_excl, self.total_vat = found.excl, found.vat
        self.total_incl, self.total_discount = found.incl, found.discount
        items = [line for line in self.lines if line.is_item]
        self.largest_discount = totals.largest_discount(
            (line.facts for line in items), self.global_discount or Decimal(0)
        )
        for line, net in zip(items, found.lines_excl, strict=True):
            line.total_excl = net
