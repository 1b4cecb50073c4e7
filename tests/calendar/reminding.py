"""Events with reminders, what is sent at which time, and what the reminders say then."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.calendar.models import Event, EventReminder, ReminderUnit
from crm.calendar.reminders.sending import send_due
from crm.mail.models import Message
from crm.notices.models import Notice
from tests.factories import make

Everything = Callable[[], AbstractContextManager[Session]]
START = datetime(2027, 3, 10, 13, 0, tzinfo=UTC)  # 14:00 in Paris


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def line(amount: int = 1, unit: ReminderUnit = ReminderUnit.DAYS, **given: Any) -> dict[str, Any]:
    return {"amount": amount, "unit": unit, **given}


def planned(*lines: dict[str, Any], **given: Any) -> Event:
    """An event on 10/03/2027 at 14:00 in Paris, with these reminders."""
    return make(Event, **({"starts_at": START, "reminders": list(lines)} | given))


def due_at(app: Flask, text: str) -> int:
    """How many reminders a worker takes at this time."""
    with time_machine.travel(utc(text), tick=False), app.app_context():
        return send_due()


def reminders(everything: Everything) -> list[EventReminder]:
    with everything() as session:
        found = session.scalars(select(EventReminder).order_by(EventReminder.id))
        return list(found.unique())


def messages(everything: Everything) -> list[Message]:
    with everything() as session:
        return list(session.scalars(select(Message).order_by(Message.id)).unique())


def told(everything: Everything) -> list[int]:
    """The users who were told in the page."""
    with everything() as session:
        return list(
            session.scalars(
                select(Notice.user_id).where(Notice.kind == "reminded").order_by(Notice.id)
            )
        )
