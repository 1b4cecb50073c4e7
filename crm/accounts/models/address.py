"""Where an account is. Source: spec 5.2."""

from typing import ClassVar

from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.accounts.models.account import Account
from crm.companies.columns import flag
from crm.core.models import Child, field, kinds
from crm.core.models.codes import country_name


class AccountAddress(Child):
    """A postal address of an account, for billing, delivery or both."""

    __tablename__ = "account_address"
    __parent__: ClassVar[str] = "account"

    account_id: Mapped[int] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    label: Mapped[str | None] = field(_l("Label"), String(80))
    street: Mapped[str | None] = field(_l("Address"), Text)
    postal_code: Mapped[str | None] = field(_l("Postal code"), String(16), kind=kinds.POSTAL_CODE)
    city: Mapped[str | None] = field(_l("City"), String(80))
    region: Mapped[str | None] = field(_l("Region"), String(80))
    country: Mapped[str | None] = field(_l("Country"), String(2), kind=kinds.COUNTRY)
    is_billing: Mapped[bool] = flag(_l("Billing address"))
    is_delivery: Mapped[bool] = flag(_l("Delivery address"))
    is_default: Mapped[bool] = flag(_l("Default"))

    account: Mapped[Account] = relationship(back_populates="addresses")

    def __str__(self) -> str:
        town = " ".join(part for part in (self.postal_code, self.city) if part)
        return "\n".join(line for line in (self.street, town, self.abroad) if line)

    @property
    def abroad(self) -> str:
        """The country's name; "" for the company's own country, as on an envelope."""
        company = self.account.company if self.account is not None else None
        if not self.country or (company is not None and company.country == self.country):
            return ""
        return country_name(self.country)
