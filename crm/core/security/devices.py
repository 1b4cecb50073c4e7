"""Known devices, on which a user signed in before: failures of others do not lock them."""

import secrets

from flask import current_app, request
from itsdangerous import BadData
from werkzeug.wrappers import Response

from crm.core.security.keys import signer

COOKIE = "device"
PURPOSE = "known-device"
KEPT_FOR = 365 * 24 * 3600  # seconds
MOST = 10  # people who share a device


def device() -> str:
    """The random id of this device; "" where nobody signed in on it yet."""
    return _read()[0]


def device_of(user_id: int) -> str:
    """The id of this device where this user signed in on it before, else ""."""
    name, users = _read()
    return name if user_id in users else ""


def remember(response: Response, user_id: int) -> None:
    """Note in a cookie that this user signed in on this device."""
    name, users = _read()
    users = [user_id, *(known for known in users if known != user_id)][:MOST]
    response.set_cookie(
        COOKIE,
        str(signer(PURPOSE).dumps([name or secrets.token_urlsafe(12), users])),
        max_age=KEPT_FOR,
        path="/login/",
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )


def _read() -> tuple[str, list[int]]:
    try:
        name, users = signer(PURPOSE).loads(request.cookies.get(COOKIE, ""), max_age=KEPT_FOR)
    except BadData:
        return "", []
    return name, users
