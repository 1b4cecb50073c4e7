"""Guests who are told of events, as two minutes after the last change."""

from flask import Flask
from sqlalchemy import update

from crm.calendar.invitations import telling
from crm.calendar.models import GuestCheck
from crm.core.db import transaction
from crm.core.types import utcnow


def rest(app: Flask) -> None:
    """Whatever was changed has rested: a worker that looks now tells its guests."""
    with app.app_context(), transaction() as session:
        session.execute(update(GuestCheck).values(due_at=utcnow()))


def tell_guests(app: Flask) -> None:
    """Two minutes later: the guests are told."""
    rest(app)
    with app.app_context():
        telling.tell_guests()
