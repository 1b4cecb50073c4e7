"""Authentication before every request; endpoints require sign-in unless they are listed as open."""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask, Response, abort, current_app, flash, g, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder.api import BaseApi
from flask_babel import gettext as _
from flask_babel import refresh
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import BadRequest

from crm.core.actor import Actor, find_actor, set_actor
from crm.core.errors import Forbidden, NotFound
from crm.core.security.redirects import redirect_to, to_login

# What libraries keep on `flask.g`, which requests within one app context share: the user of one
# request must not become that of the next.
SHARED = (
    "_login_user", "csrf_token", "csrf_valid", "_jwt_extended_jwt", "_jwt_extended_jwt_header",
    "_jwt_extended_jwt_user", "_jwt_extended_jwt_location", "_api_key_user",
)  # fmt: skip

# Endpoints for people who are not signed in.
OPEN = {"static", "LoginView.login", "LoginView.logout"}
# Endpoints for people whose first password is still to be changed, beside the open ones.
PASSWORD_PAGE = "PasswordView.own"  # noqa: S105  an endpoint
WHILE_CHANGING = {PASSWORD_PAGE, "PreferencesView.language", "PreferencesView.theme"}


def allow_anonymous(*endpoints: str) -> None:
    """Let these endpoints answer people who are not signed in."""
    OPEN.update(endpoints)


def forget_last_request() -> None:
    """Drop what an earlier request left on a shared app context."""
    for name in SHARED:
        g.pop(name, None)
    refresh()


def check_request() -> ResponseReturnValue | None:
    """Find the actor; stop requests that need a sign-in or a change of password first."""
    if request.endpoint == "static":
        return None
    if _is_for_tokens():
        # The API accepts no cookie (CSRF). FAB's `protect` reads the token and sets the actor.
        current_app.login_manager._update_request_context_with_user()  # type: ignore[attr-defined]  # an extension's
        return None
    signed_in = current_user.is_authenticated  # loads the user, and the actor with it
    if request.endpoint is None or request.endpoint in OPEN:
        return None  # 404: the error page has the actor's menu
    if not signed_in:
        return None if isinstance(_view(), BaseApi) else to_login()
    actor = find_actor()
    if actor is None or not actor.must_change_password or request.endpoint in WHILE_CHANGING:
        return None
    if isinstance(_view(), BaseApi):
        abort(403, password_change_required())
    return redirect_to(url_for(PASSWORD_PAGE))


def identify_actor(read: Callable[[], Actor | None]) -> Actor | None:
    """Set the actor to the result of `read`, which is called again under each write lock."""
    actor = read()
    set_actor(actor, partial(_read_again, read))
    return actor


def _read_again(read: Callable[[], Actor | None]) -> None:
    """Read the actor again; where they changed, check again that the view is open to them."""
    before = find_actor()
    actor = read()
    if actor == before:
        return
    set_actor(actor, partial(_read_again, read))
    view = _view()
    if actor is None:
        abort(sign_in_required() if isinstance(view, BaseApi) else to_login())
    if view is not None:
        _still_open(view, actor)


def _still_open(view: Any, actor: Actor) -> None:
    setting = getattr(view, "setting", None)
    if setting is not None and not actor.is_enabled(setting):
        raise NotFound
    method = (request.endpoint or "").rpartition(".")[2]
    if not hasattr(getattr(view, method), "_permission_name"):
        return  # needs a sign-in only
    right = f"can_{view.get_method_permission(method)}"
    manager = current_app.extensions["appbuilder"].sm
    if not manager.has_access(right, view.class_permission_name):
        raise Forbidden(_("You are not allowed to do this."))


def sign_in_required() -> Response:
    message = _("Sign in first: send a valid token as “Authorization: Bearer …”.")
    response: Response = jsonify(message=message)
    response.status_code = 401
    return response


def password_change_required() -> str:
    return _("Change your password first: sign in with a browser.")


def _is_for_tokens() -> bool:
    view = _view()
    if view is None:
        return request.path.startswith("/api/")
    return isinstance(view, BaseApi) and not view.allow_browser_login


def _view() -> Any:
    """The FAB view of this request, or None."""
    name = request.blueprint
    views = current_app.extensions["appbuilder"].baseviews
    return next((view for view in views if view.endpoint == name), None) if name else None


def _without_token(error: CSRFError) -> ResponseReturnValue:
    """A failed CSRF check: to the sign-in page where the session has ended, else 400."""
    if not current_user.is_authenticated and request.endpoint != "LoginView.logout":
        flash(_("Your session has ended. Sign in to continue."), "info")
        return to_login()
    return current_app.handle_user_exception(BadRequest(error.description))


def install(app: Flask) -> None:
    app.before_request(forget_last_request)
    app.before_request(check_request)
    app.register_error_handler(CSRFError, _without_token)
