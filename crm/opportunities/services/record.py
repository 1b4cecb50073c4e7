"""New and changed opportunities. Source: spec 7.1, 7.2 and 7.5."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, select

from crm.accounts.models import Account, AccountContact, Contact, LostReason
from crm.accounts.services.account import main_contact
from crm.accounts.services.reasons import LOSS
from crm.companies.choices import sales_candidates, sales_owner_refusal
from crm.companies.defaults import (
    current_user_or_none,
    default_owner,
    fill_company,
    fill_empty,
    of_company,
    pick_agency,
    set_default,
)
from crm.companies.moves import split_outcome
from crm.companies.numbering import next_reference
from crm.companies.owners import assign_to_me
from crm.companies.settings import company_settings, setting
from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import create_row, update_row
from crm.core.errors import DomainError
from crm.opportunities.models import Opportunity, Stage, StageKind
from crm.opportunities.services.stages import Outcome, default_stage, move

# Set by moves only, but accepted when an opportunity is created in a closed stage.
GIVEN_AT_CREATION = ("closed_on", *LOSS)


def defaults(values: dict[str, Any]) -> dict[str, Any]:
    """Defaults from the account, else from the creator and the settings."""
    fill_empty(values, "account", lambda: _only_account(values.get("contact")))
    company = fill_company(values, values["account"])
    account: Account | None = of_company(company, values["account"])
    fill_empty(values, "currency", lambda: (account and account.currency) or company.currency)
    fill_empty(values, "stage", default_stage)
    fill_empty(values, "probability", lambda: values["stage"].probability)
    owners = (account.owner if account else None, current_user_or_none())
    set_default(values, "owner", lambda: default_owner(candidates, company, *owners))
    set_default(values, "agency", lambda: pick_agency(company, account, values["owner"]))
    set_default(values, "source", lambda: account.source if account else None)
    set_default(values, "contact", lambda: main_contact(account) if account else None)
    return _with_duration(values, company.id)


def _only_account(contact: Contact | None) -> Account | None:
    """The account of a contact with exactly one. Source: spec 7.1."""
    accounts = contact.accounts if contact is not None else ()
    return accounts[0] if len(accounts) == 1 else None


def _with_duration(values: dict[str, Any], company_id: int) -> dict[str, Any]:
    """A recurring amount without duration gets the company's, else the application's (spec 7.5)."""
    if values.get("recurring_amount") is not None and values.get("recurring_duration") is None:
        values["recurring_duration"] = default_duration(company_id)
    return values


def default_duration(company_id: int) -> int:
    """The default of the recurring duration, in months."""
    return company_settings(company_id).recurring_duration or int(
        setting("default_recurring_duration")
    )


def create(values: Mapping[str, Any]) -> Opportunity:
    """A new opportunity, with its reference. Raises DomainError by field.

    In a closed stage it is created in the default one, then won or lost with what that needs.
    """
    stage = values["stage"]
    rest, outcome = _split(values, stage)
    if stage.kind != StageKind.OPEN:
        rest |= {"stage": default_stage(), "probability": default_stage().probability}
    settings = company_settings(rest["company"].id)
    rest["reference"] = next_reference(
        settings.company_id,
        "opportunity",
        settings.opportunity_prefix,
        settings.opportunity_padding,
    )
    opportunity: Opportunity = create_row(Opportunity, rest, RULES)
    if stage.kind != StageKind.OPEN:
        move(opportunity, stage, **outcome)
        update_row(opportunity, {})
    return opportunity


def update(opportunity: Opportunity, values: Mapping[str, Any]) -> None:
    """Change an opportunity; another stage among the values is a move. Raises DomainError."""
    rest, outcome = _split(values, values.get("stage") or opportunity.stage)
    stage = rest.pop("stage", None)
    if opportunity.recurring_amount is None and opportunity.recurring_duration is None:
        rest = _with_duration(rest, opportunity.company_id)
    has_account = "account" not in rest and opportunity.account_id is not None  # hidden or not
    if rest.get("contact") is not None and not (has_account or rest.get("account")):
        rest["account"] = _only_account(rest["contact"])
    if stage is not None and rest.get("probability") == opportunity.probability:
        rest.pop("probability")  # unchanged, so the new stage's applies
    update_row(opportunity, rest, RULES)
    if stage is not None and stage is not opportunity.stage:
        move(opportunity, stage, **outcome)
        if rest.get("probability") is not None and stage.kind == StageKind.OPEN:
            opportunity.probability = rest["probability"]
        update_row(opportunity, {})


def _split(values: Mapping[str, Any], stage: Stage) -> tuple[dict[str, Any], Outcome]:
    """Fields to save, and the outcome of a closing, which an open opportunity does not have."""
    is_open = stage.kind == StageKind.OPEN
    refusal = _("For closed opportunities only; choose a closing stage.") if is_open else ""
    return split_outcome(values, GIVEN_AT_CREATION, refusal)


def take_charge(opportunity: Opportunity) -> None:
    """Make the actor the owner. Raises DomainError where it is closed. Source: spec 1.3."""
    if opportunity.is_closed:
        raise DomainError(_("This opportunity is closed."))
    assign_to_me(opportunity, RULES)


def candidates(relation: str, values: Mapping[str, Any]) -> ColumnElement[bool] | None:
    """Contacts of the account; owners by the settings where they hold here too (spec 2.2, 7.1)."""
    if relation == "lost_reason":
        return LostReason.for_opportunities.is_(True)
    condition = sales_candidates(Opportunity, relation, values)
    if relation != "contact" or condition is None:
        return condition
    account = values.get("account")
    account_id = account.id if account is not None else values.get("account_id")
    if account_id is None:
        return condition
    known = select(AccountContact.contact_id).where(AccountContact.account_id == account_id)
    return and_(condition, Contact.id.in_(known))


def refusal(relation: str, values: Mapping[str, Any]) -> str | None:
    """Why an owner or a contact was refused."""
    if relation == "contact":
        return str(_("Choose a contact of this account."))
    return sales_owner_refusal(relation, values)


RULES = Rules(
    defaults=defaults,
    create=create,
    update=update,
    candidates=candidates,
    narrowed_by=("company", "account"),
    refusal=refusal,
    given_at_creation=GIVEN_AT_CREATION,
)
