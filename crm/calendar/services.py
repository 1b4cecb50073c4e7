"""What can be done to an event, whoever asks: page, import or API. Source: spec 9."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, select

from crm.accounts.models import Account, AccountContact, Contact
from crm.calendar import guests
from crm.calendar.event_dates import related_keys, update_event_dates
from crm.calendar.invitations import noting
from crm.calendar.models import (
    RELATED,
    Availability,
    Direction,
    Event,
    EventCategory,
    EventReminder,
    EventStatus,
    EventType,
    Priority,
)
from crm.calendar.models.participant import WHO
from crm.calendar.moving import tell_moved
from crm.calendar.reminders.copying import differ as reminders_differ
from crm.calendar.reminders.defaults import default_reminders
from crm.calendar.reminders.scheduling import follow
from crm.calendar.series.bin import deleted_with
from crm.companies.assignable import colleagues
from crm.companies.choices import candidates_of, company_ids
from crm.companies.defaults import (
    current_user_or_none,
    default_owner,
    fill_company,
    fill_empty,
    of_company,
    pick_agency,
    set_default,
)
from crm.core.actor import find_actor
from crm.core.datamodel.bulk import after_write, current_bulk
from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import create_row, delete_row, flush, restore_row, update_row
from crm.core.errors import DomainError
from crm.core.types import utcnow
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity

# What says when an event takes place; in a series it changes as one field, TIME.
TIMES = ("starts_at", "ends_at", "all_day", "time_zone")
TIME = "starts_at"
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def defaults(values: dict[str, Any]) -> dict[str, Any]:
    """Starts at the next half hour, for an hour; related records fill in each other."""
    _relate(values)
    company = fill_company(values, *(values.get(name) for name in RELATED))
    related = [of_company(company, values.get(name)) for name in RELATED]
    fill_empty(values, "type", lambda: EventType.MEETING)
    fill_empty(values, "time_zone", lambda: _zone_of(values))
    fill_empty(values, "starts_at", next_half_hour)
    fill_empty(values, "ends_at", lambda: values["starts_at"] + HOUR)
    set_default(
        values,
        "owner",
        lambda: default_owner(candidates, company, _owner_of(related), current_user_or_none()),
    )
    holders = (*(row for row in related if isinstance(row, Account | Lead)), values["owner"])
    set_default(values, "agency", lambda: pick_agency(company, *holders))
    set_default(values, "location", lambda: place_of(values))
    set_default(values, "all_day", lambda: values["type"] == EventType.TASK)
    if values["type"] == EventType.CALL:
        fill_empty(values, "call_direction", lambda: Direction.OUTBOUND)
    if values["type"] == EventType.TASK:
        fill_empty(values, "priority", lambda: Priority.NORMAL)
        fill_empty(values, "availability", lambda: Availability.FREE)
    set_default(values, "reminders", lambda: _reminders(values))
    return values


def _reminders(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The default reminder of whoever creates the event; of an import none."""
    if current_bulk() is not None:
        return []
    return default_reminders(values["type"], values["company"], current_user_or_none())


def _relate(values: dict[str, Any], event: Event | None = None) -> None:
    """Fill in related records: a quote sets its opportunity, either sets account and contact.

    Links that `event` has and `values` leave out are kept, hidden ones too. Source: spec 9.2.
    """
    for name in ("quote", "opportunity"):
        source = values.get(name)
        if source is None:
            continue
        for relation in ("opportunity", "account", "contact"):
            if relation not in values and getattr(event, f"{relation}_id", None) is not None:
                continue
            if values.get(relation) is None and hasattr(source, relation):
                values[relation] = getattr(source, relation)


def _owner_of(related: list[Any]) -> Any:
    """The lead's owner, for an event created from a lead (spec 4.3)."""
    lead = next((row for row in related if isinstance(row, Lead)), None)
    return lead.owner if lead is not None else None


def _zone_of(values: Mapping[str, Any]) -> str:
    owner, actor = values.get("owner"), find_actor()
    if owner is not None:
        return str(owner.time_zone)
    return actor.time_zone if actor is not None else str(values["company"].time_zone)


def next_half_hour(now: datetime | None = None) -> datetime:
    """The current time, rounded up to a half hour."""
    moment = (now or utcnow()).replace(second=0, microsecond=0) + timedelta(minutes=29)
    return moment - timedelta(minutes=moment.minute % 30)


def place_of(values: Mapping[str, Any]) -> str | None:
    """The default location: the address of the lead or account, on one line."""
    lead, account = values.get("lead"), values.get("account")
    if lead is not None:
        parts = [lead.address, f"{lead.postal_code or ''} {lead.city or ''}"]
    elif account is not None and account.main_address is not None:
        parts = str(account.main_address).splitlines()
    else:
        return None
    return ", ".join(part.strip() for part in parts if part and part.strip())[:255] or None


def create(values: Mapping[str, Any]) -> Event:
    """A new event. Raises DomainError by field."""
    event: Event = create_row(Event, whole_days(guests.checked(dict(values))), RULES)
    after_write(update_event_dates, related_keys(event))
    _remind_owner(event)
    if event.reminders:
        after_write(follow, (event,))
    return event


def _remind_owner(event: Event) -> None:
    """Who is given an event by somebody else has a default reminder, too."""
    actor, owner = find_actor(), event.owner
    if current_bulk() is not None or owner is None or (actor and actor.user_id == owner.id):
        return
    lines = default_reminders(event.type, event.company, owner)
    event.reminders += [EventReminder(user_id=owner.id, **line) for line in lines]


def update(event: Event, values: Mapping[str, Any]) -> None:
    """Change one event; in a series, what changes is then its own. Raises DomainError.

    Where only the start changes, the duration is kept.
    """
    if event.series_id is not None:
        event.apart = event.apart | (changed_names(event, values) - {"status", "outcome"})
    write(event, values)


def write(event: Event, values: Mapping[str, Any]) -> None:
    """As `update`, of an event that is changed like others of its series."""
    before, when = related_keys(event), (event.starts_at, event.ends_at)
    reminded = _reminded_by(event)
    is_reminded = reminders_differ(event, values["reminders"]) if "reminders" in values else False
    full = complete_times(event, dict(values))
    if full["type"] != event.type and full.get("category", event.category) is event.category:
        full["category"] = None
    _relate(full, event)
    update_row(event, guests.checked(full, event), RULES)
    after_write(update_event_dates, before | related_keys(event))
    if is_reminded or _reminded_by(event) != reminded:
        after_write(follow, (event,))
    if (event.starts_at, event.ends_at) != when:
        after_write(tell_moved, (event.id, *when))


def _reminded_by(event: Event) -> tuple[Any, ...]:
    """What the reminders of an event depend on."""
    return (event.starts_at, event.ends_at, event.all_day, event.time_zone, event.status)


def complete_times(event: Event, values: dict[str, Any]) -> dict[str, Any]:
    """`values` of a change with start and end, as they will be stored."""
    full = {"all_day": event.all_day, "time_zone": event.time_zone, "type": event.type, **values}
    starts_at = full.get("starts_at") or event.starts_at
    full["starts_at"] = starts_at
    full["ends_at"] = full.get("ends_at") or starts_at + (event.ends_at - event.starts_at)
    return whole_days(full)


def changed_names(event: Event, values: Mapping[str, Any]) -> frozenset[str]:
    """The fields that `values` change, by name; for all that says when, TIME."""
    full = complete_times(event, dict(values))
    when = {TIME} if any(full[name] != getattr(event, name) for name in TIMES) else set()
    rest = (name for name in values if name not in TIMES)
    return frozenset(when | {name for name in rest if _differs(event, name, values[name])})


def _differs(event: Event, name: str, value: Any) -> bool:
    if name == "participants":
        return guests.differ(event, value or ())
    if name == "reminders":
        return reminders_differ(event, value or ())
    return bool(getattr(event, name) != value)


def whole_days(values: dict[str, Any]) -> dict[str, Any]:
    """All-day events last from midnight to midnight in the event's time zone."""
    if values.get("type") == EventType.TASK:
        values["all_day"] = True
    if not values.get("all_day"):
        return values
    zone = ZoneInfo(values["time_zone"])
    first = values["starts_at"].astimezone(zone).date()
    last = (values["ends_at"] - timedelta(microseconds=1)).astimezone(zone).date()
    if values.get("type") == EventType.TASK:
        last = first
    values["starts_at"] = datetime.combine(first, time(), zone)
    values["ends_at"] = datetime.combine(last + DAY, time(), zone)  # refused where it is no later
    return values


def delete(event: Event) -> None:
    """Move to the bin."""
    delete_row(event)
    update_event_dates(related_keys(event))
    follow([event])


def restore(pk: int) -> Event:
    """Restore from the bin, with the events of its series that were deleted by the same act.

    Raises NotFound, DomainError.
    """
    others = deleted_with(pk)
    event: Event = restore_row(Event, pk)
    for other in others:
        other.deleted_at = None
    flush()
    update_event_dates(frozenset().union(*map(related_keys, (event, *others))))
    follow([event, *others])
    return event


def closing_refusal(event: Event) -> str:
    """Why this event can be neither done nor cancelled; "" where it can."""
    is_planned = event.status == EventStatus.PLANNED
    return "" if is_planned else _("Only a planned event can be marked as done or cancelled.")


def mark_done(event: Event, outcome: str | None = None) -> None:
    """Set the status "done" and the outcome; "" clears it, None keeps it.

    Raises DomainError where the event is not planned.
    """
    _need_planned(event)
    said = {} if outcome is None else {"outcome": outcome or None}
    update(event, {"status": EventStatus.DONE, **said})


def cancel(event: Event, note: str = "", *, tells: bool = True) -> None:
    """Set the status "cancelled", and let its guests be told, with a `note` to them.

    Raises DomainError where the event is not planned.
    """
    _need_planned(event)
    update(event, {"status": EventStatus.CANCELLED})
    if not tells:
        noting.tell_nobody(event)
    elif note:
        noting.tell_with(event, note)


def reopen(event: Event) -> None:
    """Set the status "planned" again. Raises DomainError where it is planned already."""
    if event.status == EventStatus.PLANNED:
        raise DomainError(_("This event is already planned."))
    update(event, {"status": EventStatus.PLANNED})


def _need_planned(event: Event) -> None:
    if refusal := closing_refusal(event):
        raise DomainError(refusal)


def values_again(event: Event, names: Iterable[str], later: timedelta) -> dict[str, Any]:
    """The values of a new event like this one, `later` by the clock on the wall of its zone.

    Links to records that the actor may not read are left out.
    """
    values = {name: getattr(event, name) for name in names}
    values["participants"] = [
        {name: getattr(one, name) for name in (*WHO, "role")} for one in event.participants
    ]
    for name in ("starts_at", "ends_at"):
        local = getattr(event, name).astimezone(event.zone)
        values[name] = (local + later).astimezone(UTC)
    return {name: value for name, value in values.items() if value is not None}


def opportunity_refusal(event: Event) -> str:
    """Why no opportunity can be created from this event; "" where one can."""
    if event.opportunity_id is not None:
        return _("This event has an opportunity already.")
    return _("Convert the lead to create an opportunity.") if event.lead_id is not None else ""


def opportunity_values(event: Event) -> dict[str, Any]:
    """The values that an opportunity takes from the event that it comes from."""
    names = ("company", "account", "contact", "owner", "agency")
    values = {name: getattr(event, name) for name in names if getattr(event, name) is not None}
    return {"name": event.subject, **values}


def link_opportunity(event: Event, opportunity: Opportunity) -> None:
    """Link an event with the opportunity created from it. Raises DomainError where it has one."""
    if refusal := opportunity_refusal(event):
        raise DomainError(refusal)
    update(event, {"opportunity": opportunity})


def candidates(relation: str, values: Mapping[str, Any]) -> ColumnElement[bool] | None:
    """Records of one company; categories of the type; contacts of the account. Source: spec 9.2."""
    if relation == "user":  # of a guest
        return colleagues(*company_ids(values))
    if relation == "category":
        kind = values.get("type")
        return EventCategory.type == kind if kind else None
    condition = candidates_of(Event, relation, values)
    account: Account | None = values.get("account")
    if relation == "contact" and condition is not None and account is not None:
        known = select(AccountContact.contact_id).where(AccountContact.account_id == account.id)
        return and_(condition, Contact.id.in_(known))
    return condition


RULES = Rules(
    defaults=defaults,
    create=create,
    update=update,
    delete=delete,
    restore=restore,
    candidates=candidates,
    narrowed_by=("company", "account", "type"),
)
