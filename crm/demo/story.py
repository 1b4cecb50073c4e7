"""What the parts of the demo share: chance, names that are used once, dates in the past."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from unicodedata import normalize
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select, update

from crm.accounts.models import LostReason
from crm.core.db import db
from crm.core.journal import Journal
from crm.demo import words
from crm.navigation import datamodel_of

HOURS = (9, 10, 11, 14, 15, 16)


@dataclass
class Story:
    """The records of one salesperson. `used` are names and hours that are taken already."""

    language: str
    region: str
    owner: Any
    luck: Random
    now: datetime
    used: set[Any]
    products: dict[str, Any] = field(default_factory=dict)
    made: list[tuple[Any, date]] = field(default_factory=list)
    vocabulary: dict[type[Any], list[Any]] = field(default_factory=dict)

    def pick(self, of: dict[str, Any]) -> Any:
        return self.luck.choice(of[self.language])

    def chance(self, share: float) -> bool:
        return self.luck.random() < share

    def once(self, draw: Callable[[], Any]) -> Any:
        """What is drawn, if nobody of the demo has it yet; else what is drawn next."""
        while (found := draw()) in self.used:
            pass
        self.used.add(found)
        return found

    def rows(self, model: type[Any]) -> Sequence[Any]:
        """The rows of a vocabulary that are in use, in their order."""
        if model not in self.vocabulary:
            statement = select(model).where(model.active.is_(True))
            ordered = statement.order_by(model.position, model.id)
            self.vocabulary[model] = list(db.session.scalars(ordered))
        return self.vocabulary[model]

    def row(self, model: type[Any], share: float = 1) -> Any:
        return self.luck.choice(self.rows(model)) if self.chance(share) else None

    def coded(self, model: type[Any], code: str) -> Any:
        return next(row for row in self.rows(model) if row.code == code)

    def lost_reason(self) -> Any:
        """A reason that needs no text of its own."""
        return self.luck.choice([one for one in self.rows(LostReason) if not one.free_text])

    # Dates ──────────────────────────────────────────────────────────────────────────────────────

    def day(self, ago: int) -> date:
        """A working day, about `ago` days before today."""
        found = (self.now - timedelta(days=ago)).date()
        return found - timedelta(days=max(0, found.weekday() - 4))

    def at(self, days: int) -> datetime:
        """A working hour that the owner has free, about `days` from today."""
        zone = ZoneInfo(self.owner.time_zone)
        on = (self.now + timedelta(days=days)).astimezone(zone).date()
        if on.weekday() > 4:
            on += timedelta(days=7 - on.weekday() if days >= 0 else 4 - on.weekday())
        slots = [(self.owner.id, on, hour) for hour in HOURS]
        free = [slot for slot in slots if slot not in self.used] or slots
        slot = self.luck.choice(free)
        self.used.add(slot)
        return datetime.combine(on, time(slot[2], self.luck.choice((0, 30))), zone)

    # Names ──────────────────────────────────────────────────────────────────────────────────────

    def organization(self) -> tuple[str, str]:
        """The name of a company, and the code of its industry."""
        own = [one for one in words.ORGANIZATIONS[self.region] if one not in self.used]
        if own and self.chance(0.6):
            found: tuple[str, str] = self.once(lambda: self.luck.choice(own))
            return found
        trade, industry = self.pick(words.TRADES)
        name = self.once(lambda: trade.format(self.pick(words.LAST_NAMES)))
        return name, industry

    def person(self, organization: str | None) -> dict[str, Any]:
        first, last = self.once(lambda: (self.pick(words.FIRST_NAMES), self.pick(words.LAST_NAMES)))
        domain = slug(organization) if organization else "courriel"
        return {
            "first_name": first,
            "last_name": last,
            "email": f"{slug(first)}.{slug(last)}@{domain}.example",
            "phone": self.phone(),
        }

    def phone(self) -> str:
        start = words.PHONES[self.region]
        digits = 12 - len(start)
        number: str = self.once(lambda: f"{start}{self.luck.randrange(10**digits):0{digits}d}")
        return number

    def place(self) -> tuple[str, str, str]:
        """Street with its number, postal code, town."""
        postal_code, town, streets = self.luck.choice(words.TOWNS[self.region])
        street, number = self.luck.choice(streets), self.luck.randint(2, 80)
        is_french = self.region != "iberia"
        return f"{number} {street}" if is_french else f"{street}, {number}", postal_code, town

    # Rows ───────────────────────────────────────────────────────────────────────────────────────

    def create(self, resource: str, ago: int, **values: Any) -> Any:
        """A new record, which looks as if it had been entered `ago` days before today."""
        row = datamodel_of(resource).create(values)
        self.made.append((row, self.day(ago)))
        return row

    def date_back(self) -> None:
        """Let the records say when they were entered: by statements, as this is no edit."""
        by_table: dict[Any, list[dict[str, Any]]] = {}
        journaled = []
        for row, on in self.made:
            at = datetime.combine(on, time(8, self.luck.randrange(60)), ZoneInfo("UTC"))
            at = min(at, self.now)
            by_table.setdefault(row.__table__, []).append({"pk": row.id, "at": at})
            journaled.append({"pk": row.id, "of": row.__tablename__, "at": at})
        connection = db.session.connection()
        for table, rows in by_table.items():
            dates: dict[str, Any] = {"created_on": bindparam("at"), "changed_on": bindparam("at")}
            connection.execute(
                update(table).where(table.c.id == bindparam("pk")).values(dates), rows
            )
        journal = Journal.__table__
        mine = (journal.c.kind == bindparam("of"), journal.c.row_id == bindparam("pk"))
        connection.execute(update(journal).where(*mine).values(at=bindparam("at")), journaled)
        db.session.expire_all()


def slug(text: str) -> str:
    """Letters and dashes of `text`, as addresses have them."""
    plain = normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "-".join("".join(c if c.isalnum() else " " for c in plain).split())
