"""Key rotation: the current secret key signs, former ones still verify.

Flask itself does so for sessions only.
"""

from hashlib import sha256
from typing import Any

from flask import Flask, current_app
from itsdangerous import URLSafeTimedSerializer


def keys_of(app: Flask) -> list[str]:
    """The keys, the current one last, as itsdangerous expects."""
    return [*(app.config["SECRET_KEY_FALLBACKS"] or ()), app.config["SECRET_KEY"]]


def signer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(keys_of(current_app), salt=purpose)


def accept_old_keys(app: Flask) -> None:
    """Accept CSRF tokens signed with former keys; Flask-WTF knows the current key only."""
    app.config["WTF_CSRF_SECRET_KEY"] = keys_of(app)


def accept_old_token_keys(jwt_manager: Any) -> None:
    """Accept API tokens signed with former keys: each names its key in `kid` (RFC 7515, 4.1.4)."""
    jwt_manager.additional_headers_loader(lambda identity: {"kid": _name(_present())})
    jwt_manager.decode_key_loader(lambda header, claims: _named(header.get("kid")))


def _present() -> str:
    key: str = current_app.config["SECRET_KEY"]
    return key


def _named(name: object) -> str:
    """The key of this name, else the current one, with which verification fails."""
    known = {_name(key): key for key in keys_of(current_app)}
    return known.get(name, _present()) if isinstance(name, str) else _present()


def _name(key: str) -> str:
    return sha256(b"kid:" + key.encode()).hexdigest()[:12]
