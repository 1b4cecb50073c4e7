"""The tables of the slice; FAB's User, Group and Role carry our columns once this is imported."""

from flask_appbuilder.security.sqla.models import Group, Role, User

from crm.companies.models.company import ACCOUNT_KINDS, AccountKind, Agency, Company
from crm.companies.models.counter import Counter
from crm.companies.models.demo_row import DemoRow
from crm.companies.models.role import RoleCell
from crm.companies.models.settings import AppSettings, Assignable, CompanySettings
from crm.companies.models.user import user_company

__all__ = [
    "ACCOUNT_KINDS",
    "AccountKind",
    "Agency",
    "AppSettings",
    "Assignable",
    "Company",
    "CompanySettings",
    "Counter",
    "DemoRow",
    "Group",
    "Role",
    "RoleCell",
    "User",
    "user_company",
]
