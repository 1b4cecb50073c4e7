"""Demo records of one user: leads, accounts, contacts, opportunities, quotes, events."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from crm.accounts.models import (
    AccountCategory,
    ContactRole,
    Department,
    Industry,
    JobTitle,
    Source,
)
from crm.calendar import services as calendar
from crm.catalog.models import CatalogType
from crm.core.actor import current_actor
from crm.core.db import db
from crm.demo import pdf, words
from crm.demo.places import Cast
from crm.leads import services as leads
from crm.navigation import datamodel_of
from crm.opportunities import services as opportunities
from crm.opportunities.models import LostReason, Stage, StageKind


@dataclass(frozen=True)
class Share:
    """The numbers of records of one user."""

    language: str
    leads: int
    accounts: int
    catalogs: bool = False


SHARES = {
    "marc": Share("fr", 16, 8, catalogs=True),
    "claire": Share("fr", 44, 22),
    "hugo": Share("fr", 40, 18),
    "olga": Share("en", 24, 14, catalogs=True),
}


@dataclass
class Story:
    """Creates the records of one user."""

    cast: Cast
    owner: Any
    language: str
    luck: Random
    now: datetime
    vocabulary: dict[type[Any], list[Any]]

    def pick(self, words_of: dict[str, Any]) -> Any:
        return self.luck.choice(words_of[self.language])

    def row(self, model: type[Any]) -> Any:
        return self.luck.choice(self.vocabulary[model])

    def maybe(self, model: type[Any], chance: float = 0.7) -> Any:
        return self.row(model) if self.luck.random() < chance else None

    def day(self, ago: int) -> Any:
        return (self.now - timedelta(days=ago)).date()

    def at(self, days: int) -> datetime:
        """A working hour, `days` from today, in the owner's time zone."""
        zone = ZoneInfo(self.owner.time_zone)
        date = (self.now + timedelta(days=days)).astimezone(zone).date()
        if date.weekday() > 4 and days != 0:
            date += timedelta(days=7 - date.weekday())
        clock = time(self.luck.choice([8, 9, 10, 11, 14, 15, 16]), self.luck.choice([0, 30]))
        return datetime.combine(date, clock, zone)

    def phone(self) -> str:
        tail = "".join(str(self.luck.randint(0, 9)) for _digit in range(6))
        return f"+334657{tail}"[:12] if self.language == "fr" else f"+34910{tail}"

    def create(self, resource: str, **values: Any) -> Any:
        return datamodel_of(resource).create(values)


VOCABULARIES = (
    AccountCategory, CatalogType, ContactRole, Department, Industry, JobTitle, LostReason, Source,
    Stage,
)  # fmt: skip


def make(cast: Cast, owner: str, share: Share, luck: Random, now: datetime) -> None:
    """Create all records of `owner`, as this actor."""
    vocabulary = {
        model: list(db.session.scalars(select(model).order_by(model.position, model.id)))
        for model in VOCABULARIES
    }
    story = Story(cast, cast.people[owner], share.language, luck, now, vocabulary)
    for number in range(share.leads):
        _lead(story, number)
    organizations = luck.sample(words.ORGANIZATIONS[share.language], share.accounts)
    for number, name in enumerate(organizations):
        _account(story, number, name)
    if share.catalogs and current_actor().can("create", "catalogs"):
        _catalogs(story)


def _person(story: Story) -> dict[str, Any]:
    first, last = story.pick(words.FIRST_NAMES), story.pick(words.LAST_NAMES)
    plain = f"{first[0]}.{last}".lower()
    address = "".join(c for c in plain if c.isascii() and (c.isalnum() or c == ".")).strip(".")
    domain = story.luck.choice(["mail", "poste", "bureau"])
    return {
        "first_name": first,
        "last_name": last,
        "email": f"{address}{story.luck.randint(1, 999)}@{domain}.example",
        "phone": story.phone(),
    }


def _lead(story: Story, number: int) -> None:
    ago = number * 5 + story.luck.randint(0, 4)
    postal_code, city = story.pick(words.TOWNS)
    values = {
        **_person(story),
        "organization": story.pick(words.ORGANIZATIONS) if story.luck.random() < 0.85 else None,
        "received_on": story.day(ago),
        "source": story.maybe(Source),
        "industry": story.maybe(Industry, 0.5),
        "category": story.maybe(AccountCategory, 0.4),
        "job_title": story.maybe(JobTitle, 0.5),
        "department": story.maybe(Department, 0.3),
        "score": story.luck.choice([None, 1, 2, 3, 3, 4, 5]),
        "postal_code": postal_code,
        "city": city,
        "country": "FR" if story.language == "fr" else "ES",
        "description": story.pick(words.DESCRIPTIONS) if story.luck.random() < 0.6 else None,
        "do_not_call": story.luck.random() < 0.05,
    }
    lead = story.create("leads", **values)
    if number > 6 and story.luck.random() < 0.3:
        reason = story.luck.choice([r for r in story.vocabulary[LostReason] if not r.free_text])
        leads.lose(lead, lost_reason=reason)
    elif story.luck.random() < 0.65:
        _events(story, story.luck.randint(1, 2), lead=lead)


def _account(story: Story, number: int, name: str) -> None:
    postal_code, city = story.pick(words.TOWNS)
    country = "FR" if story.language == "fr" else "ES"
    account = story.create(
        "clients" if number % 3 else "prospects",
        kind="client" if number % 3 else "prospect",
        name=name,
        phone=story.phone(),
        category=story.maybe(AccountCategory),
        industry=story.maybe(Industry),
        source=story.maybe(Source),
        score=story.luck.choice([None, 2, 3, 4, 5]),
        employees=story.luck.choice([8, 15, 42, 120, 300]),
        annual_revenue=Decimal(story.luck.randint(2, 90)) * 100_000,
        notes=story.pick(words.NOTES) if story.luck.random() < 0.7 else None,
        addresses=[
            {
                "label": "Siège" if story.language == "fr" else "Head office",
                "street": f"{story.luck.randint(1, 99)} {story.pick(words.STREETS)}",
                "postal_code": postal_code,
                "city": city,
                "country": country,
                "is_billing": True,
                "is_default": True,
            }
        ],
    )
    contacts = [_contact(story, account, n == 0) for n in range(story.luck.randint(1, 2))]
    for n in range(story.luck.randint(1, 3)):
        _opportunity(story, account, contacts[0], n)
    _events(story, story.luck.randint(1, 3), account=account, contact=contacts[0])


def _contact(story: Story, account: Any, is_main: bool) -> Any:
    link = {
        "account": account,
        "job_title": story.maybe(JobTitle),
        "department": story.maybe(Department),
        "role": story.maybe(ContactRole),
        "is_main": is_main,
    }
    return story.create("contacts", **_person(story), links=[link])


def _opportunity(story: Story, account: Any, contact: Any, number: int) -> None:
    amount = Decimal(story.luck.randint(15, 480)) * 100
    open_stages = [s for s in story.vocabulary[Stage] if s.kind == StageKind.OPEN]
    values: dict[str, Any] = {
        "name": story.pick(words.NEEDS),
        "account": account,
        "contact": contact,
        "amount": amount,
        "stage": story.luck.choice(open_stages),
        "expected_close_on": story.day(story.luck.randint(-90, 25)),
        "source": story.maybe(Source, 0.5),
        "score": story.luck.choice([None, 2, 3, 4]),
        "description": story.pick(words.DESCRIPTIONS),
        "next_step": story.luck.choice(words.SUBJECTS[story.language]["call"]),
    }
    if story.luck.random() < 0.3:
        values |= {
            "recurring_amount": Decimal(story.luck.choice([85, 150, 240, 450])),
            "recurring_period": story.luck.choice([1, 3, 12]),
            "recurring_duration": story.luck.choice([12, 24, 36]),
            "recurring_start_on": story.day(-30),
        }
    opportunity = story.create("opportunities", **values)
    if number == 0 and story.luck.random() < 0.6:
        story.create("quotes", account=account, opportunity=opportunity)
    _end(story, opportunity)


def _end(story: Story, opportunity: Any) -> None:
    chance = story.luck.random()
    closed_on = story.day(story.luck.randint(3, 360))
    if chance < 0.32:
        opportunities.win(opportunity, closed_on=closed_on)
    elif chance < 0.5:
        reason = story.luck.choice([r for r in story.vocabulary[LostReason] if not r.free_text])
        opportunities.lose(opportunity, lost_reason=reason, closed_on=closed_on)


def _events(story: Story, count: int, **related: Any) -> None:
    for days in _days(story, count):
        kind = story.luck.choice(["meeting", "meeting", "call", "call", "task"])
        starts_at = story.at(days)
        event = story.create(
            "events",
            type=kind,
            subject=story.luck.choice(words.SUBJECTS[story.language][kind]),
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=30 if kind == "call" else 60),
            **related,
        )
        if days < -2 or (days < 0 and story.luck.random() < 0.6):
            calendar.mark_done(event, story.pick(words.OUTCOMES) if kind != "task" else None)


def _days(story: Story, count: int) -> Iterator[int]:
    """Days from today: mostly past, one future; today and yesterday are always among them."""
    for number in range(count):
        yield (
            story.luck.choice([0, 1, 2, 5, 9, 20, -1, -2])
            if number == 0
            else -story.luck.randint(3, 300)
        )


def _catalogs(story: Story) -> None:
    for name, brand in words.CATALOGS[story.language]:
        title = f"{name} {story.now.year}"
        story.create(
            "catalogs",
            name=title,
            brand=brand,
            type=story.row(CatalogType),
            language=story.language,
            file=pdf.Paper(f"{title}.pdf", pdf.pdf(title, story.luck.randint(4, 24))),
        )
