"""Products, units and VAT rates. Source: spec 3 and 8.1."""

from collections import Counter
from decimal import Decimal
from typing import ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.companies.columns import flag, link, lists
from crm.core.errors import DomainError
from crm.core.models import Child, Record, Reference, computed, field, folded, kinds, unique
from crm.core.models.text import format_money
from crm.core.types import Exact

# The months of a period → its name. Source: spec 7.5.
PERIODS = {
    "1": _l("Monthly"),
    "3": _l("Quarterly"),
    "6": _l("Half-yearly"),
    "12": _l("Yearly"),
}


class VatRate(Reference):
    """A rate of value added tax."""

    __tablename__ = "vat_rate"

    rate: Mapped[Decimal] = field(
        _l("Rate (%)"), Exact(2), kind=kinds.PERCENT, minimum=0, maximum=100, nullable=False
    )
    country: Mapped[str | None] = field(_l("Country"), String(2), kind=kinds.COUNTRY)


class Unit(Reference):
    """A unit of quantities."""

    __tablename__ = "unit"

    decimals: Mapped[int] = field(
        _l("Decimals allowed"),
        minimum=0,
        maximum=3,
        default=0,
        server_default="0",
        nullable=False,
        required=True,
    )


class Product(Record):
    """Fills label, description, price, unit and VAT rate of a line, all editable there."""

    __tablename__ = "product"
    __entity__: ClassVar[str] = "products"
    __table_args__ = (
        unique("uq_product_code_key", "company_id", "code_key", field="code"),
        unique("uq_product_external_ref", "company_id", "external_ref"),
        *lists("product", "name_key", "code_key", owned=False),
    )

    name: Mapped[str] = field(_l("Name"), String(160), search=True)
    name_key: Mapped[str] = folded("name", 160)
    code: Mapped[str] = field(_l("Code"), String(40), search=True)
    code_key: Mapped[str] = folded("code", 40)
    description: Mapped[str | None] = field(_l("Description"), Text)
    unit_id: Mapped[int | None] = link(_l("Unit"), "unit.id")
    vat_rate_id: Mapped[int | None] = link(_l("VAT rate"), "vat_rate.id")
    recurring_period: Mapped[int | None] = field(
        _l("Recurring"),
        choices=PERIODS,
        help=_l("The price is that of a period; the quantity on a quote counts periods."),
    )
    active: Mapped[bool] = flag(_l("Active"), on=True)

    unit: Mapped[Unit | None] = relationship()
    vat_rate: Mapped[VatRate | None] = relationship()

    prices: Mapped[list["ProductPrice"]] = relationship(
        back_populates="product",
        cascade="all, delete-orphan",
        order_by="ProductPrice.id",
        info={"label": _l("Prices")},
    )

    def __str__(self) -> str:
        return self.name

    @property
    def detail(self) -> str:
        """What tells it from others of its name where it is chosen."""
        return self.code

    @computed(_l("Unit price excl. tax"))
    def price_list(self) -> str:
        """The price in each currency."""
        return ", ".join(str(price) for price in self.prices)

    def check(self) -> None:
        """A price, and one for each currency."""
        counts = Counter(price.currency for price in self.prices)
        if not counts:
            raise DomainError(_("Enter a price."), field="prices")
        twice = [currency for currency, count in counts.items() if currency and count > 1]
        if twice:
            message = _("There are two prices in %(currency)s.", currency=twice[0])
            raise DomainError(message, field="prices")


class ProductPrice(Child):
    """The price of a product in one currency."""

    __tablename__ = "product_price"
    __parent__: ClassVar[str] = "product"
    __table_args__ = (unique("uq_product_price_currency", "product_id", "currency", live=""),)

    product_id: Mapped[int] = mapped_column(
        ForeignKey("product.id", ondelete="CASCADE"), index=True
    )
    currency: Mapped[str] = field(_l("Currency"), String(3), kind=kinds.CURRENCY)
    price: Mapped[Decimal] = field(
        _l("Unit price excl. tax"), Exact(4), kind=kinds.MONEY, minimum=0
    )

    product: Mapped[Product] = relationship(back_populates="prices")

    def __str__(self) -> str:
        return format_money(self.price, self.currency, 4)
