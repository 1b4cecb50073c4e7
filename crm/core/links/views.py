"""/p/<token>: the pages of public links, for people without an account."""

import logging
from typing import Any

from flask import Response, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_appbuilder.hooks import before_request
from flask_appbuilder.security.decorators import limit
from flask_babel import force_locale, get_locale

from crm.core.errors import Unavailable
from crm.core.files.serving import answer
from crm.core.links.models import PublicLink
from crm.core.links.purposes import PURPOSES, Purpose
from crm.core.links.services import find, find_any, note_opening
from crm.core.rows import unfiltered
from crm.core.security import allow_anonymous
from crm.core.security.page import Page
from crm.core.security.rate_limits import client_address
from crm.core.unavailable import FRAMELESS

log = logging.getLogger("crm.links")

# By address: an office has one, and a page asks for its pictures too.
RATE = "120 per minute"
HEADERS = {
    "Referrer-Policy": "no-referrer",  # the address is a secret
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "private, no-store",
}

allow_anonymous(*(f"PublicLinkView.{name}" for name in ("show", "act", "picture")))


class PublicLinkView(Page):
    """The answer is the same for a token that is unknown, ended, revoked, or whose row is deleted.

    No session is opened, and no CSRF token is needed: the address itself is the secret.
    """

    route_base = "/p"
    default_view = "show"

    def create_blueprint(self, *given: Any, **named: Any) -> Any:
        blueprint = super().create_blueprint(*given, **named)
        current_app.extensions["csrf"].exempt(blueprint)
        blueprint.after_request(_with_headers)  # also of what is refused on the way
        return blueprint

    @before_request
    def _without_frame(self) -> None:
        """No menu: the page is the same for those who are signed in."""
        request.environ[FRAMELESS] = True

    @expose("/<token>")
    @limit(RATE, key_func=client_address)
    def show(self, token: str) -> ResponseReturnValue:
        """What the link opens; changes nothing."""
        with unfiltered("whoever holds a public link reads what it opens"):
            link, purpose = _valid(token)
            page = purpose.page(link) if link and purpose else None
            if page is None or purpose is None:
                return _gone(token)
            with force_locale(getattr(page, "language", "") or get_locale()):
                return render_template(purpose.template, page=page, token=token)

    @expose("/<token>", methods=("POST",))
    @limit(RATE, key_func=client_address)
    def act(self, token: str) -> ResponseReturnValue:
        """What the page's button does."""
        with unfiltered("whoever holds a public link acts on what it opens"):
            link, purpose = _valid(token)
            found = purpose.act(link) if link and purpose else None
            if found is None or link is None:
                return _gone(token)
            link_id = link.id
            try:
                note_opening(link)
            except Unavailable:  # a busy database keeps nobody from what they were sent
                log.warning("The opening of public link %s could not be noted.", link_id)
            return found

    @expose("/<token>/<name>")
    @limit(RATE, key_func=client_address)
    def picture(self, token: str, name: str) -> ResponseReturnValue:
        """A picture of the page, or another file to which it links."""
        with unfiltered("whoever holds a public link sees the pictures of its page"):
            link, purpose = _valid(token)
            if link is None or purpose is None:
                return _gone(token)
            pictures = purpose.pictures(link)
            if name in pictures:
                return answer(pictures[name], inline=True)
            return purpose.file(link, name) or _gone(token)


def _valid(token: str) -> tuple[PublicLink | None, Purpose | None]:
    link = find(token)
    return link, _purpose(link)


def _purpose(link: PublicLink | None) -> Purpose | None:
    found = (one for one in PURPOSES if link is not None and one.name == link.purpose)
    return next(found, None)


def _gone(token: str) -> ResponseReturnValue:
    link = find_any(token)
    purpose = _purpose(link)
    told = purpose.closed(link) if link and purpose and not link.is_valid else None
    if told is None:
        return render_template("core/public_gone.html", told=None), 404
    with force_locale(told.language):
        return render_template("core/public_gone.html", told=told), 404


def _with_headers(response: Response) -> Response:
    response.headers.update(HEADERS)
    return response
