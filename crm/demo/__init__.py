"""Demo data: a year of business, created through the services, with their validation.

The same seed gives the same names and amounts; the dates are counted from today.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select

from crm.companies.actors import load_actor
from crm.companies.demo import marking
from crm.core.actor import acting_as
from crm.core.db import db, transaction
from crm.demo import business, places, reports
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity

SEED = 20_270_101


def make() -> str:
    """Fill an unused database. Returns what was done, or why nothing was."""
    if _is_in_use():
        return "The demo is left out: somebody has already worked here."
    fill()
    return "The demo is ready: ACME France with Lyon and Lille, and ACME Iberia."


def fill() -> None:
    """Create the demo beside whatever is there, each of its rows marked."""
    luck = random.Random(SEED)  # noqa: S311  a story, not a secret
    now = datetime.now(UTC)
    with transaction(), marking():  # atomic, so that it can be run again after an error
        cast = places.make()
        with _acting_as(cast.people[places.ADMINISTRATOR]):
            products = places.make_products(cast)
        used: set[Any] = set()
        for name, share in business.SHARES.items():
            owner = cast.people[name]
            with _acting_as(owner):
                business.make(owner, share, luck, now, used, products[share.language])
        manager, colleague = (cast.first(role) for role in ("manager", "salesperson"))
        with _acting_as(manager):
            reports.make(manager, colleague)


@contextmanager
def _acting_as(user: User) -> Iterator[None]:
    actor = load_actor(user.id)
    if actor is None:
        raise LookupError(f"{user.username} may not act")
    with acting_as(actor):
        yield


def _is_in_use() -> bool:
    """Whether anybody has signed in, or any business has been entered."""
    signed_in = select(User.id).where(User.last_login.is_not(None)).limit(1)
    people = select(User.id).offset(1).limit(1)
    entered = [select(model.id).limit(1) for model in (Lead, Opportunity)]
    return any(db.session.execute(one).first() for one in (signed_in, people, *entered))
