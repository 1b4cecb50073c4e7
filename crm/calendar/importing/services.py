"""What an import of events would create, what is there already, and creating it as a whole."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, select

from crm.calendar import services
from crm.calendar.importing.reading import Content, Found, Skipped, ref_of
from crm.calendar.models import (
    Availability,
    Event,
    EventSeries,
    EventType,
    Visibility,
)
from crm.calendar.series import creating
from crm.calendar.series.writing import together
from crm.companies.defaults import current_user_or_none
from crm.companies.models import Company
from crm.core.actor import current_actor
from crm.core.datamodel import DataModel
from crm.core.db import batches, db
from crm.core.errors import DomainError
from crm.core.files.models import StoredFile
from crm.core.files.storing import discard
from crm.core.models.rich_text import from_text
from crm.core.rows import unfiltered
from crm.core.types import fold

EVENTS = DataModel(Event, services.RULES)


@dataclass
class ImportPlan:
    """What an import creates, what it leaves as it is there already, and what it skips."""

    created: list[Found] = field(default_factory=list)
    doubled: list[Found] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """Of what is created: whoever confirms it has seen the same."""
        told = repr([(one.ref, one.starts_at, one.ends_at, one.rule) for one in self.created])
        return hashlib.sha256(told.encode()).hexdigest()


def plan_of(content: Content) -> ImportPlan:
    """What the actor's import of this content would do now, in a few statements."""
    plan, known = ImportPlan(skipped=list(content.skipped)), _known(content.events)
    for one in content.events:
        (plan.doubled if known.has(one) else plan.created).append(one)
        known.refs.add(_ref(one))  # twice in the file
    return plan


def _ref(one: Found) -> str:
    return ref_of(one.ref, current_actor().user_id)


@dataclass
class _Known:
    """External references, UIDs, and (start, folded subject) that are there already."""

    refs: set[str | None] = field(default_factory=set)
    uids: set[str] = field(default_factory=set)
    times: set[tuple[datetime, str]] = field(default_factory=set)

    def has(self, one: Found) -> bool:
        is_there = _ref(one) in self.refs or one.uid in self.uids
        return is_there or (one.starts_at, fold(one.subject)) in self.times


def _known(events: Sequence[Found]) -> _Known:
    """What is there of these events, in four statements for each batch of them."""
    known = _Known()
    mine = Event.owner_id == current_actor().user_id
    for part in batches(events):
        with unfiltered("what one imported once is not imported again, whoever has it now"):
            own = select(Event.external_ref).where(
                Event.external_ref.in_([_ref(one) for one in part]), Event.deleted_at.is_(None)
            )
            known.refs.update(db.session.scalars(own))
        named = [one.uid for one in part]
        known.uids.update(db.session.scalars(select(Event.uid).where(Event.uid.in_(named))))
        series = select(EventSeries.uid).join(Event, Event.series_id == EventSeries.id)
        known.uids.update(db.session.scalars(series.where(EventSeries.uid.in_(named))))
        same = select(Event.starts_at, Event.subject).where(
            mine, Event.starts_at.in_([one.starts_at for one in part])
        )
        known.times.update((start, fold(subject)) for start, subject in db.session.execute(same))
    return known


def create(plan: ImportPlan, company: Company, file: StoredFile) -> int:
    """Create all of a plan and delete its file, by which it is created once. Returns the number.

    Raises DomainError where it was created already, or is not what there is to create now.
    """
    gone = delete(StoredFile).where(StoredFile.id == file.id)
    if not db.session.execute(gone).rowcount:  # type: ignore[attr-defined]  # of a DELETE
        raise DomainError(_("This file was imported already."))
    discard([file.key])
    known = _known(plan.created)
    if any(known.has(one) for one in plan.created):
        raise DomainError(
            _("Some of these events were created in the meantime. Import the file again.")
        )
    owner = current_user_or_none()
    series = [one for one in plan.created if one.rule is not None]
    single = [one for one in plan.created if one.rule is None]
    with together():
        made = [services.create(_values(one, company, owner)) for one in single]
    creating.need_right_to_create(made)
    count = len(made)
    for one in series:
        assert one.rule is not None  # noqa: S101  chosen above
        count += len(creating.create(_values(one, company, owner), one.rule))
    return count


def _values(one: Found, company: Company, owner: Any) -> dict[str, Any]:
    """An event with its defaults. Of whole days it is no meeting but an event, as a fair is."""
    return EVENTS.defaults(
        {
            "type": EventType.EVENT if one.all_day else EventType.MEETING,
            "subject": one.subject,
            "starts_at": one.starts_at,
            "ends_at": one.ends_at,
            "all_day": one.all_day,
            "time_zone": one.time_zone,
            "location": one.location or None,
            "description": from_text(one.description) if one.description else None,
            "visibility": Visibility.PRIVATE if one.is_private else Visibility.PUBLIC,
            "availability": Availability.FREE if one.is_free else Availability.BUSY,
            "company": company,
            "owner": owner,
            "external_ref": _ref(one),
        }
    )
