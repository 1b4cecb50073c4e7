"""Services of prospects and clients: defaults, creation, conversion, deletion. Source: spec 5."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement

from crm.accounts.models import (
    Account,
    AccountContact,
    AccountKind,
    Contact,
    LostReason,
    Nature,
    ProspectStatus,
    ProspectStatusKind,
)
from crm.accounts.services.prospects import OUTCOME, Outcome, change_status, default_status
from crm.accounts.signals import account_deleting
from crm.companies import assignable
from crm.companies.choices import candidates_of, company_ids, owner_refusal
from crm.companies.defaults import (
    agency_by_area,
    current_user_or_none,
    default_owner,
    fill_company,
    fill_empty,
    pick_agency,
    set_default,
)
from crm.companies.models import Company
from crm.companies.moves import split_outcome
from crm.companies.numbering import next_reference
from crm.companies.settings import company_settings
from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import create_row, delete_row, update_row
from crm.core.errors import DomainError

REFERENCE = ("account", "T", 5)  # kind of counter, prefix, digits


def defaults(values: dict[str, Any]) -> dict[str, Any]:
    """The company's own language, currency and terms; the creator as owner, if assignable."""
    company = fill_company(values, values.get("parent"))
    fill_empty(values, "kind", lambda: AccountKind(company.default_account_kind))
    if values["kind"] == AccountKind.PROSPECT:
        fill_empty(values, "prospect_status", default_status)
    fill_empty(values, "nature", lambda: Nature.ORGANIZATION)
    set_default(values, "owner", lambda: default_owner(candidates, company, current_user_or_none()))
    set_default(values, "agency", lambda: _default_agency(company, values))
    set_default(values, "language", lambda: company.language)
    set_default(values, "currency", lambda: company.currency)
    set_default(values, "payment_terms", lambda: company_settings(company.id).payment_terms)
    return values


def _default_agency(company: Company, values: Mapping[str, Any]) -> Any:
    addresses = values.get("addresses") or [{}]
    return pick_agency(company, current_user_or_none()) or agency_by_area(
        company, addresses[0].get("postal_code")
    )


def create(values: Mapping[str, Any]) -> Account:
    """A new account, with its reference. Raises DomainError by field.

    In a closed status it is created in the default one, then won or lost with what that needs.
    """
    status = values.get("prospect_status")
    if status is not None and values["kind"] == AccountKind.CLIENT:
        raise DomainError(_("Only a prospect has a status."), field="prospect_status")
    rest, outcome = _split(values, status)
    is_open = status is None or status.kind == ProspectStatusKind.OPEN
    if not is_open:
        rest["prospect_status"] = default_status()
    rest["reference"] = next_reference(values["company"].id, *REFERENCE)
    account: Account = create_row(Account, _with_one_default(rest), RULES)
    if status is not None and not is_open:
        change_status(account, status, **outcome)
        update_row(account, {})
    return account


def update(account: Account, values: Mapping[str, Any]) -> None:
    """Change an account; another status among the values is a move. Raises DomainError by field."""
    rest, outcome = _split(values, values.get("prospect_status") or account.prospect_status)
    status = rest.pop("prospect_status", account.prospect_status)
    update_row(account, _with_one_default(rest), RULES)
    if status is account.prospect_status:
        return
    if status is None:
        raise DomainError(_("Required field"), field="prospect_status")
    change_status(account, status, **outcome)
    update_row(account, {})


def _split(
    values: Mapping[str, Any], status: ProspectStatus | None
) -> tuple[dict[str, Any], Outcome]:
    """Fields to save, and the outcome of a loss, which others than lost prospects do not have."""
    is_lost = status is not None and status.kind == ProspectStatusKind.LOST
    refusal = "" if is_lost else _("For lost prospects only; choose a lost status.")
    return split_outcome(values, OUTCOME, refusal)


def _with_one_default(values: Mapping[str, Any]) -> dict[str, Any]:
    """The first address is the default one where none is named."""
    addresses = [dict(address) for address in values.get("addresses") or ()]
    if addresses and not any(address.get("is_default") for address in addresses):
        addresses[0]["is_default"] = True
    return {**values, "addresses": addresses} if "addresses" in values else dict(values)


def delete(account: Account) -> None:
    """Move to the bin. Raises DomainError, with the counts, while upper slices need the account."""
    answers = (answer for __, answer in account_deleting.send(account))
    kept = [answer for answer in answers if answer]
    if kept:
        raise DomainError(
            _("%(account)s has %(what)s and cannot be deleted.", account=account, what=_list(kept))
        )
    delete_row(account)


def _list(parts: list[str]) -> str:
    if len(parts) < 2:
        return parts[0]
    return str(_("%(first)s and %(last)s", first=", ".join(parts[:-1]), last=parts[-1]))


def candidates(relation: str, values: Mapping[str, Any]) -> ColumnElement[bool] | None:
    """Owners by the settings; parents and contacts of the same company. Source: spec 2.2, 5.2."""
    if relation == "lost_reason":
        return LostReason.for_prospects.is_(True)
    if relation == "owner":
        return assignable.assignable(*company_ids(values))
    if relation == "contact":  # of a link
        return Contact.company_id.in_(company_ids(values))
    if relation in ("job_title", "department", "role"):
        return None
    return candidates_of(Account, relation, values)


def is_owner_stale(account: Account) -> bool:
    """Whether the owner could no longer be chosen: "No longer assignable". Source: spec 2.2."""
    owner = account.owner
    return owner is not None and not assignable.may_own(owner, account.company_id)


def main_contact(account: Account) -> Contact | None:
    """The main contact, or None where nobody is named or they are in the bin or out of reach."""
    link: AccountContact | None = account.main_contact
    return link.contact if link is not None else None


RULES = Rules(
    defaults=defaults,
    create=create,
    update=update,
    delete=delete,
    candidates=candidates,
    refusal=owner_refusal,
    given_at_creation=OUTCOME,
)
