"""A preview of the recurring figures of a form. Source: spec 7.5."""

from typing import Any

from werkzeug.datastructures import MultiDict

from crm.core.actor import current_actor
from crm.core.datamodel import DataModel
from crm.core.forms import Form
from crm.core.models.text import parse_number
from crm.opportunities.fields import RECURRING, RECURRING_FIGURES
from crm.opportunities.models import Opportunity
from crm.opportunities.services import default_duration


def preview(datamodel: DataModel, typed: MultiDict[str, str]) -> dict[str, str]:
    """figure → text; invalid inputs are ignored."""
    asked = Form(datamodel, ["amount", "currency", *RECURRING])
    asked.read(typed)
    values = {name: value for name, value in asked.values.items() if not asked.fields[name].errors}
    values["recurring_period"] = int(values.get("recurring_period") or 1)
    if values.get("recurring_amount") is not None and values.get("recurring_duration") is None:
        values["recurring_duration"] = _proposed_months(typed)
    made = Opportunity(**values)  # never added to the session
    shown = Form(datamodel, list(RECURRING_FIGURES))
    shown.fill({name: getattr(made, name) for name in RECURRING_FIGURES} | values)
    return {name: field.text for name, field in shown.fields.items()}


def _proposed_months(typed: MultiDict[str, str]) -> Any:
    actor = current_actor()
    company = actor.company_of(parse_number(typed.get("company", ""))) or actor.company
    return default_duration(company.id) if company is not None else None
