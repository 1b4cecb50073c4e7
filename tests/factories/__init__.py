"""The smallest valid rows, made by the road that page, API and import take."""

from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select

from crm.accounts.models import Account, Contact
from crm.accounts.services import account as account_services
from crm.accounts.services import contact as contact_services
from crm.calendar import services as event_services
from crm.calendar.models import Event
from crm.catalog import services as catalog_services
from crm.catalog.models import Catalog
from crm.companies.models import Agency, AppSettings, Company, CompanySettings
from crm.companies.services import agency as agency_services
from crm.companies.services import company as company_services
from crm.companies.services import settings as settings_services
from crm.core.datamodel import DataModel
from crm.core.datamodel.rules import PLAIN, Rules
from crm.core.db import db
from crm.core.models import Reference
from crm.leads import services as lead_services
from crm.leads.models import Lead, LeadStatus
from crm.leads.services import vocabulary as status_services
from crm.opportunities import services as opportunity_services
from crm.opportunities.models import Opportunity, Stage
from crm.opportunities.services import vocabulary as stage_services
from crm.quotes.models import Product, Quote
from crm.quotes.services import product as product_services
from crm.quotes.services import quote as quote_services

RULES: dict[type[Any], Rules] = {
    Account: account_services.RULES,
    Agency: agency_services.RULES,
    AppSettings: settings_services.RULES,
    Catalog: catalog_services.RULES,
    Company: company_services.RULES,
    CompanySettings: settings_services.RULES,
    Contact: contact_services.RULES,
    Event: event_services.RULES,
    Lead: lead_services.RULES,
    LeadStatus: status_services.RULES,
    Opportunity: opportunity_services.RULES,
    Product: product_services.RULES,
    Quote: quote_services.RULES,
    Stage: stage_services.RULES,
}

# What a row cannot be without.
LEAST: dict[type[Any], dict[str, Any]] = {
    Account: {"name": "Faro"},
    Contact: {"last_name": "Roy"},
    Event: {"subject": "Démonstration"},
    Lead: {"organization": "Élan"},
    Opportunity: {"name": "Projet Alpha"},
    Product: {"name": "Pompe", "code": "P1", "prices": [{"currency": "EUR", "price": 100}]},
}


def table_of(kind: type[Any]) -> DataModel:
    """The table with the rules of its slice."""
    return DataModel(kind, RULES.get(kind, PLAIN))


def make(kind: type[Any], /, **values: Any) -> Any:
    """A new row, as whoever acts would make it."""
    return table_of(kind).create({**LEAST.get(kind, {}), **values})


def save(row: Any, /, **values: Any) -> None:
    """Change fields of a row, as whoever acts would."""
    table_of(type(row)).update(row, values)


def remove(row: Any) -> None:
    """Put a row into the bin, as whoever acts would."""
    table_of(type(row)).remove(row)


def again(row: Any) -> Any:
    """The row as the database has it, for whoever acts now."""
    return table_of(type(row)).fetch(row.id)


def word(kind: type[Reference], english: str) -> Any:
    """A row of a vocabulary, by its English name."""
    return next(row for row in db.session.scalars(select(kind)) if row.name.get("en") == english)


def person(user_id: int) -> User:
    """The row of a user."""
    return db.session.get_one(User, user_id)
