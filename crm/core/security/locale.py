"""Language and time zone of a request: the user's own, else what the browser says."""

from flask import has_request_context, request, session
from flask_appbuilder.security.sqla.models import User
from flask_babel import get_locale
from sqlalchemy import select, update

from crm.core.actor import find_actor
from crm.core.config import languages
from crm.core.db import db, transaction

NO_LANGUAGE = ""  # the language of a user for whom nobody has chosen one yet


def pick_locale() -> str:
    """The user's language, else the one chosen before signing in, else the browser's, else English.

    Writes nothing: FAB 5.3 gives every visitor a cookie for it.
    """
    offered = languages()
    actor = find_actor()
    wanted = [actor.language] if actor else []
    if has_request_context():
        # The sign-in page has links with `?lang=`: a GET stores nothing, signing in does.
        wanted += _chosen()
        wanted.append(request.accept_languages.best_match(offered) or "")
    return next((language for language in wanted if language in offered), "en")


def _chosen() -> list[str]:
    """What a visitor chose on the sign-in page, by a link or by the menu of languages."""
    return [request.args.get("lang", ""), session.get("locale", "")]


def keep_language(user_id: int) -> None:
    """Make the language of the sign-in page the user's own, at their sign-in.

    Only where they chose it on that page, or have none yet: else the page is in the browser's
    language, and they may have chosen another one before.
    """
    spoken = get_locale()
    language = spoken.language if spoken is not None else ""
    kept = db.session.scalar(select(User.language).where(User.id == user_id))
    db.session.rollback()
    if language in (kept, "") or not (kept == NO_LANGUAGE or language in _chosen()):
        return
    with transaction() as database:
        database.execute(update(User).where(User.id == user_id).values(language=language))


def pick_time_zone() -> str | None:
    """The user's time zone; None for the application's default."""
    actor = find_actor()
    return actor.time_zone or None if actor else None
