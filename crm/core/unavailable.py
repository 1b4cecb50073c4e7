"""The 503 page while the database is not available; renders without a query."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from flask import Flask, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import AnonymousUserMixin
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from crm.core import http
from crm.core.errors import Unavailable
from crm.core.outage import find_outage, unavailable

log = logging.getLogger("crm")

# Key of the request's environ: render without the menu, whose counts are in the database.
FRAMELESS = "crm.frameless"
SECRET = ("csrf_token", "old_password", "password", "confirm")  # never sent back to a browser


@dataclass
class UnavailablePage:
    """Everything templates/core/unavailable.html places; `typed` is what was posted."""

    title: str
    text: str
    action: str
    is_post: bool
    typed: list[tuple[str, str]] = field(default_factory=list)
    is_incomplete: bool = False  # a file or a password has to be given again


def install(app: Flask, give_up: Callable[[], None]) -> None:
    """Answer 503 where a request fails because the database is not available.

    `give_up` rolls the session back.
    """
    app.register_error_handler(Unavailable, partial(_answer, give_up))
    app.register_error_handler(PoolTimeout, partial(_raw, give_up))
    app.register_error_handler(DBAPIError, partial(_raw, give_up))


def _raw(give_up: Callable[[], None], error: Exception) -> ResponseReturnValue:
    outage = find_outage(error)
    if outage is None:
        return http.broken(give_up, error)
    return _answer(give_up, unavailable(outage), error)


def _answer(
    give_up: Callable[[], None], error: Unavailable, cause: Exception | None = None
) -> ResponseReturnValue:
    log.warning("503 %s %s: %s", request.method, request.path, cause or error.__cause__)
    try:
        give_up()
    except SQLAlchemyError:
        log.warning("the connection was lost")
    if http.wants_json():
        return jsonify(message=str(error), errors={}), 503
    if http.wants_part():
        return str(error), 503
    request.environ[FRAMELESS] = True
    g.setdefault("_login_user", AnonymousUserMixin())  # every template asks Flask-Login who it is
    return render_template("core/unavailable.html", page=_page(error), status=503), 503


def _page(error: Unavailable) -> UnavailablePage:
    """The page carries what was posted, and a button sends it again."""
    is_post = request.method == "POST"
    posted = list(request.form.items(multi=True)) if is_post else []
    return UnavailablePage(
        title=_("The database is not available"),
        text=str(error),
        # One slash: a browser takes what follows two of them for the name of a server.
        action="/" + request.full_path.rstrip("?").lstrip("/\\"),
        is_post=is_post,
        typed=[(name, text) for name, text in posted if name not in SECRET],
        is_incomplete=is_post
        and (
            any(name in SECRET[1:] for name, _text in posted)
            or any(upload.filename for upload in request.files.values())
        ),
    )
