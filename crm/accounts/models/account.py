"""Prospects and clients: one entity with a kind. Source: spec 5.2."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Optional

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import Column, ForeignKey, String, Table, Text, inspect
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models.amounts import amounts_of, read_amounts
from crm.accounts.models.people import CIVILITIES, Civility, ContactDetails, EventDates, full_name
from crm.accounts.models.prospect import ProspectStatus
from crm.accounts.models.reference import AccountCategory, Industry, LostReason, Source, Tag
from crm.companies.columns import by_value, flag, link, listed, lists, rare
from crm.companies.models import ACCOUNT_KINDS, AccountKind
from crm.companies.rules import refuse_cycle
from crm.core.actor import find_actor
from crm.core.errors import DomainError
from crm.core.models import (
    Archivable,
    Label,
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
from crm.core.types import Instant, Money, utcnow

if TYPE_CHECKING:
    from crm.accounts.models.address import AccountAddress
    from crm.accounts.models.links import AccountContact


class Nature(StrEnum):
    """Whether an account is an organisation or a private person."""

    ORGANIZATION = "organization"
    PERSON = "person"


NATURES: dict[str, Label] = {
    Nature.ORGANIZATION: lazy_pgettext("account", "Organisation"),
    Nature.PERSON: _l("Person"),
}

account_tag = Table(
    "account_tag",
    Model.metadata,
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id"), primary_key=True, index=True),
)


class Account(ContactDetails, EventDates, Owned, Archivable, Mergeable, Record):
    """Someone the company sells to, or hopes to."""

    __tablename__ = "account"
    __entity__: ClassVar[str] = "accounts"
    __table_args__ = (
        # Over rows in the bin too: references are never reused.
        unique("uq_account_reference", "company_id", "reference", field="reference", live=""),
        unique("uq_account_external_ref", "company_id", "external_ref"),
        unique("uq_account_siren", "company_id", "siren"),
        unique("uq_account_siret", "company_id", "siret"),
        listed("ix_account_name", "company_id", "name_key", covers=["owner_id"]),
        *lists(
            "account",
            "name_key",
            "category_id name_key",
            "owner_id name_key",
            "agency_id name_key",
            "owner_id category_id name_key",
            "owner_id agency_id name_key",
            "prospect_status_id name_key",
            "owner_id prospect_status_id name_key",
            "reference",
            "next_event_at",
            within="kind",
            covers=["archived_on"],
        ),
        *rare("account", "do_not_call", "do_not_email", "key_account"),
        *rare("account", "archived_on", flags=False),
        merged_index("account"),
    )

    reference: Mapped[str] = field(
        _l("Reference"), String(20), readonly=True, required=False, search=True, css="w-ref"
    )
    kind: Mapped[AccountKind] = field(
        _l("Kind"), by_value(AccountKind), choices=ACCOUNT_KINDS, required=False
    )
    nature: Mapped[Nature] = field(
        _l("Nature"),
        by_value(Nature),
        choices=NATURES,
        default=Nature.ORGANIZATION,
        server_default=Nature.ORGANIZATION,
        required=True,
    )
    name: Mapped[str] = field(lazy_pgettext("account", "Name"), String(160), search=True)
    name_key: Mapped[str] = folded("shown_name", 255, sorts="name")
    civility: Mapped[Civility | None] = field(
        _l("Civility"), by_value(Civility), choices=CIVILITIES
    )
    first_name: Mapped[str | None] = field(_l("First name"), String(80))
    owner_id: Mapped[int | None] = link(
        _l("Account owner"), "ab_user.id", css="w-who", none=_l("Unassigned")
    )
    category_id: Mapped[int | None] = link(_l("Category"), "account_category.id")
    industry_id: Mapped[int | None] = link(_l("Industry"), "industry.id")
    source_id: Mapped[int | None] = link(_l("Source"), "source.id")
    parent_id: Mapped[int | None] = link(_l("Parent account"), "account.id")
    siren: Mapped[str | None] = field(_l("SIREN"), String(9), kind=kinds.SIREN, search=True)
    siret: Mapped[str | None] = field(_l("SIRET"), String(14), kind=kinds.SIRET, search=True)
    vat_number: Mapped[str | None] = field(_l("VAT number"), String(20), kind=kinds.VAT_NUMBER)
    naf_code: Mapped[str | None] = field(_l("NAF code"), String(8))
    legal_form: Mapped[str | None] = field(_l("Legal form"), String(40))
    annual_revenue: Mapped[Decimal | None] = field(_l("Annual revenue"), Money, minimum=0)
    employees: Mapped[int | None] = field(_l("Employees"), minimum=0)
    website: Mapped[str | None] = field(_l("Website"), String(255), kind=kinds.URL)
    language: Mapped[str | None] = field(_l("Language"), String(8), kind=kinds.LANGUAGE)
    currency: Mapped[str | None] = field(_l("Currency"), String(3), kind=kinds.CURRENCY)
    payment_terms: Mapped[str | None] = field(_l("Payment terms"), Text)
    score: Mapped[int | None] = field(_l("Score"), kind=kinds.STARS, minimum=0, maximum=5)
    # Of the main address, stored for filters and figures.
    main_country: Mapped[str | None] = field(
        _l("Country"), String(2), kind=kinds.COUNTRY, readonly=True, index=True
    )
    key_account: Mapped[bool] = flag(_l("Key account"))
    nurturing: Mapped[bool] = flag(_l("Nurturing"))
    # Of all that are or were prospects, whether statuses are managed or not (spec 5.6).
    prospect_status_id: Mapped[int | None] = link(
        _l("Status"), "prospect_status.id", css="w-status"
    )
    lost_reason_id: Mapped[int | None] = link(_l("Lost reason"), "lost_reason.id", readonly=True)
    lost_comment: Mapped[str | None] = field(_l("Comment"), Text, readonly=True)
    notes: Mapped[str | None] = field(_l("Notes"), Text, kind=kinds.RICH_TEXT)
    # Shown with the notes on the account's opportunities.
    notes_changed_on: Mapped[datetime | None] = mapped_column(Instant)
    notes_changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("ab_user.id"))

    owner: Mapped[User | None] = relationship(User, foreign_keys="Account.owner_id")
    category: Mapped[AccountCategory | None] = relationship()
    industry: Mapped[Industry | None] = relationship()
    source: Mapped[Source | None] = relationship()
    prospect_status: Mapped[ProspectStatus | None] = relationship()
    lost_reason: Mapped[LostReason | None] = relationship()
    parent: Mapped[Optional["Account"]] = relationship(
        remote_side="Account.id",
        foreign_keys="Account.parent_id",
        back_populates="subsidiaries",
    )
    subsidiaries: Mapped[list["Account"]] = relationship(
        back_populates="parent",
        foreign_keys="Account.parent_id",
        viewonly=True,
        info={"label": _l("Subsidiaries")},
    )
    notes_changed_by: Mapped[User | None] = relationship(
        User, foreign_keys="Account.notes_changed_by_id"
    )
    tags: Mapped[list[Tag]] = relationship(secondary=account_tag, info={"label": _l("Tags")})
    addresses: Mapped[list["AccountAddress"]] = relationship(
        back_populates="account",
        cascade="all, delete-orphan",
        order_by="AccountAddress.id",
        info={"label": _l("Addresses")},
    )
    links: Mapped[list["AccountContact"]] = relationship(
        back_populates="account",
        cascade="all, delete-orphan",
        order_by="AccountContact.id",
        info={"label": _l("Contacts")},
    )

    def __str__(self) -> str:
        return full_name(self.first_name, self.name)

    @property
    def shown_name(self) -> str:
        """As lists show it, so that they are sorted by what they show."""
        return str(self)

    @property
    def main_address(self) -> Optional["AccountAddress"]:
        """The default address, else the first one."""
        default = (address for address in self.addresses if address.is_default)
        return next(default, next(iter(self.addresses), None))

    @property
    def main_contact(self) -> Optional["AccountContact"]:
        """The link to the main contact, if one is named."""
        return next((link for link in self.links if link.is_main), None)

    @computed(_l("In progress"), kinds.AMOUNTS, ahead=read_amounts)
    def open_amount(self) -> Mapping[str, Decimal]:
        """Of its open opportunities, by currency."""
        return amounts_of(self, "open")

    @computed(lazy_pgettext("account", "Won"), kinds.AMOUNTS, ahead=read_amounts)
    def won_amount(self) -> Mapping[str, Decimal]:
        """Of its won opportunities, by currency."""
        return amounts_of(self, "won")

    @computed(_l("City"))
    def city(self) -> str | None:
        """The city of the main address."""
        return self.main_address.city if self.main_address else None

    def check(self) -> None:
        """Rules between fields. Source: spec 5.2 and 6.3."""
        if self.nature == Nature.PERSON:
            wrong = {
                name: _("For organisations only.")
                for name in ("siren", "siret", "vat_number", "naf_code", "legal_form")
                if getattr(self, name)
            }
        else:
            wrong = {
                name: _("For persons only.")
                for name in ("civility", "first_name")
                if getattr(self, name)
            }
        if self.siret:
            self.siren = self.siren or self.siret[:9]
            if not self.siret.startswith(self.siren):
                wrong["siret"] = _("The SIRET must begin with the SIREN.")
        if sum(bool(address.is_default) for address in self.addresses) > 1:
            wrong["addresses"] = _("Choose a single default address.")
        if sum(bool(link.is_main) for link in self.links) > 1:
            wrong["links"] = _("Choose a single main contact.")
        if self._was(AccountKind.CLIENT) and self.kind != AccountKind.CLIENT:
            wrong["kind"] = _("A client cannot become a prospect again.")
        if wrong:
            raise DomainError(fields=wrong)
        self._sign_notes()
        refuse_cycle(self, "parent", _("An account cannot be its own parent."))

    def _was(self, kind: AccountKind) -> bool:
        state: Any = inspect(self)
        return bool(state.has_identity and kind in state.attrs.kind.history.deleted)

    def _sign_notes(self) -> None:
        """Set who changed the notes, and when; the account's opportunities show both."""
        state: Any = inspect(self)
        history = state.attrs.notes.history
        if any(history.added) or any(history.deleted):
            actor = find_actor()
            self.notes_changed_on = utcnow()
            self.notes_changed_by_id = actor.user_id if actor is not None else None
