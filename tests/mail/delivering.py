"""Messages that are queued, delivered and looked at."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from crm.core.types import utcnow
from crm.mail import services
from crm.mail.delivery import deliver
from crm.mail.models import Message
from tests.fixtures import Acting, Cast
from tests.mail.test_services import mail

Everything = Callable[[], AbstractContextManager[Session]]


def queued(acting: Acting, cast: Cast, count: int = 1, **given: Any) -> list[Message]:
    """Messages that Claire causes."""
    with acting("claire"):
        return [
            services.queue(mail(cast, **({"cause": f"test:{number}"} | given)))
            for number in range(count)
        ]


def delivered(app: Flask) -> int:
    with app.app_context():
        return deliver()


def now_due(everything: Everything) -> None:
    """Let the next try of every message be due."""
    with everything() as session:
        session.execute(
            update(Message).where(Message.next_try_at.is_not(None)).values(next_try_at=utcnow())
        )


def row(everything: Everything, message: Message) -> Message:
    with everything() as session:
        found = session.get_one(Message, message.id, populate_existing=True)
        assert found.attempts is not None
        return found
