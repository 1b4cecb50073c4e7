"""Reading the current settings, with or without an actor."""

from typing import Any

from sqlalchemy import select

from crm.companies.models import AppSettings, CompanySettings
from crm.core.actor import find_actor
from crm.core.db import db, per_transaction
from crm.core.rows import unfiltered


def app_settings() -> AppSettings:
    """The settings row of the application. Raises LookupError before `crm init`."""

    def read() -> AppSettings:
        with unfiltered("settings hold for everyone, whoever may open their page"):
            row = db.session.get(AppSettings, 1)
        if row is None:
            raise LookupError("there are no settings yet: run `crm init`")
        return row

    return per_transaction("app_settings", read)


def setting(name: str) -> Any:
    """One setting of the application, from the actor, else from the row."""
    actor = find_actor()
    if actor is not None and name in actor.settings:
        return actor.settings[name]
    return getattr(app_settings(), name)


def company_settings(company_id: int) -> CompanySettings:
    """The settings row of a company, which is created with it."""

    def read() -> CompanySettings:
        with unfiltered("a company's settings hold for its records, whoever may open their page"):
            statement = select(CompanySettings).where(CompanySettings.company_id == company_id)
            return db.session.scalars(statement).one()

    return per_transaction(("company_settings", company_id), read)
