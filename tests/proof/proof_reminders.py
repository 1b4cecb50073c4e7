"""A thousand reminders due in one minute and a worker killed midway: each is sent once."""

import time
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import bindparam, event, func, select, text, update

from crm.calendar.models import Event, EventReminder, ReminderStatus
from crm.calendar.reminders.outcomes import settle_cancelled
from crm.calendar.reminders.sending import send_due
from crm.companies.models import AppSettings
from crm.core.db import db, renew_statistics, transaction
from crm.core.rows import unfiltered
from crm.core.types import Instant, utcnow
from crm.mail.models import Message, MessageState
from crm.notices.models import Notice
from tests.fixtures import read_cast
from tests.plans import Watch
from tests.proof.conftest import say
from tests.proof.proof_mail import STEP, Scene, application, scene
from tests.proof.served import free_port
from tests.servers import Postgres

pytestmark = [pytest.mark.alone, pytest.mark.slow("starts two workers and kills one")]

MINUTE = timedelta(minutes=1)
PATIENCE = 300  # seconds
MILLION = 1_000_000
# Half of them were sent, the others wait for next year.
MANY = text(
    "INSERT INTO event_reminder (event_id, user_id, amount, due_at, status) "
    "WITH RECURSIVE numbers(n) AS "
    "(SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :most) "
    "SELECT one.event_id, one.user_id, 1, :due, "
    "CASE WHEN n % 2 = 0 THEN 'sent' ELSE 'waiting' END FROM numbers, event_reminder AS one"
).bindparams(bindparam("due", type_=Instant()))


def cause(app: Flask, number: int, due: datetime) -> None:
    """So many reminders of Claire's at this moment, each of an event of its own."""
    cast = read_cast(app)
    with app.app_context(), unfiltered("the proof acts for nobody"):
        with transaction() as session:
            session.execute(update(AppSettings).values(mails_per_minute=100_000))
        with transaction() as session:
            events = [_event(cast.france, cast.claire, place, due) for place in range(number)]
            session.add_all(events)
            session.flush()
            session.add_all(
                EventReminder(event_id=one.id, user_id=cast.claire, amount=1, due_at=due)
                for one in events
            )
        db.session.remove()


def _event(company_id: int, owner_id: int, place: int, due: datetime) -> Event:
    start = due + timedelta(days=1)
    return Event(
        company_id=company_id, owner_id=owner_id, subject=f"Rendez-vous {place}",
        starts_at=start, ends_at=start + timedelta(hours=1), time_zone="Europe/Paris",
    )  # fmt: skip


def count(app: Flask, *where: object, of: type = EventReminder) -> int:
    with app.app_context(), unfiltered("the proof counts all"):
        found = db.session.scalar(select(func.count()).select_from(of).where(*where))  # type: ignore[arg-type]
        db.session.remove()
        return int(found or 0)


def wait(app: Flask, wanted: int, *where: object) -> None:
    """Until so many reminders meet the conditions."""
    until = time.monotonic() + PATIENCE
    while count(app, *where) < wanted:
        assert time.monotonic() < until, f"{count(app, *where)} of {wanted}"
        time.sleep(STEP)


def prove(found: Scene, number: int, name: str) -> None:
    """Kill a worker once a tenth was taken; the other one sends the rest."""
    app, due = found.app, utcnow() + timedelta(seconds=20)
    cause(app, number, due)
    assert utcnow() < due, "the reminders are there before they are due"
    wait(app, number // 10, EventReminder.queued_at.is_not(None))
    found.workers[0].kill()
    at_kill = count(app, EventReminder.queued_at.is_not(None))
    wait(app, number, EventReminder.queued_at.is_not(None))
    taken = (utcnow() - due).total_seconds()
    wait(app, number, EventReminder.status == ReminderStatus.SENT)
    assert count(app, of=Message) == number, "one mail each"
    assert count(app, Message.state == MessageState.SENT, of=Message) == number
    assert count(app, Notice.kind == "reminded", of=Notice) == number, "one notice each"
    doubles = sum(found.received.values()) - number
    assert len({line.partition(" ")[0] for line in found.received}) == number, "all arrived"
    assert doubles <= 1, "killed between acceptance and commit, with the same Message-ID"
    say(
        f"reminders, {name}: {number} due at one moment, all taken {taken:.0f} s later; one of two "
        f"workers killed at {at_kill}; each sent, {doubles} mails twice"
    )
    assert taken < 2 * MINUTE.total_seconds(), "by the one that is left, on a busy machine"


def test_on_postgresql_each_is_sent_once(postgres: Postgres, tmp_path: Path, long: bool) -> None:
    url = postgres.create("crm_reminders")
    with ExitStack() as stack:
        app = stack.enter_context(application(url, tmp_path))
        prove(
            stack.enter_context(scene(app, tmp_path, 2, free_port())),
            1000 if long else 100,
            "PostgreSQL",
        )


def test_on_sqlite_each_is_sent_once(tmp_path: Path, long: bool) -> None:
    url = f"sqlite:///{tmp_path / 'crm.sqlite'}"
    with ExitStack() as stack:
        app = stack.enter_context(application(url, tmp_path))
        prove(
            stack.enter_context(scene(app, tmp_path, 2, free_port())),
            1000 if long else 100,
            "SQLite",
        )


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_what_is_due_is_found_among_a_million(
    postgres: Postgres, tmp_path: Path, kind: str
) -> None:
    """Along an index that is as long as what still waits."""
    sqlite = f"sqlite:///{tmp_path / 'crm.sqlite'}"
    url = sqlite if kind == "sqlite" else postgres.create("crm_million")
    with application(url, tmp_path) as app:
        cause(app, 1, utcnow() + 365 * 24 * 60 * MINUTE)
        with app.app_context(), unfiltered("the proof counts all"):
            with transaction() as session:
                session.execute(MANY, {"most": MILLION, "due": utcnow() + 365 * 24 * 60 * MINUTE})
            with db.engine.connect() as connection:
                renew_statistics(connection)
                connection.commit()
            watch = Watch(db.engine, frozenset({"event_reminder"}))
            event.listen(db.engine, "before_cursor_execute", watch.look)
            begun = time.monotonic()
            assert (send_due(), settle_cancelled()) == (0, 0)
            spent = time.monotonic() - begun
            assert watch.taken() == []
    say(f"reminders, {kind}: what is due among {MILLION} is looked up in {spent * 1000:.0f} ms")
