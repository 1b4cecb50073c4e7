"""The legal entity that sells, and its agencies. Source: spec 1.1 and 11."""

import re
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, relationship

from crm.companies.columns import by_value, flag, link, listed
from crm.companies.rules import changed, refuse_cycle
from crm.core.errors import DomainError
from crm.core.files.models import StoredFile
from crm.core.models import AuditedModel, Label, field, folded, kinds, unique
from crm.core.types import Money


class AccountKind(StrEnum):
    """Whether an account is a prospect or a client."""

    PROSPECT = "prospect"
    CLIENT = "client"


ACCOUNT_KINDS: dict[str, Label] = {
    AccountKind.PROSPECT: _l("Prospect"),
    AccountKind.CLIENT: _l("Client"),
}


class Company(AuditedModel):
    """A company; every business record belongs to exactly one."""

    __tablename__ = "company"
    __entity__: ClassVar[str] = "companies"
    __table_args__ = (
        unique("uq_company_name_key", "name_key", field="name", live=""),
        unique("uq_company_code", "code", field="code", live=""),
    )

    name: Mapped[str] = field(_l("Name"), String(120), search=True)
    name_key: Mapped[str] = folded("name", 120)
    code: Mapped[str] = field(_l("Code"), String(12), help=_l("Letters, digits and dashes."))
    parent_id: Mapped[int | None] = link(_l("Parent company"), "company.id")
    address: Mapped[str | None] = field(_l("Address"), Text)
    postal_code: Mapped[str | None] = field(_l("Postal code"), String(16), kind=kinds.POSTAL_CODE)
    city: Mapped[str | None] = field(_l("City"), String(80))
    city_key: Mapped[str | None] = folded("city", 80, nullable=True)
    country: Mapped[str | None] = field(_l("Country"), String(2), kind=kinds.COUNTRY, default="FR")
    siren: Mapped[str | None] = field(_l("SIREN"), String(9), kind=kinds.SIREN)
    siret: Mapped[str | None] = field(_l("SIRET"), String(14), kind=kinds.SIRET)
    vat_number: Mapped[str | None] = field(_l("VAT number"), String(20), kind=kinds.VAT_NUMBER)
    legal_form: Mapped[str | None] = field(
        _l("Legal form"), String(40), help=_l("Such as SAS or SARL; printed on quotes.")
    )
    share_capital: Mapped[Decimal | None] = field(_l("Share capital"), Money, minimum=0)
    registry_town: Mapped[str | None] = field(
        _l("Town of the trade register"), String(80), help=_l("Printed after “RCS” on quotes.")
    )
    currency: Mapped[str] = field(
        _l("Currency"), String(3), kind=kinds.CURRENCY, default="EUR", required=True
    )
    language: Mapped[str] = field(
        _l("Language"), String(8), kind=kinds.LANGUAGE, default="fr", required=True
    )
    time_zone: Mapped[str] = field(
        _l("Time zone"), String(64), kind=kinds.TIME_ZONE, default="Europe/Paris", required=True
    )
    default_account_kind: Mapped[AccountKind] = field(
        _l("Default kind of new accounts"),
        by_value(AccountKind),
        choices=ACCOUNT_KINDS,
        default=AccountKind.PROSPECT,
        required=True,
    )
    active: Mapped[bool] = flag(lazy_pgettext("company", "Active"), on=True)
    logo_id: Mapped[int | None] = field(
        _l("Logo"), ForeignKey("stored_file.id"), kind=kinds.PICTURE, index=True
    )

    parent: Mapped["Company | None"] = relationship(remote_side="Company.id")
    logo: Mapped[StoredFile | None] = relationship()

    def __str__(self) -> str:
        return self.name

    def check(self) -> None:
        """Rules between fields. Source: spec 1.1."""
        self.code = (self.code or "").upper()
        if not re.fullmatch(r"[A-Z0-9-]+", self.code):
            raise DomainError(_("Use only letters, digits and dashes."), field="code")
        if self.siret and not self.siren:
            self.siren = self.siret[:9]
        refuse_cycle(self, "parent", _("A company cannot be its own parent."))


class Agency(AuditedModel):
    """An establishment of a company; it has no directory of its own."""

    __tablename__ = "agency"
    __entity__: ClassVar[str] = "agencies"
    __table_args__ = (
        unique("uq_agency_name_key", "company_id", "name_key", field="name", live=""),
        listed("ix_agency_list", "name_key", rows=""),
    )

    name: Mapped[str] = field(_l("Name"), String(120), search=True)
    name_key: Mapped[str] = folded("name", 120)
    company_id: Mapped[int] = link(_l("Company"), "company.id", css="w-co")
    code: Mapped[str | None] = field(_l("Code"), String(12))
    code_key: Mapped[str | None] = folded("code", 12, nullable=True)
    address: Mapped[str | None] = field(_l("Address"), Text)
    city: Mapped[str | None] = field(_l("City"), String(80))
    city_key: Mapped[str | None] = folded("city", 80, nullable=True)
    country: Mapped[str | None] = field(_l("Country"), String(2), kind=kinds.COUNTRY)
    phone: Mapped[str | None] = field(_l("Phone"), String(20), kind=kinds.PHONE, search=True)
    email: Mapped[str | None] = field(_l("E-mail"), String(254), kind=kinds.EMAIL)
    manager_id: Mapped[int | None] = link(_l("Manager"), "ab_user.id")
    postal_areas: Mapped[str | None] = field(
        _l("Postal areas"),
        String(255),
        help=_l(
            "Beginnings of the postal codes for which this agency is proposed, such as 75, 92."
        ),
    )
    active: Mapped[bool] = flag(lazy_pgettext("agency", "Active"), on=True)

    company: Mapped[Company] = relationship()
    manager: Mapped[User | None] = relationship(User, foreign_keys="Agency.manager_id")

    def __str__(self) -> str:
        return self.name

    @property
    def areas(self) -> list[str]:
        """The prefixes of postal codes for which this agency is the default."""
        return [area for area in re.split(r"[,;\s]+", (self.postal_areas or "").upper()) if area]

    def check(self) -> None:
        """Rules between fields. Source: spec 11."""
        self.postal_areas = ", ".join(dict.fromkeys(self.areas)) or None
        if self.id is not None and changed(self, "company"):
            raise DomainError(_("An agency cannot change company."), field="company")
