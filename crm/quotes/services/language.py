"""The language in which a customer is written to. Source: spec 8.6."""

from crm.accounts.models import Account, Contact
from crm.companies.models import Company
from crm.core.config import languages


def language_of(account: Account | None, contact: Contact | None, company: Company) -> str:
    """The account's language, else the contact's, else the company's: one with a catalogue."""
    found = (getattr(row, "language", None) for row in (account, contact, company))
    return next((one for one in found if one in languages()), "en")
