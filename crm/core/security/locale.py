"""Language and time zone of a request: the user's own, else what the browser says."""

from flask import has_request_context, request, session

from crm.core.actor import find_actor
from crm.core.config import languages


def pick_locale() -> str:
    """The user's language, else the one chosen before signing in, else the browser's, else English.

    Writes nothing: FAB 5.3 gives every visitor a cookie for it.
    """
    offered = languages()
    actor = find_actor()
    wanted = [actor.language] if actor else []
    if has_request_context():
        # The sign-in page has links with `?lang=`, for that page only: a GET stores nothing.
        wanted += [request.args.get("lang", ""), session.get("locale", "")]
        wanted.append(request.accept_languages.best_match(offered) or "")
    return next((language for language in wanted if language in offered), "en")


def pick_time_zone() -> str | None:
    """The user's time zone; None for the application's default."""
    actor = find_actor()
    return actor.time_zone or None if actor else None
