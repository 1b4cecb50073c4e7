"""The targets of a company's salespeople."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from sqlalchemy import or_, select

from crm.companies.choices import sales_candidates
from crm.companies.models import Company
from crm.core.actor import Scope, find_actor
from crm.core.datamodel.saving import create_row, delete_row, update_row
from crm.core.db import db
from crm.core.errors import DomainError, Forbidden
from crm.opportunities.models import Opportunity, SalesTarget

Cell = tuple[int, date]  # the id of a person, the first day of a quarter


@dataclass(frozen=True)
class Changed:
    """An amount as the page showed it, and as it is to be; None where there is no target."""

    was: Decimal | None
    now: Decimal | None


def may_set(company_id: int | None = None) -> bool:
    """Whether the actor sets the targets of a company, or of any.

    It needs the scope by which opportunities are handed over, the company or more.
    """
    actor = find_actor()
    if actor is None:
        return False
    scope = actor.widest_scope("edit", Opportunity.__entity__)
    mine = actor.all_company_ids if scope is Scope.ALL else actor.company_ids
    return scope >= Scope.COMPANY and (company_id is None or company_id in mine)


def quarters(year: int) -> list[date]:
    """The first days of the quarters of a year."""
    return [date(year, month, 1) for month in (1, 4, 7, 10)]


def targets_of(company: Company, year: int, currency: str) -> dict[Cell, SalesTarget]:
    """The targets of a year."""
    found = db.session.scalars(
        select(SalesTarget).where(
            SalesTarget.company_id == company.id,
            SalesTarget.quarter.in_(quarters(year)),
            SalesTarget.currency == currency,
        )
    )
    return {(one.owner_id, one.quarter): one for one in found}


def people_of(company: Company, owner_ids: Sequence[int]) -> list[User]:
    """Who may own its opportunities now, and these people; by name."""
    condition = sales_candidates(Opportunity, "owner", {"company": company})
    chosen = [] if condition is None else [condition]
    found = db.session.scalars(select(User).where(or_(*chosen, User.id.in_(owner_ids)))).unique()
    return sorted(found, key=lambda one: (str(one).casefold(), one.id))


def set_targets(
    company: Company, year: int, currency: str, changes: Mapping[Cell, Changed]
) -> None:
    """Write the amounts that were changed.

    Raises Forbidden; DomainError, by `owner id.quarter`, where somebody else changed one meanwhile.
    """
    if not may_set(company.id):
        raise Forbidden(_("You are not allowed to set targets."))
    known = targets_of(company, year, currency)
    wrong = {
        name_of(cell): _("Somebody else has changed this: check it and save again.")
        for cell, change in changes.items()
        if (known[cell].amount if cell in known else None) not in (change.was, change.now)
    }
    if wrong:
        raise DomainError(fields=wrong)
    for cell, change in changes.items():
        _write(company, currency, cell, known.get(cell), change.now)


def name_of(cell: Cell) -> str:
    """The name of an input."""
    return f"{cell[0]}.{(cell[1].month + 2) // 3}"


def _write(
    company: Company, currency: str, cell: Cell, row: SalesTarget | None, amount: Decimal | None
) -> None:
    if row is not None and amount is None:
        delete_row(row)
    elif row is not None:
        update_row(row, {"amount": amount})
    elif amount is not None:
        owner = db.session.get_one(User, cell[0])
        values = {"company": company, "owner": owner, "quarter": cell[1]}
        create_row(SalesTarget, {**values, "currency": currency, "amount": amount})
