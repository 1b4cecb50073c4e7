"""Write notices, mark them as read, choose and purge them, in the caller's transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from crm.core.actor import current_actor
from crm.core.db import db
from crm.core.rows import unfiltered
from crm.core.types import utcnow
from crm.notices.kinds import KINDS
from crm.notices.models import ABOUT, Notice, NoticeChoice

KEPT = timedelta(days=90)  # after it was read

# ON CONFLICT is specific to the dialect.
_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True)
class News:
    """What one person is to be told: a kind, and what its sentence is made from.

    `cause` is what happened: the same one is told once, or with `grows` adds its `number` to what
    was told before. `about` is a (table, id) of ABOUT. `subject` is the sort of record.
    """

    user_id: int
    kind: str
    cause: str
    subject: str = ""
    about: tuple[str, int] | None = None
    number: int = 1
    args: Mapping[str, Any] = field(default_factory=dict)
    actor_id: int | None = None
    company_id: int | None = None
    grows: bool = False
    may_mail: bool = True  # by mail too, where they want that


@dataclass(frozen=True)
class Choice:
    """Where somebody is told of a kind."""

    in_page: bool = True
    by_mail: bool = False


def tell(news: Iterable[News]) -> None:
    """Write the notices, but for people who are inactive or chose not to be told."""
    some = list(news)
    if not some:
        return
    chosen = _chosen({one.user_id for one in some})
    for grows in (False, True):
        rows = [
            _row(one, choice)
            for one in some
            if one.grows is grows
            and (choice := chosen.get(one.user_id, {}).get(one.kind))
            and (choice.in_page or (choice.by_mail and one.may_mail))
        ]
        if rows:
            db.session.execute(_insert(grows), rows)


def _chosen(user_ids: set[int]) -> dict[int, dict[str, Choice]]:
    """user → kind → where they want to be told; without those who are inactive."""
    columns = (User.id, NoticeChoice.kind, NoticeChoice.in_page, NoticeChoice.by_mail)
    statement = select(*columns).outerjoin(NoticeChoice, NoticeChoice.user_id == User.id)
    with unfiltered("each person chose what they are told of, whoever causes it"):
        found = db.session.execute(statement.where(User.id.in_(user_ids), User.active.is_(True)))
    chosen: dict[int, dict[str, Choice]] = {}
    for user_id, kind, in_page, by_mail in found:
        own = chosen.setdefault(user_id, dict.fromkeys(KINDS, Choice()))
        if kind is not None:
            own[kind] = Choice(in_page, by_mail)
    return chosen


def _row(one: News, choice: Choice) -> dict[str, Any]:
    now = utcnow()
    links: dict[str, int | None] = {f"{table}_id": None for table in ABOUT}
    if one.about is not None:
        links[f"{one.about[0]}_id"] = one.about[1]
    return {
        **links,
        "user_id": one.user_id,
        "kind": one.kind,
        "cause": one.cause,
        "subject": one.subject,
        "number": one.number,
        "args": dict(one.args),
        "actor_id": one.actor_id,
        "company_id": one.company_id,
        "created_at": now,
        "read_at": None if choice.in_page else now,  # nobody counts what is in no page
        "in_page": choice.in_page,
        "to_mail": choice.by_mail and one.may_mail,
    }


def _insert(grows: bool) -> Any:
    table = Notice.__table__
    statement = _INSERT[db.session.connection().dialect.name](table)
    same = ["user_id", "cause"]
    if not grows:
        return statement.on_conflict_do_nothing(index_elements=same)
    number = table.c.number + statement.excluded.number
    read_at = statement.excluded.read_at
    return statement.on_conflict_do_update(
        index_elements=same, set_={"number": number, "read_at": read_at}
    )


def mark_read(notice: Notice) -> None:
    """Note that it was read, once."""
    if notice.read_at is None:
        notice.read_at = utcnow()


def mark_all_read(newest: int | None = None) -> None:
    """Note that the actor has read every one of theirs, but for those that came after `newest`."""
    mine = [Notice.user_id == current_actor().user_id, Notice.read_at.is_(None)]
    if newest is not None:
        mine.append(Notice.id <= newest)
    db.session.execute(update(Notice).where(*mine).values(read_at=utcnow()))


def choices() -> dict[str, Choice]:
    """kind → where the actor is told of it."""
    rows = db.session.scalars(select(NoticeChoice))
    own = {row.kind: Choice(row.in_page, row.by_mail) for row in rows}
    return {kind: own.get(kind, Choice()) for kind in KINDS}


def choose(chosen: Mapping[str, Choice]) -> None:
    """Tell the actor of each kind as chosen from now on; of others as by default."""
    user_id = current_actor().user_id
    db.session.execute(delete(NoticeChoice).where(NoticeChoice.user_id == user_id))
    db.session.add_all(
        NoticeChoice(user_id=user_id, kind=kind, in_page=one.in_page, by_mail=one.by_mail)
        for kind, one in chosen.items()
        if one != Choice()
    )


def purge(before: datetime | None = None) -> int:
    """Delete what was read before an instant, KEPT ago by default. Returns the number deleted."""
    old = Notice.read_at < (before or utcnow() - KEPT)
    with unfiltered("what was read long ago goes, whoever read it"):
        return int(db.session.execute(delete(Notice).where(old)).rowcount)  # type: ignore[attr-defined]  # of a DELETE
