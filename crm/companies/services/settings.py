"""Services of the settings pages. Further rules are in the models."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import ColumnElement, and_, func, inspect, or_, select
from sqlalchemy.orm.attributes import set_committed_value

from crm.companies.models import AppSettings, CompanySettings, Counter
from crm.companies.numbering import reference
from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import update_row
from crm.core.db import clear_cache, db, per_transaction
from crm.core.rows import unfiltered
from crm.core.types import utcnow

OPEN = "open"  # the kind of the statuses and stages of new records
LATELY = 30  # days
# What new leads, opportunities and prospects begin with.
DEFAULTS = (
    "lead_default_status",
    "opportunity_default_stage",
    "proposal_stage",
    "prospect_default_status",
)
TEMPLATE = "_template"  # at the end of a relation to a template, after the kind that fits


def update(row: Any, values: Mapping[str, Any]) -> None:
    """Save settings, with immediate effect. Raises DomainError by field."""
    update_row(row, values)
    clear_cache()


def candidates(relation: str, values: Mapping[str, Any]) -> ColumnElement[bool] | None:
    """Default statuses and stages are open, templates of the fitting kind; both are active.

    Source: spec 2.7 and 2.8.
    """
    if relation.endswith(TEMPLATE):
        return _templates(relation, values)
    if relation not in DEFAULTS:
        return None
    target = inspect(AppSettings).relationships[relation].mapper.class_
    condition: ColumnElement[bool] = (target.kind == OPEN) & target.active.is_(True)
    return condition


def usable_templates(company_id: int) -> Sequence[Any]:
    """The templates that a company may send, of every kind."""
    template = inspect(CompanySettings).relationships[f"quote{TEMPLATE}"].mapper.class_
    statement = select(template).where(_is_usable(template, company_id))
    ordered = statement.order_by(template.name_key, template.id)
    return per_transaction(
        ("usable_templates", company_id), lambda: db.session.scalars(ordered).unique().all()
    )


def load_templates(row: CompanySettings) -> None:
    """Set the chosen templates of a row from one statement, instead of one for each kind."""
    found = {one.id: one for one in usable_templates(row.company_id)}
    for name in inspect(CompanySettings).relationships.keys():  # noqa: SIM118  no mapping
        if name.endswith(TEMPLATE):
            key = getattr(row, f"{name}_id")
            if key is None or key in found:
                set_committed_value(row, name, found.get(key))


def unsent(company_id: int) -> Mapping[str, int]:
    """Kind → how many e-mails were skipped lately because no template is chosen for it."""
    messages = Model.metadata.tables["message"].c  # of an upper slice
    lacking = (
        messages.company_id == company_id,
        messages.state == "skipped",
        messages.reason == "no_template",
        messages.created_on > utcnow() - timedelta(days=LATELY),
    )
    statement = select(messages.kind, func.count()).where(*lacking).group_by(messages.kind)
    with unfiltered("who sets what a company sends is told how much it does not send"):
        return {str(kind): number for kind, number in db.session.execute(statement)}


def _is_usable(template: Any, company_id: int | None) -> ColumnElement[bool]:
    is_ours = or_(template.company_id.is_(None), template.company_id == company_id)
    return and_(template.active.is_(True), is_ours)


def _templates(relation: str, values: Mapping[str, Any]) -> ColumnElement[bool]:
    template = inspect(CompanySettings).relationships[relation].mapper.class_
    company = values.get("company")
    company_id = company.id if company is not None else values.get("company_id")
    is_fitting = template.kind == relation.removesuffix(TEMPLATE)
    return and_(is_fitting, _is_usable(template, company_id))


def coming_numbers(settings: CompanySettings, year: int) -> Mapping[str, str]:
    """A preview of the next number by kind: of an opportunity, and of a quote of this year."""
    statement = select(Counter.kind, Counter.last).where(
        Counter.company_id == settings.company_id,
        or_(
            and_(Counter.kind == "opportunity", Counter.year == 0),
            and_(Counter.kind == "quote", Counter.year == year),
        ),
    )
    last = {row.kind: row.last for row in db.session.execute(statement)}
    series = {
        "opportunity": (settings.opportunity_prefix, settings.opportunity_padding),
        "quote": (f"{settings.quote_prefix}-{year}-", settings.quote_padding),
    }
    return {
        kind: reference(prefix, digits, last.get(kind, 0) + 1)
        for kind, (prefix, digits) in series.items()
    }


RULES = Rules(update=update, candidates=candidates)
