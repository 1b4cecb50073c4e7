"""/calendar/feed: the page of one's own addresses, and what calendars read at them."""

import logging
from dataclasses import dataclass, field
from datetime import datetime

from flask import Response, abort, flash, make_response, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_appbuilder.security.decorators import limit
from flask_babel import force_locale
from flask_babel import gettext as _

from crm.calendar.feeds import content, services
from crm.calendar.feeds.content import title_of
from crm.calendar.ics import CONTENT_TYPE
from crm.calendar.models import CalendarFeed, FeedKind
from crm.core.actor import Actor, acting_as, current_actor
from crm.core.db import transaction
from crm.core.errors import Unavailable
from crm.core.links.views import HEADERS, RATE
from crm.core.models.text import format_instant, format_number
from crm.core.security import allow_anonymous
from crm.core.security.page import Page
from crm.core.security.rate_limits import client_address
from crm.core.types import utcnow

log = logging.getLogger("crm.feeds")

allow_anonymous("FeedFileView.fetch")


@dataclass(frozen=True)
class FeedState:
    """One kind of feed on the page; `address` where it was made just now."""

    kind: FeedKind
    title: str
    help: str
    is_made: bool
    made: str
    fetched: str
    address: str = ""


@dataclass
class FeedsPage:
    """Everything templates/calendar/feeds.html places."""

    title: str
    crumbs: list[tuple[str, str]]
    intro: str
    feeds: list[FeedState]
    steps: list[tuple[str, str]] = field(default_factory=list)  # a program, and what to do there


class FeedView(Page):
    """One's own addresses; nobody else's, whatever the rights."""

    route_base = "/calendar/feed"
    default_view = "own"

    @expose("/")
    def own(self) -> ResponseReturnValue:
        """Which addresses there are, and who fetched them last."""
        return self._page()

    @expose("/create", methods=("POST",))
    def create(self) -> ResponseReturnValue:
        """Make an address, or another one, and show it in this response only."""
        kind = _posted()
        with transaction():
            token = services.create(kind)
        response = make_response(self._page(kind, services.address_of(token)))
        response.headers["Cache-Control"] = "no-store"
        return response

    @expose("/revoke", methods=("POST",))
    def revoke(self) -> ResponseReturnValue:
        """Let nobody read at the address any more."""
        kind = _posted()
        with transaction():
            services.revoke(kind)
        flash(_("Address revoked"), "success")
        return redirect(self.url("own"), 303)

    def _page(self, made: FeedKind | None = None, address: str = "") -> ResponseReturnValue:
        feeds, actor = services.own(), current_actor()
        shown = [
            _state(kind, feeds.get(kind), address if kind == made else "")
            for kind in FeedKind
            if kind == FeedKind.MINE or actor.teammate_ids or kind in feeds
        ]
        page = FeedsPage(
            _("Calendar feeds"), [(_("My profile"), "/profile/")], _intro(), shown, _steps()
        )
        return self.render("calendar/feeds.html", page=page)


class FeedFileView(Page):
    """The feeds themselves, for programs without a session: the address is the secret.

    The answer is the same for an address that is unknown or revoked, or whose owner is inactive.
    """

    route_base = "/calendar/feed"
    default_view = "fetch"

    @expose("/<token>.ics")
    @limit(RATE, key_func=client_address)
    def fetch(self, token: str) -> ResponseReturnValue:
        """The events, as the person whose address it is reads them now."""
        actor = services.actor_of(token)
        if actor is None:
            return _headed(Response(_("Nothing here"), 404, mimetype="text/plain"))
        with acting_as(actor), force_locale(actor.language or "en"):
            return _headed(_answer(token, actor))


def _answer(token: str, actor: Actor) -> Response:
    kind = services.kind_of(token)
    state = content.state_of(token, kind, actor)
    changed_at = (state.changed_at or utcnow()).replace(microsecond=0)
    is_known = state.changed_at is not None and _is_known(state.tag, changed_at)
    response = Response(status=304) if is_known else Response(content.write(kind, actor))
    response.headers["Content-Type"] = CONTENT_TYPE
    response.set_etag(state.tag, weak=True)
    response.last_modified = changed_at
    if state.changed_at is None or services.is_due(state.last_fetched_at):
        _note(state)
    return response


def _is_known(tag: str, changed_at: datetime) -> bool:
    """Whether the client has this already; a tag says more than a time (RFC 9110, 13.2.2)."""
    if request.if_none_match:
        return request.if_none_match.contains_weak(tag)
    since = request.if_modified_since
    return since is not None and changed_at <= since


def _note(state: content.State) -> None:
    client = request.headers.get("User-Agent", "")
    try:
        services.note_fetch(state.feed_id, state.tag, client, is_new=state.changed_at is None)
    except Unavailable:  # a busy database keeps nobody from their events
        log.warning("The fetch of feed %s could not be noted.", state.feed_id)


def _headed(response: Response) -> Response:
    response.headers.update({**HEADERS, "Cache-Control": "private, no-cache"})
    return response


def _posted() -> FeedKind:
    try:
        return FeedKind(request.form.get("kind", ""))
    except ValueError:
        abort(404)


def _state(kind: FeedKind, feed: CalendarFeed | None, address: str) -> FeedState:
    helps = {
        FeedKind.MINE: _("Events assigned to you, and those you are invited to."),
        FeedKind.TEAM: _("Events of the colleagues in your teams, as far as you may read them."),
    }
    zone = current_actor().time_zone
    made = _("Made on %(date)s", date=format_instant(feed.created_at, zone)) if feed else ""
    return FeedState(
        kind, title_of(kind), helps[kind], feed is not None, made, _fetched(feed, zone), address
    )


def _fetched(feed: CalendarFeed | None, zone: str) -> str:
    if feed is None:
        return ""
    if feed.last_fetched_at is None:
        return _("Not read yet")
    when = format_instant(feed.last_fetched_at, zone)
    if not feed.last_client:
        return _("Last read on %(date)s", date=when)
    return _("Last read on %(date)s by %(program)s", date=when, program=feed.last_client)


def _intro() -> str:
    return _(
        "Your calendar program reads your events at a secret address: those of the last %(back)s "
        "days and of the next %(ahead)s days, at most %(most)s. Of colleagues’ private events only "
        "the time is shown.",
        back=content.DAYS_BACK,
        ahead=content.DAYS_AHEAD,
        most=format_number(content.MOST),
    )


def _steps() -> list[tuple[str, str]]:
    return [
        (
            "Outlook",
            _("In the calendar, choose “Add calendar”, “Subscribe from web”, paste the address."),
        ),
        (
            _("Google Calendar"),
            _("Beside “Other calendars”, choose “+”, “From URL”, paste the address."),
        ),
        (
            _("Apple Calendar"),
            _("In the menu “File”, choose “New Calendar Subscription”, paste the address."),
        ),
    ]
