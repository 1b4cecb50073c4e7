"""Who the seller and the customer of a quote are, as the law has it printed."""

from collections.abc import Iterator

from flask_babel import gettext as _
from stdnum.fr import siren as siren_number
from stdnum.fr import siret as siret_number

from crm.accounts.models import Contact
from crm.accounts.models.people import CIVILITIES, full_name
from crm.companies.models import Company
from crm.core.models.codes import country_name
from crm.core.models.text import format_money, format_phone
from crm.quotes.models import Quote
from crm.quotes.pdf.parties import Parties


def address(named: Parties) -> list[str]:
    """Where the company is, and how whoever wrote the quote is reached."""
    company = named.company
    town = " ".join(part for part in (company.postal_code, company.city) if part)
    place = ", ".join(part for part in (town, _country(company)) if part)
    source = next((one for one in (named.agency, named.owner) if one and _reached(one)), None)
    lines = (*(company.address or "").splitlines(), place, _reached(source) if source else "")
    return [line for line in lines if line.strip()]


def _country(company: Company) -> str:
    return country_name(company.country) if company.country else ""


def _reached(one: object) -> str:
    phone, email = getattr(one, "phone", None), getattr(one, "email", None)
    return " · ".join(part for part in (format_phone(phone) if phone else "", email) if part)


def registration(company: Company) -> str:
    """Form, capital, registry and numbers, in the foot of each page.

    Source: Code de commerce, art. R. 123-237 and R. 123-238.
    """
    return " · ".join((_form(company), *_numbers(company)))


def _form(company: Company) -> str:
    known = ", ".join(part for part in (company.name, company.legal_form) if part)
    if company.share_capital is None:
        return known
    capital = format_money(company.share_capital, company.currency)
    return _("%(company)s with a capital of %(capital)s", company=known, capital=capital)


def _numbers(company: Company) -> Iterator[str]:
    siren = siren_number.format(company.siren) if company.siren else ""
    if company.registry_town and siren:
        yield _("RCS %(town)s %(siren)s", town=company.registry_town, siren=siren)
    elif siren:
        yield _("SIREN %(siren)s", siren=siren)
    if company.siret:
        yield _("SIRET %(siret)s", siret=siret_number.format(company.siret))
    if company.vat_number:
        yield _("VAT number %(number)s", number=company.vat_number)


def addressee(quote: Quote, named: Parties) -> list[str]:
    """The account, who is written to there, its address and its number for VAT."""
    lines = [line for line in (quote.billing_address or "").splitlines() if line.strip()]
    name = str(named.account)
    if not lines or lines[0].strip() != name:
        lines.insert(0, name)
    if named.contact is not None:
        lines.insert(1, _attention(named.contact))
    if named.account.vat_number:
        lines.append(_("VAT number %(number)s", number=named.account.vat_number))
    return lines


def _attention(contact: Contact) -> str:
    civility = str(CIVILITIES[contact.civility]) if contact.civility else ""
    name = full_name(contact.first_name, contact.last_name)
    named = " ".join(part for part in (civility, name) if part)
    return _("For the attention of %(name)s", name=named)
