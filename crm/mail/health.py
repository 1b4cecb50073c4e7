"""Whether mails leave: the worker's last heartbeat, and the oldest message that is due."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from crm.companies.models import Company
from crm.core.config import Config
from crm.core.db import db
from crm.core.jobs import HEARTBEAT, last_run
from crm.core.rows import unfiltered
from crm.core.types import utcnow
from crm.mail.models import Message, MessageState

SILENCE = timedelta(minutes=2)  # four heartbeats
DELAY = timedelta(minutes=5)  # after which a due message is late: limits hold some back meanwhile

OK, LATE, OFF = "ok", "late", "off"


def worker_health(config: Config) -> dict[str, Any]:
    """`worker` and `mail` are "ok" or "late"; `mail` is "off" without MAIL_URL."""
    now, seen = utcnow(), last_run(HEARTBEAT)
    due = oldest_due()
    is_late = due is not None and now - due > DELAY
    return {
        "worker": OK if seen is not None and now - seen < SILENCE else LATE,
        "worker_seen_at": _iso(seen),
        "mail": OFF if config.mail is None else LATE if is_late else OK,
        "oldest_due_at": _iso(due),
    }


def oldest_due() -> datetime | None:
    """Since when the oldest queued message has been due; None where none is."""
    first = select(func.min(Message.next_try_at)).where(
        Message.company_id == Company.id, Message.state == MessageState.QUEUED
    )
    with unfiltered("health says when, and nothing of the messages themselves"):
        found = db.session.scalar(select(func.min(first.scalar_subquery())).select_from(Company))
    return found if found is not None and found <= utcnow() else None


def _iso(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat(timespec="seconds")
