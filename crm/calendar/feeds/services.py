"""Making, revoking and finding the addresses of feeds, and noting who fetched them."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from flask import current_app
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import delete, select, update

from crm.calendar.ics import plain
from crm.calendar.models import CalendarFeed, FeedKind
from crm.core.actor import Actor, current_actor
from crm.core.config import Config
from crm.core.db import db, transaction
from crm.core.links.services import hash_token
from crm.core.models.text import parse_number
from crm.core.security import load_actor
from crm.core.types import utcnow

NOTED_EVERY = timedelta(minutes=1)
LONGEST_CLIENT = 60


def own() -> Mapping[FeedKind, CalendarFeed]:
    """The actor's feeds."""
    return {feed.kind: feed for feed in db.session.scalars(select(CalendarFeed))}


def create(kind: FeedKind) -> str:
    """Give the actor's feed of this kind a new token, which is not stored. Returns the token.

    The one before is no longer valid. The token names the person and the kind, so that it is found
    with the person in one statement.
    """
    user_id = current_actor().user_id
    token = f"{user_id}-{kind}-{secrets.token_urlsafe(32)}"
    revoke(kind)
    db.session.add(CalendarFeed(user_id=user_id, kind=kind, token_hash=hash_token(token)))
    return token


def revoke(kind: FeedKind) -> None:
    """Delete the actor's feed of this kind: nobody reads it any more."""
    mine = CalendarFeed.user_id == current_actor().user_id
    db.session.execute(delete(CalendarFeed).where(mine, CalendarFeed.kind == kind))


def address_of(token: str) -> str:
    """The address at which calendars read."""
    config: Config = current_app.extensions["crm.config"]
    return f"{config.public_url}/calendar/feed/{token}.ics"


def actor_of(token: str) -> Actor | None:
    """The person whose feed this token opens, with the rights of this moment.

    None where it is unknown or revoked and where the person is inactive, after one statement each.
    """
    user_id = parse_number(token.partition("-")[0]) or 0
    of_token = select(CalendarFeed.user_id).where(CalendarFeed.token_hash == hash_token(token))
    return load_actor(user_id, User.id.in_(of_token))


def kind_of(token: str) -> FeedKind:
    """The kind that a valid token names."""
    return FeedKind(token.split("-", 2)[1])


def note_fetch(feed_id: int, tag: str, client: str, *, is_new: bool) -> None:
    """Note in a transaction of its own who fetched the feed, and since when it is as it is."""
    now = utcnow()
    values = {"last_fetched_at": now, "last_client": _shortened(client)}
    changed = {"tag": tag, "changed_at": now} if is_new else {}
    with transaction() as session:
        noted = update(CalendarFeed).where(CalendarFeed.id == feed_id)
        session.execute(noted.values(**values, **changed))


def is_due(last_fetched_at: datetime | None) -> bool:
    """Whether a fetch is noted again; at most once a minute."""
    return last_fetched_at is None or utcnow() - last_fetched_at >= NOTED_EVERY


def _shortened(client: str) -> str:
    return " ".join(plain(client).split())[:LONGEST_CLIENT]
