"""Sign-in and rights: FAB's security manager, with closed defaults."""

from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask_limiter.errors import RateLimitExceeded
from flask_wtf import CSRFProtect

from crm.core.config import Config
from crm.core.models.locale import Catalogs
from crm.core.security import gate, keys, locale, rate_limits
from crm.core.security.builder import Builder
from crm.core.security.counters import rate_limit_settings
from crm.core.security.gate import allow_anonymous
from crm.core.security.identity import (
    LOADER,
    LoadActor,
    QuietSessions,
    SessionUser,
    load_actor,
    sign_in,
    sign_out,
)
from crm.core.security.locale import NO_LANGUAGE
from crm.core.security.pairs import pairs_of, registered_pairs, sync_permissions, sync_roles
from crm.core.security.passwords import (
    check_password,
    generate_password,
    hash_password,
    verify_password,
)
from crm.core.security.rate_limits import rate_limit_key
from crm.core.security.redirects import safe_next

# Settings of FAB, Flask-Login and other extensions, whose defaults are too open.
CONFIG: dict[str, Any] = {
    "AUTH_ROLE_PUBLIC": "",  # there is no role for everybody
    "AUTH_USER_REGISTRATION": False,
    "AUTH_USERNAME_CI": True,
    "FAB_ADD_MENU_API": False,
    "FAB_ADD_SECURITY_API": False,
    "FAB_ALLOW_GET_UNSAFE_MUTATIONS": False,
    "FAB_API_KEY_ENABLED": False,
    "FAB_API_SHOW_STACKTRACE": False,
    "FAB_CREATE_DB": False,
    "FAB_UPDATE_PERMS": False,
    "PERMANENT_SESSION_LIFETIME": 30 * 24 * 3600,
    "RATELIMIT_ENABLED": True,
    "RATELIMIT_STORAGE_URI": "memory://",
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
    "JWT_ACCESS_TOKEN_EXPIRES": 15 * 60,
    "JWT_REFRESH_TOKEN_EXPIRES": 7 * 24 * 3600,
    "WTF_CSRF_TIME_LIMIT": None,  # as long as the session: an hour-old form must still save
}


def __getattr__(name: str) -> Any:
    """CoreSecurityManager, imported late.

    Importing FAB 5.3's security manager configures the mappers, so all tables must exist before.
    """
    if name != "CoreSecurityManager":
        raise AttributeError(name)
    from crm.core.security.manager import CoreSecurityManager

    return CoreSecurityManager


def prepare(app: Flask, loader: LoadActor) -> None:
    """Called before Builder: APIs registered before CSRFProtect are not exempt from it."""
    for key, value in CONFIG.items():
        if app.config.get(key) == Flask.default_config.get(key):  # create_app did not set it
            app.config[key] = value
    app.config.setdefault("TRUSTED_HOSTS", None)
    app.config["TRUSTED_HOSTS"] = app.config["TRUSTED_HOSTS"] or trusted_hosts(app)
    app.extensions[LOADER] = loader
    app.session_interface = QuietSessions()
    keys.accept_old_keys(app)
    CSRFProtect(app)
    gate.install(app)


def trusted_hosts(app: Flask) -> list[str] | None:
    """The accepted Host headers: that of PUBLIC_URL, and this machine's own.

    A forged Host would otherwise end up in links. None, which accepts any, where the server
    listens on all addresses and PUBLIC_URL is not set.
    """
    config: Config | None = app.extensions.get("crm.config")
    name = urlsplit(config.public_url).hostname if config else None
    if name is None or name in ("0.0.0.0", "::"):  # noqa: S104  nothing is bound here
        return None
    return [name, "localhost", "127.0.0.1", "[::1]"]


def complete(app: Flask) -> None:
    """Called after Builder: replaces its locale selector, which reads the session only."""
    babel = app.extensions["babel"]
    babel.locale_selector = locale.pick_locale
    babel.timezone_selector = locale.pick_time_zone
    Catalogs().install(app)
    app.register_error_handler(RateLimitExceeded, rate_limits.too_many_requests)


__all__ = [
    "NO_LANGUAGE",
    "Builder",
    "LoadActor",
    "SessionUser",
    "allow_anonymous",
    "check_password",
    "complete",
    "generate_password",
    "hash_password",
    "load_actor",
    "pairs_of",
    "prepare",
    "rate_limit_key",
    "rate_limit_settings",
    "registered_pairs",
    "safe_next",
    "sign_in",
    "sign_out",
    "sync_permissions",
    "sync_roles",
    "verify_password",
]  # fmt: skip
