"""Receivers of signals of lower slices."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Connection, delete, event, func, select
from sqlalchemy.orm import Mapper

from crm.accounts.models import Contact
from crm.calendar import services
from crm.calendar.event_dates import KEEPERS, update_event_dates
from crm.calendar.models import Answer, Event, EventStatus, Participant, Role, Visibility
from crm.core.datamodel.relinking import put_back, relink
from crm.core.db import db
from crm.core.merging import merged, merging, unite
from crm.core.rows import unfiltered
from crm.leads.models import Lead
from crm.leads.services.converting import BECOMES, became
from crm.leads.signals import conversion_counting, conversion_undone, lead_converted, status_changed
from crm.mail.models import Message
from crm.opportunities.models import Opportunity
from crm.opportunities.signals import losing, stage_changed


@stage_changed.connect
def cancel_with_opportunity(
    opportunity: Opportunity, *, cancel_events: bool = False, **news: Any
) -> None:
    """Cancel the planned events of a lost opportunity, if the dialog asked for it (spec 7.3)."""
    if cancel_events:
        _cancel_planned(Event.opportunity_id == opportunity.id)


@losing.connect
def offer_to_cancel(opportunity: Opportunity, **news: Any) -> tuple[str, str] | None:
    """The checkbox for the planned events of an opportunity that may be lost (spec 7.3)."""
    statement = select(func.count()).where(
        Event.opportunity_id == opportunity.id,
        Event.status == EventStatus.PLANNED,
        Event.deleted_at.is_(None),
    )
    with unfiltered("a lost sale cancels its planned events, whoever holds them"):
        number = db.session.scalar(statement)
    if not number:
        return None
    return "cancel_events", str(_("Also cancel its planned events (%(num)s)", num=number))


@status_changed.connect
def cancel_with_lead(lead: Lead, *, cancel_events: bool = False, **news: Any) -> None:
    """Cancel the planned events of a lost lead, if the dialog asked for it (spec 4.3)."""
    if cancel_events:
        _cancel_planned(Event.lead_id == lead.id)


@lead_converted.connect
def follow_lead(lead: Lead, **news: Any) -> None:
    """Link the lead's events to what it became; they stay the lead's, too (spec 4.4)."""
    with unfiltered("what happened with a lead goes along, whoever holds it"):
        for relation in BECOMES:
            target = getattr(lead, relation)
            mine = (Event.lead_id == lead.id, getattr(Event, f"{relation}_id").is_(None))
            if target is not None:
                relink(Event, relation, target, mine, services.RULES)
    update_event_dates(became(lead))


@conversion_undone.connect
def come_back(lead: Lead, *, act_id: str, links: Any, **news: Any) -> None:
    """Take the events away from what the lead had become (spec 4.2)."""
    with unfiltered("what a conversion moved comes back, whoever holds it"):
        for relation in BECOMES:
            put_back(Event, relation, act_id)
    update_event_dates(links)


@conversion_counting.connect
def count_events(lead: Lead, **news: Any) -> str | None:
    """How many events of the lead the actor sees."""
    number = db.session.scalar(select(func.count()).where(Event.lead_id == lead.id))
    return str(ngettext("%(num)s event", "%(num)s events", number)) if number else None


@merging.connect
def unite_guests(model: type[Any], *, kept: int, losers: Sequence[int]) -> None:
    """Who is invited twice to an event is a guest once, with the answer that there is."""
    guests = Participant.__table__.c
    mine = {Contact: guests.contact_id, Lead: guests.lead_id}.get(model)
    if mine is not None:
        unite(mine, guests.event_id, [kept, *losers], _one_guest)


def _one_guest(rows: Sequence[Any]) -> dict[str, Any]:
    answered = next((row for row in rows if row.answer != Answer.WAITING), rows[0])
    is_required = any(row.role == Role.REQUIRED for row in rows)
    said = {name: getattr(answered, name) for name in ("answer", "comment", "answered_at")}
    return {"role": Role.REQUIRED if is_required else rows[0].role, **said}


@merged.connect
def date_merged(model: type[Any], *, kept: int, **rest: Any) -> None:
    """The kept record has the dates of all events that have moved to it."""
    update_event_dates((name, kept) for name, keeper in KEEPERS.items() if keeper is model)


@event.listens_for(Event, "before_delete")
def delete_messages(mapper: Mapper[Event], connection: Connection, row: Event) -> None:
    """With a private event go its messages: nothing would keep them from others any more."""
    if row.visibility == Visibility.PRIVATE:
        messages = Message.__table__
        connection.execute(delete(messages).where(messages.c.event_id == row.id))


def _cancel_planned(mine: Any) -> None:
    statement = select(Event).where(
        mine, Event.status == EventStatus.PLANNED, Event.deleted_at.is_(None)
    )
    with unfiltered("a lost sale cancels its planned events, whoever holds them"):
        events = list(db.session.scalars(statement))
        for event in events:
            services.cancel(event)
