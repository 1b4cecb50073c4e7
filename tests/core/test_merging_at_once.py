"""Two merges at once, and a merge beside somebody who adds a link: nothing is lost."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from crm.accounts.models import Account
from crm.accounts.services import merging
from crm.companies.actors import load_actor
from crm.core.actor import acting_as
from crm.core.db import db, transaction
from crm.core.errors import Conflict, DomainError, NotFound
from crm.core.merging import merge, plan_merge
from crm.core.rows import unfiltered
from crm.opportunities.models import Opportunity
from tests.factories import make, table_of
from tests.fixtures import Acting, Cast

pytestmark = pytest.mark.both


def at_once(app: Flask, cast: Cast, *acts: Callable[[Callable[[], object]], None]) -> list[str]:
    """Run these as Marc, each in a thread of its own. They call what they are given once they
    have read; returns what became of each.
    """
    ready, ended = Barrier(len(acts)), [""] * len(acts)

    def run(place: int, act: Callable[[Callable[[], object]], None]) -> None:
        with app.app_context():
            actor = load_actor(cast.marc)
            assert actor is not None
            with acting_as(actor):
                try:
                    act(ready.wait)
                    ended[place] = "done"
                except (Conflict, NotFound, DomainError) as error:
                    ended[place] = type(error).__name__
                finally:
                    db.session.remove()

    threads = [Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return ended


def merging_into(keep: int, ids: list[int]) -> Callable[[Callable[[], object]], None]:
    def act(read: Callable[[], object]) -> None:
        found = table_of(Account).fetch_each(ids, "edit", [])
        plan = plan_merge([found[pk] for pk in ids], found[keep], {}, merging.ACCOUNTS)
        read()
        with transaction():
            merge(plan)

    return act


def test_of_two_merges_that_cross_one_is_done(app: Flask, acting: Acting, cast: Cast) -> None:
    for _round in range(3):
        with acting("marc"):
            rows = [make(Account), make(Account)]
            for row in rows:
                make(Opportunity, account=row)
            ids = [row.id for row in rows]
        ended = at_once(app, cast, *(merging_into(pk, ids) for pk in ids))
        assert sorted(ended) in (["Conflict", "done"], ["NotFound", "done"])
        kept = ids[ended.index("done")]
        with acting("marc") as session:
            mine = select(func.count()).where(Opportunity.account_id == kept)
            assert session.scalar(mine) == 2
            with unfiltered("a test looks into the bin"):
                rows = session.scalars(select(Account).where(Account.id.in_(ids))).all()
            assert sum(row.deleted_at is None for row in rows) == 1


def test_what_is_linked_at_the_same_moment_is_not_lost(
    app: Flask, acting: Acting, cast: Cast
) -> None:
    with acting("marc"):
        kept, loser = make(Account).id, make(Account).id

    def add(read: Callable[[], object]) -> None:
        account: Any = table_of(Account).fetch(loser)
        read()
        with transaction():
            make(Opportunity, account=account)

    for _round in range(3):
        ended = at_once(app, cast, merging_into(kept, [kept, loser]), add)
        with acting("marc") as session:
            pointing = select(func.count()).where(Opportunity.account_id == loser)
            assert ended[0] == "done"
            assert session.scalar(pointing) == 0, ended
            loser = make(Account).id
