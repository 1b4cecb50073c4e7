"""Who is signed in: the session's user, what ends a session, and how both become an Actor."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from flask import current_app, session
from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import User
from flask_login import current_user, login_user, logout_user
from sqlalchemy import ColumnElement, String, delete, exists
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.actor import Actor
from crm.core.db import transaction
from crm.core.types import Instant, utcnow

LOADER = "crm.load_actor"


class LoadActor(Protocol):
    """Reads a user who is active and for whom `alive` holds, with rights and settings, or nobody.

    Two statements at most. Set by `init_app`: core knows no entity.
    """

    def __call__(self, user_id: int, *alive: ColumnElement[bool]) -> Actor | None: ...


def load_actor(user_id: int, *alive: ColumnElement[bool]) -> Actor | None:
    """The actor who is this user, if they may still act."""
    loader: LoadActor = current_app.extensions[LOADER]
    return loader(user_id, *alive)


class EndedSession(Model):
    """A session that was signed out. A cookie that was copied before dies with it.

    Rows are kept as long as a cookie can live.
    """

    __tablename__ = "ended_session"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    ended_at: Mapped[datetime] = mapped_column(Instant, default=utcnow, index=True)


@dataclass(frozen=True)
class SessionUser:
    """What Flask-Login calls the current user: no more than it takes to read the Actor.

    Not FAB's User, which would be a third statement and carry the password's hash about.
    """

    id: int
    epoch: int  # of the user: raised by a password change or deactivation, which ends every session
    key: str  # of this session alone: remembered when it is signed out

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        return f"{self.id}.{self.epoch}.{self.key}"

    @classmethod
    def parse(cls, text: str) -> "SessionUser | None":
        """What `get_id` wrote, or None for anything else."""
        user_id, _, rest = text.partition(".")
        epoch, _, key = rest.partition(".")
        if not (user_id.isdecimal() and epoch.isdecimal() and key) or len(user_id + epoch) > 18:
            return None
        return cls(int(user_id), int(epoch), key)

    def alive(self) -> tuple[ColumnElement[bool], ...]:
        """The conditions under which the session still holds."""
        return (User.session_epoch == self.epoch, ~exists().where(EndedSession.key == self.key))


def sign_in(user_id: int, epoch: int, remember: bool = False) -> None:
    """Begin a session that nobody else can know: what was in the cookie before is dropped.

    `remember` keeps it past the closing of the browser, for PERMANENT_SESSION_LIFETIME. Not by
    Flask-Login's own "remember" cookie, whose signature never expires.
    """
    locale = session.get("locale")
    session.clear()
    if locale:
        session["locale"] = locale
    session.permanent = remember
    login_user(SessionUser(user_id, epoch, secrets.token_urlsafe(16)))


def sign_out() -> None:
    """End this session, here and wherever its cookie was copied to."""
    if current_user.is_authenticated:
        with transaction() as database:
            database.add(EndedSession(key=current_user.key))
            gone = utcnow() - current_app.permanent_session_lifetime
            database.execute(delete(EndedSession).where(EndedSession.ended_at < gone))
    logout_user()
    session.clear()
