"""Known rows for the boards: of four owners and nobody, in two currencies, over a year."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.accounts.models import Account, Industry, LostReason, Source
from crm.calendar.models import Event, EventStatus, EventType
from crm.calendar.models.words import Direction
from crm.companies.days import today
from crm.companies.models import AppSettings
from crm.core.types import utcnow
from crm.leads.models import Lead, LeadStatus
from crm.opportunities.models import Opportunity, Stage
from crm.quotes.models import Quote, QuoteStatus
from tests.factories import make, person
from tests.fixtures import Acting, Cast

PEOPLE = ("alice", "marc", "claire", "ines")


class Maker:
    """Rows with values drawn by one seed; what services decide is overwritten."""

    def __init__(self, session: Session, cast: Cast) -> None:
        self.session, self.cast = session, cast
        self.random = Random(19)  # noqa: S311  no secret
        self.owners = [cast.claire, cast.hugo, cast.marc, None]
        self.agencies = [cast.lyon, cast.lille, None]

    def one_of(self, kind: type[Any]) -> int | None:
        ids = list(self.session.scalars(select(kind.id).order_by(kind.id)))
        return self.random.choice([*ids[:4], None])

    def some(self, kind: type[Any]) -> int:
        return self.random.choice(list(self.session.scalars(select(kind.id).order_by(kind.id))))

    def money(self) -> Decimal:
        return Decimal(self.random.randint(1, 10**7)) / 100

    def day(self, back: int = 200, ahead: int = 0) -> date:
        return today() + timedelta(days=self.random.randint(-back, ahead))

    def instant(self, back: int = 200, ahead: int = 0) -> datetime:
        minutes = self.random.randint(-back * 1440, ahead * 1440)
        return utcnow() + timedelta(minutes=minutes)

    def place(self, row: Any, **values: Any) -> None:
        self.session.flush()
        values = {
            "owner_id": self.random.choice(self.owners),
            "agency_id": self.random.choice(self.agencies),
            **values,
        }
        kind = type(row)
        changed = update(kind).where(kind.id == row.id).values(**values)
        self.session.execute(changed, execution_options={"synchronize_session": False})


def plant(acting: Acting, cast: Cast, everything: Any) -> None:
    """The rows of all tables that boards count."""
    opened: AbstractContextManager[Session] = everything()
    with opened as session:
        session.execute(update(AppSettings).values(manage_agencies=True, manage_recurring=True))
        person(cast.ines).agency_id = cast.lyon
    with acting("alice") as session:
        maker = Maker(session, cast)
        accounts = [make(Account, name=f"Client {n}", company_id=cast.france) for n in range(3)]
        session.flush()
        _opportunities(maker, accounts)
        _leads(maker)
        _events(maker)
        _quotes(maker, accounts)


def _opportunities(maker: Maker, accounts: Sequence[Account]) -> None:
    stages = {row.id: row.kind for row in maker.session.scalars(select(Stage))}
    for number in range(36):
        stage = maker.random.choice(list(stages))
        is_open = stages[stage] == "open"
        recurs = maker.random.random() < 0.5
        row = make(Opportunity, name=f"Vente {number}")
        maker.place(
            row,
            account_id=maker.random.choice(accounts).id,
            currency=maker.random.choice(["EUR", "EUR", "USD"]),
            amount=maker.money() if number % 7 else None,
            probability=maker.random.randint(0, 100),
            stage_id=stage,
            source_id=maker.one_of(Source),
            closed_on=None if is_open else maker.day(),
            lost_reason_id=maker.one_of(LostReason) if stages[stage] == "lost" else None,
            expected_close_on=maker.day(60, 150) if number % 5 else None,
            created_on=maker.instant(250),
            recurring_amount=maker.money() if recurs else None,
            recurring_period=maker.random.choice([1, 3, 12]),
            recurring_duration=maker.random.randint(1, 12) if recurs else None,
            recurring_start_on=maker.day(300) if recurs else None,
        )


def _leads(maker: Maker) -> None:
    statuses = {row.id: row.kind for row in maker.session.scalars(select(LeadStatus))}
    for number in range(30):
        status = maker.random.choice(list(statuses))
        received = maker.day(150)
        maker.place(
            make(Lead, organization=f"Piste {number}"),
            status_id=status,
            received_on=received,
            source_id=maker.one_of(Source),
            industry_id=maker.one_of(Industry),
            country=maker.random.choice(["FR", "ES", "DE", None]),
            converted_on=utcnow() if statuses[status] == "converted" else None,
        )


def _events(maker: Maker) -> None:
    for number in range(36):
        type_ = maker.random.choice(list(EventType))
        starts = maker.instant(60, 20)
        direction = maker.random.choice([*Direction, None])
        maker.place(
            make(Event, subject=f"Rendez-vous {number}", type=type_, starts_at=starts),
            ends_at=starts + timedelta(hours=1),
            status=maker.random.choice(list(EventStatus)),
            call_direction=direction if type_ is EventType.CALL else None,
        )


def _quotes(maker: Maker, accounts: Sequence[Account]) -> None:
    for number in range(24):
        excl = maker.money() if number % 6 else Decimal(0)
        maker.place(
            make(Quote, title=f"Devis {number}", account=maker.random.choice(accounts)),
            status=maker.random.choice(list(QuoteStatus)),
            currency=maker.random.choice(["EUR", "EUR", "USD"]),
            issued_on=maker.day(120),
            valid_until=maker.day(5, 12),
            total_excl=excl,
            total_incl=excl * 6 / 5,
            total_discount=maker.random.choice([Decimal(0), excl / 4]),
        )
