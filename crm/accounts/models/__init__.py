"""The tables of the slice."""

from crm.accounts.models.account import NATURES, Account, Nature
from crm.accounts.models.address import AccountAddress
from crm.accounts.models.contact import Contact
from crm.accounts.models.links import AccountContact
from crm.accounts.models.people import CIVILITIES, Civility, ContactDetails, EventDates, full_name
from crm.accounts.models.prospect import ProspectStatus, ProspectStatusKind
from crm.accounts.models.reference import (
    AccountCategory,
    ContactRole,
    Department,
    Industry,
    JobTitle,
    LostReason,
    Source,
    Tag,
)
from crm.companies.models import ACCOUNT_KINDS, AccountKind

__all__ = [
    "ACCOUNT_KINDS",
    "CIVILITIES",
    "NATURES",
    "Account",
    "AccountAddress",
    "AccountCategory",
    "AccountContact",
    "AccountKind",
    "Civility",
    "Contact",
    "ContactDetails",
    "ContactRole",
    "Department",
    "EventDates",
    "Industry",
    "JobTitle",
    "LostReason",
    "Nature",
    "ProspectStatus",
    "ProspectStatusKind",
    "Source",
    "Tag",
    "full_name",
]
