"""A catalogue sent to many people, each their own mail. Source: spec 10."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from sqlalchemy import select

from crm.accounts.models import Account
from crm.catalog.models import Catalog
from crm.companies.models import Company, CompanySettings
from crm.companies.services.settings import usable_templates
from crm.core.db import db, let_others_write, transaction
from crm.core.models import rich_text
from crm.core.rows import unfiltered
from crm.mail.headers import is_deliverable
from crm.mail.models import REASONS, MessageKind, SkipReason, Template
from crm.mail.services import refusing
from crm.mail.templates.filling import fill
from crm.sending.people import Person, language_of
from crm.sending.services import Addressed, Letter, parted, send

MOST = 500  # recipients at once
AT_ONCE = 10  # messages of one transaction: a quarter of a second


@dataclass
class Recipients:
    """Who gets the catalogue, and who does not, with the reason."""

    people: list[Person] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)


def recipients(
    catalog: Catalog, chosen: Mapping[str, Sequence[Any]], template: Template | None
) -> Recipients:
    """The people chosen, each address once; `chosen` has contacts, accounts and leads."""
    found, known = Recipients(), set[str]()
    people = list(_people(chosen))
    refused = _refusing([person for person, _why in people])
    for person, reason in people:
        why = reason or _refusal(person, catalog, known, refused[person.row.company_id])
        if not why and _template(person.row.company, template) is None:
            why = str(REASONS[SkipReason.NO_TEMPLATE])
        if why:
            found.left_out.append((person.name, why))
        else:
            known.add(person.address)
            found.people.append(person)
    return found


def _refusing(people: Sequence[Person]) -> Mapping[int, set[str]]:
    """company → those addresses of its people where nothing may be sent."""
    companies = {person.row.company_id for person in people}
    return {pk: refusing(pk, (person.address for person in people)) for pk in companies}


def _people(chosen: Mapping[str, Sequence[Any]]) -> Iterator[tuple[Person, str]]:
    """Each person, of an account its main contact, and why there is none."""
    for contact in chosen["contact"]:
        yield Person("contact", contact), ""
    for account in chosen["account"]:
        link = account.main_contact
        if link is None or link.contact is None:
            yield Person("account", account), _("No main contact")
        else:
            yield Person("contact", link.contact, str(account)), ""
    for lead in chosen["lead"]:
        yield Person("lead", lead), ""


def _refusal(person: Person, catalog: Catalog, known: set[str], refused: set[str]) -> str:
    """Why a person gets no mail; "" where they do. Nobody gets one at an address of `refused`."""
    if catalog.company_id not in (None, person.row.company_id):
        return _("Of another company")
    if not person.address:
        return str(REASONS[SkipReason.NO_ADDRESS])
    if not is_deliverable(person.address):
        return str(REASONS[SkipReason.BAD_ADDRESS])
    if person.refuses or person.address in refused:
        return str(REASONS[SkipReason.DO_NOT_EMAIL])
    return _("The same address as somebody else") if person.address in known else ""


def templates_of(company_id: int) -> list[Template]:
    """The templates of a company for catalogues."""
    with unfiltered("a template shows where one sends, without the right to its page"):
        return [one for one in usable_templates(company_id) if one.kind == MessageKind.CATALOG]


def _template(company: Company, chosen: Template | None) -> Template | None:
    """The template that was chosen; where the company may not use it, the company's own."""
    if chosen is not None and chosen.company_id in (None, company.id):
        return chosen
    with unfiltered("a company's mails have its template, whoever reads its settings"):
        of_company = CompanySettings.company_id == company.id
        found: Template | None = (
            db.session.scalars(select(CompanySettings).where(of_company)).one().catalog_template
        )
    return found


def letters(
    catalog: Catalog, people: Sequence[Person], template: Template | None, author: User, token: str
) -> Iterator[Letter]:
    """The mails, each in the recipient's language; before any transaction. Raises DomainError."""
    for person in people:
        company: Company = person.row.company
        used = _template(company, template)
        if used is None:
            continue
        _attached, linked = parted(used.files, [catalog])
        mark = f"https://catalog.invalid/{token_hex(8)}" if linked else ""
        account = _account(person)
        records = {
            "catalog": _shown(catalog, mark), "contact": person.row, "account": account,
            "owner": author, "company": company,
        }  # fmt: skip
        language = language_of(person, {"account": account} if account else {}, company)
        filled = fill(used, records, language, company.time_zone or "UTC")
        yield Letter(
            token=f"{catalog.id}:{token}",
            company=company,
            author=author,
            subject=filled.subject,
            body=filled.body_html,
            plain=rich_text.to_text(filled.body_html),
            to=Addressed(person.address, name=person.name, relation=person.relation),
            kind=MessageKind.CATALOG,
            template_id=used.id,
            related=_related(person, account),
            files=used.files,
            catalogs=[catalog],
            language=filled.language,
            mark=mark,
        )


def _shown(catalog: Catalog, link: str) -> Catalog:
    """The catalogue with the link that its template shows."""
    catalog.link = link
    return catalog


def _account(person: Person) -> Account | None:
    link = getattr(person.row, "main_link", None)
    return link.account if link is not None else None


def _related(person: Person, account: Account | None) -> Mapping[str, int]:
    return {person.relation: person.row.id, **({"account": account.id} if account else {})}


def send_all(written: Sequence[Letter]) -> int:
    """Queue the mails, a few in each transaction. How many there are."""
    for first in range(0, len(written), AT_ONCE):
        with transaction():
            for letter in written[first : first + AT_ONCE]:
                send(letter)
        let_others_write()
    return len(written)
