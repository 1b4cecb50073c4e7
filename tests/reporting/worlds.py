"""Random worlds of sales, their past, calls and targets: in plain Python, and as rows.

Everything that the oracles of test_random_worlds know is in these classes: who reads which of them
is said here once more, apart from the row filter.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from flask_appbuilder import Model
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.companies.days import today
from crm.core.datamodel.buckets import Step, first_day
from crm.opportunities.models import Stage
from tests.fixtures import Cast
from tests.population import Planted, row_of

CENT = Decimal("0.01")
KEPT = (
    "currency", "amount", "best_case", "worst_case", "probability", "score", "created_on",
    "expected_close_on", "recurring_amount", "recurring_period", "recurring_duration",
    "recurring_start_on",
)  # fmt: skip
WRITTEN = ("opportunity_stage_time", "event", "sales_target", "opportunity", "lead")


def rounded(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Place:
    """Whose a row is: names of the cast; `is_deleted` in the bin, `is_private` of an event."""

    company: str
    owner: str | None
    agency: str | None
    is_deleted: bool
    is_private: bool = False

    def is_read_by(self, reader: str) -> bool:
        """By the table of rights: Marc his company, Claire her team, Inès her agency."""
        if self.is_deleted:
            return False
        if self.is_private and self.owner != reader:
            return False
        if reader == "alice":
            return True
        if self.company != "france":
            return False
        if reader == "claire":
            return self.owner in ("claire", "hugo", None)
        return reader in ("marc", self.owner) or self.agency in ("lyon", None)


@dataclass(frozen=True)
class Sale:
    """An opportunity; `stage` is a place in the list of all stages, `stays` its past ones."""

    place: Place
    stage: int
    currency: str
    amount: Decimal | None
    best_case: Decimal | None
    worst_case: Decimal | None
    probability: int
    score: int | None
    created_on: datetime
    expected_close_on: date | None
    closed: date
    account: int | None
    recurring_amount: Decimal | None
    recurring_period: int
    recurring_duration: int
    recurring_start_on: date
    stays: list[tuple[int, int, int]]  # stage, hours in it, hours before it

    @property
    def recurring_monthly(self) -> Decimal | None:
        if self.recurring_amount is None:
            return None
        return rounded(self.recurring_amount / self.recurring_period)

    @property
    def recurring_total(self) -> Decimal | None:
        if self.recurring_amount is None:
            return None
        return rounded(self.recurring_amount * self.recurring_duration / self.recurring_period)

    @property
    def total_amount(self) -> Decimal | None:
        parts = [one for one in (self.amount, self.recurring_total) if one is not None]
        return sum(parts, Decimal(0)) if parts else None

    @property
    def weighted_amount(self) -> Decimal | None:
        total = self.total_amount
        return None if total is None else rounded(total * self.probability / 100)

    @property
    def best(self) -> Decimal | None:
        return self.amount if self.best_case is None else self.best_case

    def path(self) -> list[tuple[int, datetime, datetime | None]]:
        """Its stays one after the other, the last of which goes on: stage, since, until."""
        at, found = self.created_on, []
        for n, (stage, hours, pause) in enumerate(self.stays):
            at += timedelta(hours=pause)
            until = at + timedelta(hours=hours)
            found.append((stage, at, until if n < len(self.stays) - 1 else None))
            at = until
        return found


@dataclass(frozen=True)
class Call:
    """An event, held today, this month or before."""

    place: Place
    starts_at: datetime
    status: str
    type: str


@dataclass(frozen=True)
class Inquiry:
    """A lead."""

    place: Place
    received_on: date


@dataclass(frozen=True)
class Target:
    """What somebody is to win in the present quarter."""

    owner: str
    currency: str
    amount: Decimal


@dataclass(frozen=True)
class RandomWorld:
    sales: list[Sale]
    calls: list[Call]
    inquiries: list[Inquiry]
    targets: list[Target]


# What is drawn ───────────────────────────────────────────────────────────────────────────────────

AMOUNTS = st.none() | st.integers(0, 10**9).map(lambda cents: Decimal(cents) / 100)
DAYS = st.integers(-120, 150).map(lambda days: today() + timedelta(days=days))
INSTANTS = st.integers(-120 * 1440, 0).map(
    lambda minutes: datetime.combine(today(), time(), UTC) + timedelta(minutes=minutes)
)


def places() -> st.SearchStrategy[Place]:
    mine = st.sampled_from(["claire", "hugo", "marc", "ines", None])
    here = st.builds(
        Place, st.just("france"), mine, st.sampled_from(["lyon", "lille", None]),
        st.sampled_from([False] * 5 + [True]), st.booleans(),
    )  # fmt: skip
    there = st.builds(
        Place, st.just("iberia"), st.sampled_from(["olga", None]), st.none(), st.just(False),
        st.booleans(),
    )  # fmt: skip
    return st.one_of(here, here, here, there)


def public() -> st.SearchStrategy[Place]:
    return places().map(lambda p: Place(p.company, p.owner, p.agency, p.is_deleted))


def worlds(stages: int, accounts: int) -> st.SearchStrategy[RandomWorld]:
    stay = st.tuples(st.integers(0, stages - 1), st.integers(0, 900), st.just(0))
    sale = st.builds(
        Sale,
        public(),
        st.integers(0, stages - 1),
        st.sampled_from(["EUR", "EUR", "USD"]),
        AMOUNTS,
        AMOUNTS,
        AMOUNTS,
        st.sampled_from([0, 10, 74, 75, 90, 100]),
        st.none() | st.integers(0, 5),
        INSTANTS,
        st.none() | DAYS,
        DAYS.map(lambda day: min(day, today())),
        st.none() | st.integers(0, accounts - 1),
        AMOUNTS,
        st.sampled_from([1, 3, 6, 12]),
        st.integers(1, 8),
        DAYS,
        st.lists(stay, min_size=1, max_size=5),
    )
    return st.builds(
        RandomWorld,
        st.lists(sale, min_size=5, max_size=14),
        st.lists(
            st.builds(
                Call, places(), INSTANTS, st.sampled_from(["done", "planned"]),
                st.sampled_from(["call", "meeting"]),
            ),
            max_size=6,
        ),
        st.lists(st.builds(Inquiry, public(), DAYS), max_size=6),
        st.lists(
            st.builds(
                Target, st.sampled_from(["claire", "hugo", "marc"]),
                st.sampled_from(["EUR", "USD"]), AMOUNTS.filter(bool),
            ),
            max_size=4, unique_by=lambda one: (one.owner, one.currency),
        ),
    )  # fmt: skip


# As rows ────────────────────────────────────────────────────────────────────────────────────────


def write(session: Session, cast: Cast, world: RandomWorld, accounts: list[int]) -> None:
    """The rows of a world, in place of those of the one before."""
    tables = {name: Model.metadata.tables[name] for name in WRITTEN}
    for name in WRITTEN:
        session.execute(tables[name].delete())
    stages = [one.id for one in session.scalars(select(Stage).order_by(Stage.position, Stage.id))]
    for number, sale in enumerate(world.sales):
        row = _of(session, cast, "opportunity", sale.place, number)
        row |= {name: getattr(sale, name) for name in KEPT}
        row["account_id"] = accounts[sale.account] if sale.account is not None else None
        row["stage_id"] = stages[sale.stage]
        kind = session.get_one(Stage, stages[sale.stage]).kind
        row["closed_on"] = None if kind == "open" else sale.closed
        insert = tables["opportunity"].insert().values(row).returning(tables["opportunity"].c.id)
        pk = session.execute(insert).scalar_one()
        for stage, since, until in sale.path():
            stay = {"opportunity_id": pk, "stage_id": stages[stage], "entered_at": since}
            session.execute(tables["opportunity_stage_time"].insert(), stay | {"left_at": until})
    for number, call in enumerate(world.calls):
        row = _of(session, cast, "event", call.place, number)
        row |= {"starts_at": call.starts_at, "ends_at": call.starts_at + timedelta(hours=1)}
        row |= {"status": call.status, "type": call.type, "uid": f"uid {number}"}
        row["visibility"] = "private" if call.place.is_private else "public"
        session.execute(tables["event"].insert(), row)
    for number, inquiry in enumerate(world.inquiries):
        row = _of(session, cast, "lead", inquiry.place, number)
        session.execute(tables["lead"].insert(), row | {"received_on": inquiry.received_on})
    for target in world.targets:
        place = Place("france", target.owner, None, is_deleted=False)
        row = _of(session, cast, "sales_target", place, 0)
        row |= {"currency": target.currency, "amount": target.amount}
        row["quarter"] = first_day(today(), Step.QUARTER)
        session.execute(tables["sales_target"].insert(), row)


def _of(session: Session, cast: Cast, name: str, place: Place, number: int) -> dict[str, Any]:
    """The values of a row of somebody; the rest as tests.population has it."""
    table = Model.metadata.tables[name]
    company = getattr(cast, place.company)
    row = row_of(session.connection(), table, Planted(company, cast.marc, "World"))
    row |= {
        "company_id": company,
        "owner_id": getattr(cast, place.owner) if place.owner else None,
        "agency_id": getattr(cast, place.agency) if place.agency else None,
        "deleted_at": datetime(2026, 1, 1, tzinfo=UTC) if place.is_deleted else None,
        "reference": f"W{number}",
        "external_ref": f"W{number}",
    }
    return {key: value for key, value in row.items() if key in table.c}
