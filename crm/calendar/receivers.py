"""Receivers of signals of lower slices."""

from typing import Any

from sqlalchemy import Connection, delete, event, select
from sqlalchemy.orm import Mapper

from crm.calendar import services
from crm.calendar.models import Event, EventStatus, Visibility
from crm.core.db import db
from crm.core.rows import unfiltered
from crm.leads.models import Lead
from crm.leads.signals import status_changed
from crm.mail.models import Message
from crm.opportunities.models import Opportunity
from crm.opportunities.signals import stage_changed


@stage_changed.connect
def cancel_with_opportunity(
    opportunity: Opportunity, *, cancel_events: bool = False, **news: Any
) -> None:
    """Cancel the planned events of a lost opportunity, if the dialog asked for it (spec 7.3)."""
    if cancel_events:
        _cancel_planned(Event.opportunity_id == opportunity.id)


@status_changed.connect
def cancel_with_lead(lead: Lead, *, cancel_events: bool = False, **news: Any) -> None:
    """Cancel the planned events of a lost lead, if the dialog asked for it (spec 4.3)."""
    if cancel_events:
        _cancel_planned(Event.lead_id == lead.id)


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
