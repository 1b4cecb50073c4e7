"""Where an account is. Source: spec 5.2."""

from collections.abc import Iterable
from typing import Any, ClassVar

from flask_babel import lazy_gettext as _l
from sqlalchemy import Connection, ForeignKey, String, Text, event, inspect, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

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


@event.listens_for(Session, "after_flush")
def _keep_main_countries(session: Session, _context: Any) -> None:
    """Update `main_country` in every flush that changes an address."""
    ids: set[int] = set()
    for one in (*session.new, *session.deleted, *session.dirty):
        if isinstance(one, AccountAddress) and (one not in session.dirty or _is_moved(one)):
            ids.update(filter(None, inspect(one).attrs.account_id.history.sum()))
    if ids:
        keep_main_countries(session.connection(), ids)


def keep_main_countries(connection: Connection, account_ids: Iterable[int]) -> None:
    """Store the countries of these accounts' main addresses: the default one, else the first.

    By a statement: the accounts were not edited, so their version and "Changed on" stay.
    """
    account, address = Account.__table__, AccountAddress.__table__.c
    these = account.c.id.in_(sorted(account_ids))
    # Lock: two transactions that change one address each would not see the other's.
    locked = select(account.c.id).where(these).order_by(account.c.id)
    connection.execute(locked.with_for_update(key_share=True))
    country = (
        select(address.country)
        .where(address.account_id == account.c.id)
        .order_by(address.is_default.desc(), address.id)
        .limit(1)
        .scalar_subquery()
    )
    as_it_was = {name: account.c[name] for name in ("changed_on", "changed_by_id")}
    other = account.c.main_country.is_distinct_from(country)
    connection.execute(
        update(account).where(these, other).values(main_country=country, **as_it_was)
    )


def _is_moved(address: AccountAddress) -> bool:
    attributes: Any = inspect(address).attrs
    names = ("account", "account_id", "country", "is_default")
    return any(attributes[name].history.has_changes() for name in names)
