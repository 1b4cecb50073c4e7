"""Products, units and VAT rates. Source: spec 3 and 8.1."""

from decimal import Decimal
from typing import ClassVar

from flask_babel import lazy_gettext as _l
from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, relationship

from crm.companies.columns import flag, link, lists
from crm.core.models import Record, Reference, field, folded, kinds, unique
from crm.core.types import Exact


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
        *lists("product", "name_key", "code_key", "price", owned=False),
    )

    name: Mapped[str] = field(_l("Name"), String(160), search=True)
    name_key: Mapped[str] = folded("name", 160)
    code: Mapped[str] = field(_l("Code"), String(40), search=True)
    code_key: Mapped[str] = folded("code", 40)
    description: Mapped[str | None] = field(_l("Description"), Text)
    price: Mapped[Decimal] = field(
        _l("Unit price excl. tax"), Exact(4), kind=kinds.MONEY, minimum=0
    )
    currency: Mapped[str] = field(_l("Currency"), String(3), kind=kinds.CURRENCY, required=False)
    unit_id: Mapped[int | None] = link(_l("Unit"), "unit.id")
    vat_rate_id: Mapped[int | None] = link(_l("VAT rate"), "vat_rate.id")
    active: Mapped[bool] = flag(_l("Active"), on=True)

    unit: Mapped[Unit | None] = relationship()
    vat_rate: Mapped[VatRate | None] = relationship()

    def __str__(self) -> str:
        return self.name
