"""The lines of a quote. Source: spec 8.1 and 8.5."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.companies.columns import by_value, link
from crm.core.errors import DomainError
from crm.core.models import Child, computed, field, kinds
from crm.core.types import Exact, Money
from crm.quotes import totals
from crm.quotes.models.product import PERIODS, Product, Unit, VatRate
from crm.quotes.models.quote import Quote


class LineKind(StrEnum):
    """The kind of a line; only items have an amount."""

    ITEM = "item"
    SECTION = "section"
    TEXT = "text"
    SUBTOTAL = "subtotal"


def amounts(kinds: Iterable[LineKind], nets: Iterable[Decimal]) -> Iterator[Decimal | None]:
    """The amount at the end of each line, from the `nets` of the items.

    A subtotal sums the items since the last subtotal or section title; titles and texts have none.
    """
    left, since = iter(nets), Decimal(0)
    for kind in kinds:
        if kind == LineKind.ITEM:
            net = next(left)
            since += net
            yield net
        elif kind == LineKind.SUBTOTAL:
            yield since
            since = Decimal(0)
        else:
            since = Decimal(0) if kind == LineKind.SECTION else since
            yield None


class QuoteLine(Child):
    """An item, a title, a text or a subtotal."""

    __tablename__ = "quote_line"
    __parent__: ClassVar[str] = "quote"

    quote_id: Mapped[int] = mapped_column(ForeignKey("quote.id", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(default=0, server_default="0", nullable=False)
    kind: Mapped[LineKind] = field(
        _l("Kind"),
        by_value(LineKind),
        choices={
            LineKind.ITEM: _l("Item"),
            LineKind.SECTION: _l("Section title"),
            LineKind.TEXT: _l("Text"),
            LineKind.SUBTOTAL: _l("Subtotal"),
        },
        default=LineKind.ITEM,
        server_default=LineKind.ITEM,
        nullable=False,
    )
    product_id: Mapped[int | None] = link(_l("Product"), "product.id")
    label: Mapped[str] = field(_l("Label"), String(255))
    description: Mapped[str | None] = field(_l("Description"), Text)
    quantity: Mapped[Decimal | None] = field(_l("Quantity"), Exact(3))
    unit_id: Mapped[int | None] = link(_l("Unit"), "unit.id")
    unit_price: Mapped[Decimal | None] = field(_l("Unit price"), Exact(4), kind=kinds.MONEY)
    discount_percent: Mapped[Decimal | None] = field(
        _l("Discount"), Exact(2), kind=kinds.PERCENT, minimum=0, maximum=100
    )
    discount_amount: Mapped[Decimal | None] = field(
        _l("Discount amount"), Exact(4), kind=kinds.MONEY, minimum=0, help=_l("Per unit.")
    )
    vat_rate_id: Mapped[int | None] = link(_l("VAT rate"), "vat_rate.id")
    recurring_period: Mapped[int | None] = field(_l("Recurring"), choices=PERIODS)
    recurring_duration: Mapped[int | None] = field(
        _l("Duration (in months)"),
        minimum=1,
        maximum=120,
        help=_l("Leave empty for as many periods as the quantity."),
    )
    total_excl: Mapped[Decimal | None] = field(_l("Total excl. tax"), Money, readonly=True)

    quote: Mapped[Quote] = relationship(back_populates="lines")
    product: Mapped[Product | None] = relationship()
    unit: Mapped[Unit | None] = relationship()
    vat_rate: Mapped[VatRate | None] = relationship()

    def __str__(self) -> str:
        return self.label

    @property
    def is_item(self) -> bool:
        """Whether the line has an amount, which is the default kind."""
        return self.kind in (None, LineKind.ITEM)

    @property
    def facts(self) -> totals.PricedLine:
        """The values of an item for `totals`."""
        return totals.PricedLine(
            quantity=self.quantity or Decimal(0),
            unit_price=self.unit_price or Decimal(0),
            discount_percent=self.discount_percent or Decimal(0),
            discount_amount=self.discount_amount or Decimal(0),
            vat_rate=self.vat_rate.rate if self.vat_rate is not None else Decimal(0),
        )

    @computed(_l("Discounted unit price"), kinds.MONEY, places=4)
    def discounted_price(self) -> Decimal | None:
        """For display only."""
        return totals.discounted_price(self.facts) if self.is_item else None

    def check(self) -> None:
        """Rules between fields. Source: spec 8.5."""
        if not self.is_item:
            self.product = self.unit = self.vat_rate = None
            self.quantity = self.unit_price = self.total_excl = None
            self.discount_percent = self.discount_amount = None
            self.recurring_period = self.recurring_duration = None
            return
        wrong = {
            name: _("Required field")
            for name in ("quantity", "unit_price")
            if getattr(self, name) is None
        }
        if self.quantity == 0:
            wrong["quantity"] = _("The quantity cannot be zero.")
        if self.vat_rate is None and self.vat_rate_id is None:
            wrong["vat_rate"] = _("Required field")
        if self.discount_percent and self.discount_amount:
            wrong["discount_amount"] = _("Enter a percentage or an amount, not both.")
        if self.discount_amount and self.discount_amount > (self.unit_price or 0):
            wrong["discount_amount"] = _("The discount is larger than the price.")
        if wrong:
            raise DomainError(fields=wrong)
