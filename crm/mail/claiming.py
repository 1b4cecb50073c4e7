"""Which message leaves next: claimed by one conditional UPDATE, with a lease in database time.

A worker that dies leaves the lease behind; when it has run out, another one goes on. Limits count
what was tried within a minute and what is being tried; of several companies, the one with the
fewest such messages is next.
"""

import secrets
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, text, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from crm.companies.models import Company, CompanySettings
from crm.companies.settings import app_settings
from crm.core.db import transaction
from crm.core.db_time import database_time
from crm.core.locks import NUMBERS
from crm.mail.models import Message, MessageAttempt, MessageState

LEASE = 600  # seconds; more than a try takes with all its time-outs
SLACK = 1  # seconds by which the clocks of web server and database may differ
PERIOD = 60  # seconds, of the limits


@dataclass(frozen=True)
class Claim:
    """A message that this worker alone tries now."""

    id: int
    token: str


def claim() -> Claim | None:
    """The next message that is due and within the limits, leased; None where there is none.

    Raises Unavailable where the database is away or busy.
    """
    token = secrets.token_hex(16)
    with transaction() as session:
        _one_at_a_time(session)
        company = _next_company(session)
        claimed = None if company is None else session.scalar(_taking_first(company, token))
    return None if claimed is None else Claim(claimed, token)


def _taking_first(company_id: int, token: str) -> ReturningUpdate[int]:
    """The statement that leases the message of a company that has been due longest."""
    first = (
        select(Message.id)
        .where(Message.company_id == company_id, is_due())
        .order_by(Message.next_try_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return (
        update(Message)
        .where(Message.id == first.scalar_subquery())
        .values(
            lease_until=database_time(LEASE),
            lease_token=token,
            row_version=Message.row_version + 1,
        )
        .returning(Message.id)
        .execution_options(synchronize_session=False)
    )


def is_due() -> ColumnElement[bool]:
    """The condition for messages that a worker may claim now."""
    return and_(
        Message.state == MessageState.QUEUED,
        Message.next_try_at <= database_time(SLACK),
        or_(
            Message.lease_until.is_(None),
            Message.lease_until < database_time(),
            Message.lease_until > database_time(2 * LEASE),  # by a clock that was wrong
        ),
    )


def _one_at_a_time(session: Session) -> None:
    """Two workers that claim at once would both count up to the limit; SQLite has one writer."""
    connection = session.connection()
    if connection.dialect.name != "sqlite":
        lock = text("SELECT pg_advisory_xact_lock(:number)")
        connection.execute(lock, {"number": NUMBERS["outbox"]})


def _next_company(session: Session) -> int | None:
    """The id of the company whose turn it is; None where nothing is due within the limits."""
    tried = _tried(session)
    if tried.total() >= app_settings().mails_per_minute:
        return None
    waiting = session.execute(_with_due()).all()
    free = [(tried[pk], pk) for pk, limit in waiting if limit is None or tried[pk] < limit]
    return min(free)[1] if free else None


def _with_due() -> Select[int, int | None]:
    """The companies that have a message which is due, and their limits."""
    due = select(Message.id).where(Message.company_id == Company.id, is_due()).limit(1)
    limits = CompanySettings.company_id == Company.id
    return (
        select(Company.id, CompanySettings.mails_per_minute)
        .join(CompanySettings, limits)
        .where(due.exists())
    )


def _tried(session: Session) -> Counter[int]:
    """How many messages of each company were tried within a minute, or are being tried."""
    past = (
        select(Message.company_id, func.count())
        .join(MessageAttempt)
        .where(MessageAttempt.at.between(database_time(-PERIOD), database_time(PERIOD)))
        .group_by(Message.company_id)
    )
    present = (
        select(Message.company_id, func.count())
        .where(Message.lease_until.between(database_time(), database_time(2 * LEASE)))
        .group_by(Message.company_id)
    )
    found: Counter[int] = Counter()
    for statement in (past, present):
        for row in session.execute(statement):
            found[row[0]] += row[1]
    return found
