"""The notices of the actor, as sentences in their language, with links that open for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from sqlalchemy import Integer, Select, bindparam, func, inspect, select
from sqlalchemy.orm import joinedload

from crm.core.actor import current_actor
from crm.core.db import db
from crm.core.models.text import days_until, format_local_near
from crm.core.views.base import all_views, view_of
from crm.core.views.display import display_field
from crm.notices.kinds import GIVEN, KINDS, Told, subject_of
from crm.notices.models import ABOUT, Notice

COUNTED = "notices"  # the name of the count, in `Actor.counts`
MOST = 100  # notices counted: the bell says "99+"

# The list of each sort of record, by its address; imports name that of theirs, accounts apart.
LISTS = {
    "accounts": "/clients",
    "lead": "/leads",
    "prospect": "/prospects",
    "client": "/clients",
    "contact": "/contacts",
    "opportunity": "/opportunities",
    "quote": "/quotes",
    "event": "/events",
}
# The sorts of what a notice can be about alone.
RECORDS = {*GIVEN, "message"}
# What tells a record apart, below the sentence that names it.
CONTEXT = {
    "lead": ("organization", "city"),
    "opportunity": ("account", "amount"),
    "quote": ("account",),
    "event": ("starts_at",),
}


@dataclass(frozen=True)
class Shown:
    """A notice as its reader sees it; without `url` there is nothing to open."""

    id: int
    text: str
    context: str
    icon: str
    tone: str
    time: str
    instant: str  # ISO 8601
    url: str
    is_new: bool


def unread_count() -> Any:
    """The subquery by which every page counts: along one index, up to MOST."""
    table = Notice.__table__
    mine = table.c.user_id == bindparam("user_id", type_=Integer)
    unread = select(table.c.id).where(mine, table.c.read_at.is_(None)).limit(MOST).subquery()
    return select(func.count()).select_from(unread).scalar_subquery()


def latest(size: int, *, unread: bool = False, before: int | None = None) -> list[Shown]:
    """The actor's newest notices, those they have not read alone with `unread`.

    `before` is the id of the last one of the page before.
    """
    statement = _statement().where(Notice.in_page).order_by(Notice.id.desc()).limit(size)
    if unread:
        statement = statement.where(Notice.read_at.is_(None))
    if before is not None:
        statement = statement.where(Notice.id < before)
    return [_shown(row[0], row[1], row[2:]) for row in db.session.execute(statement).unique()]


def find(pk: int) -> Shown | None:
    """One notice of the actor's, in a page or not."""
    row = db.session.execute(_statement().where(Notice.id == pk)).unique().first()
    return None if row is None else _shown(row[0], row[1], row[2:])


@cache
def _models() -> Sequence[type[Any]]:
    tables = {mapper.local_table.name: mapper.class_ for mapper in Model.registry.mappers}
    return [tables[name] for name in ABOUT]


def _statement() -> Select[Any]:
    """Notices with whoever caused them and their records, as far as the row filter shows these."""
    models = _models()
    statement = select(Notice, User, *models).outerjoin(User, User.id == Notice.actor_id)
    for name, model in zip(ABOUT, models, strict=True):
        statement = statement.outerjoin(model, model.id == getattr(Notice, f"{name}_id"))
        links = (link for link in CONTEXT.get(name, ()) if link in inspect(model).relationships)
        statement = statement.options(*(joinedload(getattr(model, link)) for link in links))
    return statement


def _shown(notice: Notice, actor: User | None, records: Sequence[Any]) -> Shown:
    kind = KINDS[notice.kind]
    record = next((one for one in records if one is not None), None)
    opens = notice.args.get("opens", "")
    url = _page_of(record, opens) if record is not None else _list_of(notice)
    if record is not None and url is None:  # a page that the reader's roles lack, or switched off
        record = None
    subject = subject_of(record.__tablename__, record) if record is not None else notice.subject
    name = str(record) if record is not None else ""
    told = Told(notice, subject, str(actor) if actor else _("A colleague"), name)
    return Shown(
        notice.id,
        kind.sentence(told),
        _context(told, record) or kind.context(told),
        kind.icon,
        kind.tone,
        _day_or_time(notice.created_at),
        notice.created_at.isoformat(timespec="seconds"),
        url or "",
        notice.read_at is None,
    )


def _day_or_time(moment: datetime) -> str:
    """The time of today, the day of what is older."""
    local = moment.astimezone(ZoneInfo(current_actor().time_zone))
    days = days_until(local)
    if days > -2:
        return f"{local:%H:%M}" if days == 0 else _("yesterday")
    midnight = local.replace(hour=0, minute=0)
    return format_local_near(midnight, days).removesuffix(" 00:00")


def _page_of(record: Any, opens: str) -> str | None:
    """The page of a record, or where the reader may do it the dialog of the act `opens`."""
    view = view_of(record)
    page = None if view is None else view.page_of(record)
    if view is None or page is None or not opens or not view.may("edit", record):
        return page
    return view.url(opens, pk=record.id)


def _list_of(notice: Notice) -> str | None:
    """The list of the records that a notice of several tells of, or of what an import filled."""
    mine = ""
    if notice.subject in RECORDS:
        if notice.number == 1:
            return None  # its record is gone, or out of reach
        mine = f"?_flt_0_owner={notice.user_id}"
    named = notice.subject or notice.args.get("entity", "")
    address = LISTS.get(named, f"/{named}")
    view = next((one for one in all_views() if one.route_base == address), None)
    return f"{view.url('list')}{mine}" if view is not None and view.is_accessible() else None


def _context(told: Told, record: Any) -> str:
    """What tells the record apart, or why there is none."""
    if record is not None and told.subject in CONTEXT:
        fields = (display_field(record, name) for name in CONTEXT[told.subject])
        return ", ".join(
            one.text for one in fields if not one.missing and one.text not in told.name
        )
    if record is None and told.subject in RECORDS and told.notice.number == 1:
        return _("It no longer exists, or is no longer open to you.")
    return ""
