"""A message is claimed by one worker, within the limits, by the clock of the database."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select, update

from crm.companies.models import AppSettings, CompanySettings
from crm.core import jobs
from crm.core.rows import unfiltered
from crm.core.types import utcnow
from crm.mail import claiming, outcomes, services
from crm.mail.models import Answer, Message, MessageAttempt, MessageState
from crm.mail.queue import queue_of
from tests.fixtures import Acting, Cast
from tests.mail.delivering import Everything, delivered, queued, row
from tests.mail.postbox import Postbox
from tests.mail.test_services import mail

pytestmark = pytest.mark.both


def test_a_dead_workers_message_is_taken_by_another_when_its_lease_ran_out(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, postbox: Postbox
) -> None:
    (message,) = queued(acting, cast)
    with app.app_context(), unfiltered("a worker"):
        dead = claiming.claim()
        assert dead is not None
        assert claiming.claim() is None, "it is leased"
    assert delivered(app) == 0
    with acting("claire") as session:
        refusal = services.refusal(session.get_one(Message, message.id), MessageState.CANCELLED)
        assert refusal == "This e-mail is being sent right now."
    with everything() as session:
        session.execute(update(Message).values(lease_until=utcnow() - timedelta(seconds=1)))
    assert delivered(app) == 1
    with app.app_context(), unfiltered("a worker"):
        outcomes.write(dead, outcomes.away(OSError("late")))
    assert row(everything, message).state == MessageState.SENT, "the dead one has no say"


def test_limits_hold_and_companies_take_turns(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, postbox: Postbox
) -> None:
    with everything() as session:
        session.execute(update(AppSettings).values(mails_per_minute=5))
        france = CompanySettings.company_id == cast.france
        session.execute(update(CompanySettings).where(france).values(mails_per_minute=4))
    queued(acting, cast, 6)
    with acting("olga"):
        for number in range(2):
            services.queue(
                mail(cast, cause=f"olga:{number}", company_id=cast.iberia, to_name="Of Olga")
            )
    assert delivered(app) == 5
    names = [str(one["To"]).partition(" <")[0] for one in postbox.mails]
    assert names.count("Of Olga") == 2, "a long queue does not hold up another company"
    with everything() as session:
        past = utcnow() - timedelta(seconds=61)
        session.execute(update(MessageAttempt).values(at=past))
        session.execute(update(AppSettings).values(mails_per_minute=100))
    assert delivered(app) == 3


def test_the_worker_is_woken_after_the_commit_and_not_before(
    app: Flask, acting: Acting, cast: Cast
) -> None:
    with app.app_context():
        waiting = queue_of(app).huey
    waiting.flush()
    with acting("claire"):
        services.queue(mail(cast))
        assert waiting.pending_count() == 0
    assert waiting.pending_count() == 1
    later = utcnow() + timedelta(seconds=10)
    with acting("claire"):
        services.queue(mail(cast, cause="test:later", due_at=later))
    assert waiting.scheduled_count() + waiting.pending_count() == 2
    waiting.flush()


def test_a_clock_that_was_wrong_for_a_while_holds_nothing_up(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, postbox: Postbox
) -> None:
    (message, _other) = queued(acting, cast, 2)
    later = utcnow() + timedelta(days=3650)
    with everything() as session:
        session.execute(update(AppSettings).values(mails_per_minute=2))
        session.execute(update(Message).values(lease_until=later, lease_token="dead"))
        answer = Answer.POSTPONED
        session.add_all(
            MessageAttempt(message_id=message.id, at=later, answer=answer) for _ in range(2)
        )
    assert delivered(app) == 2
    with app.app_context():
        jobs.run_due()
    with everything() as session:
        session.execute(update(jobs.JobRow).values(due_at=later, lease_until=later))
    with app.app_context():
        assert {"files", "public links"} <= set(jobs.run_due())


def test_the_limits_hold_whatever_the_clock_of_a_worker_says(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, postbox: Postbox
) -> None:
    with everything() as session:
        session.get_one(AppSettings, 1).mails_per_minute = 2
    queued(acting, cast, 4)
    with time_machine.travel(utcnow() + timedelta(minutes=7)):
        assert delivered(app) == 2
    postbox.data = lambda mail: "451 later"
    with everything() as session:
        session.execute(update(MessageAttempt).values(at=utcnow() - timedelta(hours=1)))
    with time_machine.travel(utcnow() + timedelta(minutes=7)):
        delivered(app)
    with everything() as session:
        next_try = session.scalar(select(func.max(Message.next_try_at)))
    assert next_try is not None
    assert timedelta(seconds=50) < next_try - utcnow() < timedelta(seconds=70)
