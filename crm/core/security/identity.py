"""Sessions: the signed-in user, what ends a session, and loading the Actor."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from flask import Flask, current_app, request, session
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import User
from flask_login import current_user, login_user, logout_user
from sqlalchemy import ColumnElement, String, delete, exists
from sqlalchemy.orm import Mapped, mapped_column

from crm.core.actor import Actor
from crm.core.db import transaction
from crm.core.jobs import nightly
from crm.core.types import Instant, utcnow

LOADER = "crm.load_actor"


class LoadActor(Protocol):
    """Loads the Actor of an active user who meets the conditions `alive`, else None.

    In two statements at most. Passed to `prepare`, as core knows no entity.
    """

    def __call__(self, user_id: int, *alive: ColumnElement[bool]) -> Actor | None: ...


def load_actor(user_id: int, *alive: ColumnElement[bool]) -> Actor | None:
    """The Actor of this user; None where they may no longer sign in."""
    loader: LoadActor = current_app.extensions[LOADER]
    return loader(user_id, *alive)


class EndedSession(Model):
    """A session that was signed out, which also invalidates copies of its cookie.

    Rows are kept for the lifetime of a cookie.
    """

    __tablename__ = "ended_session"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    ended_at: Mapped[datetime] = mapped_column(Instant, default=utcnow, index=True)


@dataclass(frozen=True)
class SessionUser:
    """Flask-Login's current user: what it takes to load the Actor.

    Not FAB's User, which would take a third statement and hold the password's hash.
    """

    id: int
    epoch: int  # of the user: raised by a password change or deactivation, which ends every session
    key: str  # of this session; stored in EndedSession at sign-out

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        return f"{self.id}.{self.epoch}.{self.key}"

    @classmethod
    def parse(cls, text: str) -> "SessionUser | None":
        """The inverse of `get_id`; None for any other text."""
        user_id, _, rest = text.partition(".")
        epoch, _, key = rest.partition(".")
        if not (user_id.isdecimal() and epoch.isdecimal() and key) or len(user_id + epoch) > 18:
            return None
        return cls(int(user_id), int(epoch), key)

    def alive(self) -> tuple[ColumnElement[bool], ...]:
        """The conditions under which the session is valid."""
        return (User.session_epoch == self.epoch, ~exists().where(EndedSession.key == self.key))


class QuietSessions(SecureCookieSessionInterface):
    """Flask 3.1's sessions, of which only pages renew the cookie.

    What a script asks for beside them would overwrite what a page has just put there.
    """

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        is_page = request.headers.get("Sec-Fetch-Dest", "document") == "document"
        return session.modified or (is_page and super().should_set_cookie(app, session))


def sign_in(user_id: int, epoch: int, remember: bool = False) -> None:
    """Begin a new session; the former cookie's contents are dropped (session fixation).

    `remember` keeps it after the browser is closed, for PERMANENT_SESSION_LIFETIME. Flask-Login's
    own "remember" cookie is not used: its signature never expires.
    """
    locale = session.get("locale")
    session.clear()
    if locale:
        session["locale"] = locale
    session.permanent = remember
    login_user(SessionUser(user_id, epoch, secrets.token_urlsafe(16)))


def sign_out() -> None:
    """End this session, copies of its cookie included."""
    if current_user.is_authenticated:
        with transaction() as database:
            database.add(EndedSession(key=current_user.key))
    logout_user()
    session.clear()


@nightly("sessions", hour=2)
def forget_sessions() -> None:
    """Delete the signed-out sessions whose cookies are no longer accepted anyway."""
    gone = utcnow() - current_app.permanent_session_lifetime
    with transaction() as database:
        database.execute(delete(EndedSession).where(EndedSession.ended_at < gone))
