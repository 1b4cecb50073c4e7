"""Statements of the home page; they are returned, not executed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import ColumnElement, CompoundSelect, Select, func, literal, select, union_all

from crm.accounts.models import Account
from crm.companies.models import AppSettings, Company
from crm.core.journal import Journal
from crm.leads.models import Lead
from crm.mail.models import Template

COUNTED = 1000  # cap of the counts
LOOKED_AT = 60  # entries of the journal, among which the last records are


def counts(
    wanted: Mapping[str, tuple[type[Any], Sequence[ColumnElement[bool]]]],
) -> CompoundSelect[Any]:
    """(key, number of rows) for each table and its conditions."""
    parts = []
    for key, (model, where) in wanted.items():
        rows = select(model.id).where(*where).limit(COUNTED).subquery()
        parts.append(select(literal(key), func.count()).select_from(rows))
    return union_all(*parts)


def installed(company_id: int | None) -> CompoundSelect[Any]:
    """(key, number) of what a new installation has to get, the logo for this company."""
    active = Template.active.is_(True)
    by_hand = (Journal.kind == AppSettings.__tablename__, Journal.user_id.is_not(None))
    return counts(
        {
            "users": (User, [User.active]),
            "roles": (Role, []),
            "settings": (Journal, by_hand),
            "leads": (Lead, []),
            "accounts": (Account, []),
            "logos": (Company, [Company.id == company_id, Company.logo_id.is_not(None)]),
            "templates": (Template, [active]),
            "default_templates": (Template, [active, Template.is_default.is_(True)]),
        }
    )


def last_changes(user_id: int) -> Select[str, int, datetime]:
    """(kind, row_id, at) of what a user changed last, newest first."""
    columns = select(Journal.kind, Journal.row_id, Journal.at).where(Journal.user_id == user_id)
    return columns.order_by(Journal.id.desc()).limit(LOOKED_AT)
