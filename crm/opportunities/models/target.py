"""What a salesperson is to win in a quarter."""

from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ForeignKey, String, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, relationship

from crm.companies.models import Company
from crm.core.datamodel.buckets import Step, first_day
from crm.core.errors import DomainError
from crm.core.models import AuditedModel, field, kinds, unique
from crm.core.types import Money


class SalesTarget(AuditedModel):
    """The amount that a person is to win in a quarter, for one company and in one currency.

    It is read like an opportunity of that person, whose agency is its own.
    """

    __tablename__ = "sales_target"
    __entity__: ClassVar[str] = "opportunities"
    __table_args__ = (
        unique(
            "uq_sales_target_owner", "company_id", "owner_id", "quarter", "currency",
            field="amount", live="",
        ),
    )  # fmt: skip

    company_id: Mapped[int] = field(_l("Company"), ForeignKey("company.id"), nullable=False)
    owner_id: Mapped[int] = field(
        _l("Salesperson"), ForeignKey("ab_user.id"), nullable=False, index=True
    )
    quarter: Mapped[date] = field(_l("Quarter"), nullable=False)  # its first day
    currency: Mapped[str] = field(_l("Currency"), String(3), kind=kinds.CURRENCY, nullable=False)
    amount: Mapped[Decimal] = field(_l("Target"), Money, minimum=0, nullable=False)

    company: Mapped[Company] = relationship()
    owner: Mapped[User] = relationship(foreign_keys=[owner_id])

    def __str__(self) -> str:
        return _("Target of %(person)s", person=self.owner)

    @hybrid_property
    def agency_id(self) -> int | None:
        """The agency of the person."""
        found: int | None = self.owner.agency_id
        return found

    @agency_id.inplace.expression
    @classmethod
    def _agency_id(cls) -> Any:
        return select(User.agency_id).where(User.id == cls.owner_id).scalar_subquery()

    def check(self) -> None:
        """It is of a whole quarter."""
        if self.quarter != first_day(self.quarter, Step.QUARTER):
            raise DomainError(_("Choose the first day of a quarter."), field="quarter")
