"""Who sells and who buys, on a quote; and in which language it is written."""

import logging
from dataclasses import dataclass
from typing import Any

from flask_appbuilder.security.sqla.models import User

from crm.accounts.models import Account, Contact
from crm.companies.models import Agency, Company
from crm.companies.settings import company_settings
from crm.core.db import db
from crm.core.files import storage
from crm.core.files.models import StoredFile
from crm.core.rows import unfiltered
from crm.quotes.models import Quote
from crm.quotes.services.language import language_of

log = logging.getLogger("crm.quotes")


@dataclass(frozen=True)
class Parties:
    """The rows that a quote names, and what the company says on each of its quotes."""

    company: Company
    account: Account
    contact: Contact | None
    owner: User | None
    agency: Agency | None
    payment_terms: str
    legal_note: str
    logo: bytes

    @property
    def language(self) -> str:
        """The account's language, else the contact's, else the company's. Source: spec 8.6."""
        return language_of(self.account, self.contact, self.company)


def of(quote: Quote) -> Parties:
    """The parties of a quote, whoever reads them."""
    with unfiltered("the PDF of a quote is the same whoever has it made"):
        company = db.session.get_one(Company, quote.company_id)
        settings = company_settings(company.id)
        account = db.session.get_one(Account, quote.account_id)
        return Parties(
            company=company,
            account=account,
            contact=_row(Contact, quote.contact_id),
            owner=_row(User, quote.owner_id),
            agency=_row(Agency, quote.agency_id),
            payment_terms=account.payment_terms or settings.payment_terms or "",
            legal_note=settings.legal_note or "",
            logo=_content(company.logo),
        )


def _row(model: type[Any], pk: int | None) -> Any:
    return db.session.get(model, pk) if pk is not None else None


def _content(file: StoredFile | None) -> bytes:
    """A picture, which was encoded anew when it was uploaded; b"" where it is lost."""
    if file is None:
        return b""
    try:
        with storage.read(file.key) as opened:
            return bytes(opened.read())
    except FileNotFoundError:
        log.warning("The logo %s is missing in the storage.", file.key)
        return b""
