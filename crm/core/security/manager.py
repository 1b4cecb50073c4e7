"""FAB 5.3's security manager, based on the Actor: users, permissions and sign-in.

Rights come from the actor's grid, and none of its stock pages is registered.
"""

import logging
from collections.abc import Iterable
from typing import Any

from flask import abort, g, request
from flask_appbuilder.security.sqla.manager import SecurityManager
from flask_appbuilder.security.sqla.models import User
from flask_babel import refresh
from sqlalchemy import func, or_, select, update

from crm.core.actor import find_actor, per_request
from crm.core.db import db, transaction
from crm.core.errors import Unavailable
from crm.core.security.attempts import Attempt
from crm.core.security.devices import device_of
from crm.core.security.gate import identify_actor, password_change_required, sign_in_required
from crm.core.security.identity import SessionUser, load_actor
from crm.core.security.keys import accept_old_token_keys
from crm.core.security.login import LoginApi, LoginView
from crm.core.security.pairs import PermissionPair, pairs_of
from crm.core.security.passwords import verify_password
from crm.core.security.rate_limits import client_address
from crm.core.types import utcnow

log = logging.getLogger("crm")

# On flask.g: the epoch of the authenticated user, which goes into every token.
EPOCH = "crm.session_epoch"


class CoreSecurityManager(SecurityManager):
    """Users, permissions and sign-in. Methods that are not overridden are not reachable."""

    security_api = LoginApi
    authdbview = LoginView
    userstatschartview = None  # loads every user

    def __init__(self, appbuilder: Any) -> None:
        super().__init__(appbuilder)
        self.jwt_manager.additional_claims_loader(
            lambda identity: {"epoch": request.environ[EPOCH]}
        )
        accept_old_token_keys(self.jwt_manager)
        self.jwt_manager.unauthorized_loader(lambda reason: sign_in_required())
        self.jwt_manager.invalid_token_loader(lambda reason: sign_in_required())
        self.jwt_manager.expired_token_loader(lambda header, payload: sign_in_required())
        self.jwt_manager.user_lookup_error_loader(lambda header, payload: sign_in_required())

    def register_views(self) -> None:
        """Overrides FAB 5.3, which adds eleven stock pages: only the two logins are registered.

        Users, groups and roles are views like any other, in crm.companies.
        """
        self.appbuilder.add_api(self.security_api)
        self.auth_view = self.authdbview()
        self.appbuilder.add_view_no_menu(self.auth_view)

    # Users

    def load_user(self, pk: str) -> SessionUser | None:
        """Overrides FAB 5.3, where a session survives a new password; `pk` is get_id()'s."""
        user = SessionUser.parse(str(pk))
        actor = identify_actor(lambda: load_actor(user.id, *user.alive()) if user else None)
        return user if actor else None

    def load_user_jwt(self, header: Any, data: dict[str, Any]) -> SessionUser | None:
        """Overrides FAB 5.3, where a token survives a new password; its subject is the bare id.

        The token contains the user's epoch. `iat` has a resolution of one second, too coarse to
        compare with the change of the password.
        """
        user = SessionUser.parse(f"{data['sub']}.{data.get('epoch', '')}.token")
        actor = identify_actor(
            lambda: load_actor(user.id, User.session_epoch == user.epoch) if user else None
        )
        refresh()  # the locale was chosen before the user was known
        if user is None or actor is None:
            return None
        if actor.must_change_password:
            abort(403, password_change_required())
        request.environ[EPOCH] = user.epoch
        g.user = user
        return user

    def validate_api_key(self, api_key_string: str) -> None:
        """Overrides FAB 5.3: API keys are not supported; nothing checks their scopes."""

    # Permissions

    def has_access(self, permission_name: str, view_name: str) -> bool:
        """Overrides FAB 5.3, which queries the database for every button."""
        return (permission_name, view_name) in self._pairs()

    def _has_view_access(self, user: object, permission_name: str, view_name: str) -> bool:
        """Overrides FAB 5.3: decided by the actor, not by `user`."""
        return self.has_access(permission_name, view_name)

    def is_item_public(self, permission_name: str, view_name: str) -> bool:
        """Overrides FAB 5.3: nothing is public."""
        return False

    def _get_user_permission_view_menus(
        self, user: object, permission_name: str, view_menus_name: Iterable[str]
    ) -> set[str]:
        """Overrides FAB 5.3: from the actor's permissions."""
        return {view for view in view_menus_name or () if self.has_access(permission_name, view)}

    @staticmethod
    def _pairs() -> frozenset[PermissionPair]:
        actor = find_actor()
        if actor is None or actor.must_change_password:
            return frozenset()
        return per_request(("pairs", actor.user_id), lambda: pairs_of(actor.grid))

    # Passwords

    def auth_user_db(self, username: str | None, password: str | None) -> SessionUser | None:
        """Overrides FAB 5.3, for both logins: does not reveal which names exist.

        Every outcome counts one attempt and checks one hash, except for locked names. Raises
        TooManyRequests. The connection is released before hashing, which takes 0.1 s.
        """
        name, given = _plain(username).strip().lower(), _plain(password)
        found = db.session.execute(
            select(User.id, User.password, User.session_epoch)
            .where(or_(User.username == name, User.email == name), User.active)
        ).first()  # fmt: skip
        db.session.rollback()
        epoch, known = (found.session_epoch, device_of(found.id)) if found else (0, "")
        attempt = Attempt(name, epoch, known, client_address())
        attempt.begin()
        right = verify_password(found.password if found else None, given)
        if found is None or not right:
            return None
        attempt.succeed()
        _greet(found.id)
        request.environ[EPOCH] = found.session_epoch
        return SessionUser(found.id, found.session_epoch, "")


def _plain(text: str | None) -> str:
    """The text without NUL and lone surrogates, which database and hash refuse."""
    return (text or "").encode("utf-8", "replace").decode().replace("\0", "")


def _greet(user_id: int) -> None:
    """Store the time of a sign-in; skipped while the database is busy."""
    try:
        with transaction(wait=0.5) as session:
            session.execute(update(User).where(User.id == user_id).values(**_greeted()))
    except Unavailable:
        log.info("the time of a sign-in was left out: the database is busy")


def _greeted() -> dict[str, Any]:
    """The values of FAB's own columns, whose naive times are in UTC here."""
    return {
        "login_count": func.coalesce(User.login_count, 0) + 1,
        "last_login": utcnow().replace(tzinfo=None),
    }


__all__ = ["EPOCH", "CoreSecurityManager"]
