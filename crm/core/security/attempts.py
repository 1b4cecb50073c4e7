"""Failed sign-ins: after five for one name, the name is closed for fifteen minutes.

Counted by the name that was typed, whether or not anybody has it: neither the answer nor the time
it takes tells which names exist. FAB counts failures on the user and never reads the number.
"""

import hmac
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from flask import current_app
from flask_appbuilder import Model
from sqlalchemy import String, case, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from crm.core.types import Instant, fold, utcnow

LIMIT = 5
CLOSED_FOR = timedelta(minutes=15)


class LoginFailure(Model):
    """How often a name failed lately; a keyed hash, as people type passwords into that field."""

    __tablename__ = "login_failure"

    name_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(Instant, index=True)


def count_attempt(session: Session, name: str) -> bool:
    """Count an attempt before its password is looked at; whether there may be one.

    Counting first leaves no gap in which many attempts at once are all the fifth.
    """
    now = utcnow()
    since = now - CLOSED_FOR
    table = LoginFailure
    over = table.last_at <= since
    closed = (table.failures >= LIMIT) & ~over
    row = _insert(session)(table).values(name_hash=_hash(name), failures=1, last_at=now)
    statement = row.on_conflict_do_update(
        index_elements=[table.name_hash],
        set_={
            "failures": case((over, 1), else_=table.failures + 1),
            "last_at": case((closed, table.last_at), else_=row.excluded.last_at),
        },
    ).returning(table.failures)
    failures: int = session.execute(statement).scalar_one()
    session.execute(delete(table).where(table.last_at <= since))
    return failures <= LIMIT


def forget_failures(session: Session, name: str) -> None:
    """Open a name again: after a sign-in, or when an administrator sets a new password."""
    session.execute(delete(LoginFailure).where(LoginFailure.name_hash == _hash(name)))


def _hash(name: str) -> str:
    key = current_app.config["SECRET_KEY"]
    return hmac.new(str(key).encode(), fold(name).encode(), sha256).hexdigest()


def _insert(session: Session) -> Any:
    """The dialect's own INSERT: ON CONFLICT is in neither the standard nor SQLAlchemy's."""
    dialects: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
    return dialects[session.get_bind().dialect.name]
