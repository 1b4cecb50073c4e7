"""The demo's records of one salesperson: leads, accounts with their contacts, catalogues."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from random import Random
from typing import Any

from crm.accounts.models import AccountCategory, ContactRole, Department, Industry, JobTitle, Source
from crm.catalog.models import CatalogType
from crm.core.actor import current_actor
from crm.demo import pdf, sales, words
from crm.demo.story import Story
from crm.leads import services as leads
from crm.leads.models import Lead, LeadStatus, LeadStatusKind
from crm.leads.services import Conversion

YEAR = 365


@dataclass(frozen=True)
class Share:
    """The region of one salesperson, and the numbers of their records."""

    language: str
    region: str
    leads: int
    accounts: int
    catalogs: bool = False
    converts: bool = False  # a lead


SHARES = {
    "marc": Share("fr", "lyon", 10, 8, catalogs=True),
    "claire": Share("fr", "lyon", 34, 20, converts=True),
    "hugo": Share("fr", "lille", 30, 18),
    "olga": Share("en", "iberia", 20, 14, catalogs=True),
}


def make(
    owner: Any, share: Share, luck: Random, now: datetime, used: set[Any], products: dict[str, Any]
) -> None:
    """Create all records of `owner`, as this actor."""
    story = Story(share.language, share.region, owner, luck, now, used, products)
    for number in range(share.leads):
        _lead(story, number * YEAR // share.leads // 2 + luck.randint(0, 4))
    if share.converts:
        _convert(story)
    for number in range(share.accounts):
        _account(story, number)
    if share.catalogs and current_actor().can("create", "catalogs"):
        _catalogs(story)
    story.date_back()


def _lead(story: Story, ago: int) -> None:
    name, industry = story.organization() if story.chance(0.85) else (None, None)
    street, postal_code, town = story.place()
    lead = story.create(
        "leads",
        ago,
        **story.person(name),
        organization=name,
        received_on=story.day(ago),
        source=story.row(Source),
        industry=story.coded(Industry, industry) if industry else None,
        job_title=story.row(JobTitle, 0.5) if name else None,
        status=_status(story, ago),
        score=story.luck.choice([None, 1, 2, 3, 3, 4, 5]),
        address=street,
        postal_code=postal_code,
        city=town,
        country=country_of(story),
        description=story.pick(words.REQUESTS) if story.chance(0.7) else None,
    )
    if ago > 30 and story.chance(0.45):
        leads.lose(lead, lost_reason=story.lost_reason())
        return
    for days in (-max(1, ago - 3), story.luck.choice([0, 1, 2, 3, 6, 10])):
        if story.chance(0.6):
            sales.event(story, story.pick(words.FIRST_CONTACT), days, lead=lead)


def _convert(story: Story) -> None:
    """The oldest lead that is open becomes a prospect with an opportunity, some days ago."""
    leads_ = [row for row, _on in story.made if isinstance(row, Lead) and row.organization]
    found = [lead for lead in leads_ if lead.status.kind == LeadStatusKind.OPEN]
    if not found:
        return
    lead, ago = found[-1], 12
    wanted = Conversion(
        new_account={}, new_contact={}, opportunity={"expected_close_on": story.day(-30)}
    )
    leads.convert(lead, wanted)
    lead.converted_on = datetime.combine(story.day(ago), time(14, 12), UTC)
    for row in (lead.account, lead.contact, lead.opportunity):
        story.made.append((row, story.day(ago)))


def _status(story: Story, ago: int) -> Any:
    """The older a lead, the further it is."""
    kinds = [one for one in story.rows(LeadStatus) if one.kind == LeadStatusKind.OPEN]
    furthest = min(len(kinds), 1 + ago // 10)
    return story.luck.choice(kinds[:furthest])


def country_of(story: Story) -> str:
    return "ES" if story.region == "iberia" else "FR"


def _account(story: Story, number: int) -> None:
    name, industry = story.organization()
    street, postal_code, town = story.place()
    since = story.luck.randint(YEAR // 2, 2 * YEAR) if number % 3 else story.luck.randint(20, 200)
    is_public = industry == "public"
    employees = story.luck.choice([8, 15, 24, 42, 120])
    account = story.create(
        "clients" if number % 3 else "prospects",
        since,
        kind="client" if number % 3 else "prospect",
        name=name,
        phone=story.phone(),
        category=story.coded(AccountCategory, "public" if is_public else "sme"),
        industry=story.coded(Industry, industry),
        source=story.row(Source),
        score=story.luck.choice([None, 2, 3, 4, 5]),
        employees=employees,
        annual_revenue=None
        if is_public
        else Decimal(employees * story.luck.randint(9, 16)) * 10_000,
        notes=story.pick(words.NOTES) if story.chance(0.6) else None,
        addresses=[
            {
                "label": "Siège" if story.language == "fr" else "Head office",
                "street": street,
                "postal_code": postal_code,
                "city": town,
                "country": country_of(story),
                "is_billing": True,
                "is_default": True,
            }
        ],
    )
    contacts = [_contact(story, account, since, n == 0) for n in range(story.luck.randint(1, 2))]
    sales.make(story, account, contacts[0], is_client=bool(number % 3))


def _contact(story: Story, account: Any, since: int, is_main: bool) -> Any:
    link = {
        "account": account,
        "job_title": story.row(JobTitle),
        "department": story.row(Department, 0.7),
        "role": story.row(ContactRole, 0.7),
        "is_main": is_main,
    }
    return story.create("contacts", since, **story.person(account.name), links=[link])


def _catalogs(story: Story) -> None:
    types = {str(row.name["en"]): row for row in story.rows(CatalogType)}
    for name, brand, type_name in words.CATALOGS[story.language]:
        title = f"{name} {story.now.year}"
        story.create(
            "catalogs",
            story.luck.randint(20, 200),
            name=title,
            brand=brand,
            type=types[type_name],
            language=story.language,
            file=pdf.Paper(f"{title}.pdf", pdf.pdf(title, story.luck.randint(4, 24))),
        )
