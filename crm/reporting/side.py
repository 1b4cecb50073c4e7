"""The side column of the home page: figures, and the records that one changed last."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask_appbuilder import Model
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from crm.calendar.models import Event, EventReminder
from crm.calendar.models.reminder import WAITS
from crm.core.actor import current_actor
from crm.core.datamodel.filters import ME
from crm.core.db import db
from crm.core.models import Label, Record
from crm.core.models.text import format_near
from crm.core.types import utcnow
from crm.core.views import Preset
from crm.core.views.base import view_of, views_of
from crm.core.views.display import zone
from crm.opportunities.models import Opportunity
from crm.quotes.models import Quote
from crm.reporting.blocks import Filters, expiring_quotes, is_wide
from crm.reporting.queries import last_changes

RECENT = 6  # records
SOON = 7  # days


def figures() -> Sequence[tuple[str, Label, type[Any], Filters]]:
    """(key, label, table, filters): the number of rows, which leads to their list.

    Of what one owns, or of all that one may read, for who looks after others' records.
    """
    open_ = ("stage.kind", 0, ["open"])
    if not is_wide(Opportunity):
        mine = [open_, ("owner", 0, [ME])]
        return [("open", _l("Open opportunities"), Opportunity, mine)]
    idle = [open_, ("next_event_at", 3, [])]
    expiring = expiring_quotes()
    return (
        ("open", _l("Open opportunities"), Opportunity, [open_]),
        ("idle", _l("Opportunities without next step"), Opportunity, idle),
        ("expiring", _l("Quotes expiring within a week"), Quote, expiring),
    )


def figure_preset(key: str, label: Label, filters: Filters) -> Preset:
    return Preset(f"figure-{key}", label, filters)


def recent() -> list[tuple[str, str, str, str]]:
    """(icon, label, address, when) of the records that one changed last."""
    last: dict[tuple[str, int], datetime] = {}
    for kind, pk, at in db.session.execute(last_changes(current_actor().user_id)):
        last[kind, pk] = max(at, last.get((kind, pk), at))
    models = _models()
    newest = sorted(last.items(), key=lambda one: one[1], reverse=True)
    wanted = [(key, at) for key, at in newest if key[0] in models][:RECENT]
    rows = _rows([key for key, _at in wanted], models)
    return [_line(rows[key], at) for key, at in wanted if key in rows]


def reminders() -> list[tuple[str, str, str, str]]:
    """(icon, label, address, when) of the next reminders that one has asked for."""
    mine = (
        EventReminder.user_id == current_actor().user_id,
        EventReminder.status == WAITS,
        EventReminder.queued_at.is_(None),
        EventReminder.due_at < utcnow() + timedelta(days=SOON),
    )
    statement = select(EventReminder.due_at, Event).join(Event).where(*mine)
    found = db.session.execute(statement.order_by(EventReminder.due_at).limit(RECENT)).unique()
    return [
        ("bell", event.subject, view_of(event).url("show", pk=event.id), format_near(due, zone()))
        for due, event in found
        if due is not None
    ]


def _models() -> Mapping[str, type[Any]]:
    """Table's name → class, of the records whose page the actor may open."""
    classes = (mapper.class_ for mapper in Model.registry.mappers)
    records = (model for model in classes if issubclass(model, Record))
    return {
        model.__tablename__: model
        for model in records
        if any(view.is_accessible() for view in views_of(model))
    }


def _rows(
    keys: Sequence[tuple[str, int]], models: Mapping[str, type[Any]]
) -> dict[tuple[str, int], Any]:
    found = {}
    for kind in {kind for kind, _pk in keys}:
        model = models[kind]
        ids = [pk for one, pk in keys if one == kind]
        for row in db.session.scalars(select(model).where(model.id.in_(ids))).unique():
            found[kind, row.id] = row
    return found


def _line(row: Any, at: datetime) -> tuple[str, str, str, str]:
    view = view_of(row)
    return view.icon, str(row) or _("Record"), view.url("show", pk=row.id), format_near(at, zone())
