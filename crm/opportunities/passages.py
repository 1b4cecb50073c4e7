"""The filter of the opportunities that entered a stage in a period, went on from it, or left it.

Its value is `3@2027-01-01..2027-03-31`, a stage and the days in which it was entered, or `3` for
whenever it was. Reports lead to lists with it; nobody types it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Integer, column, exists, select, table

from crm.core.db import db
from crm.core.models import Spec, kinds
from crm.core.models.dates import check_year
from crm.core.models.kinds import Format
from crm.core.models.operators import Operator
from crm.core.models.text import format_day
from crm.core.types import Instant
from crm.opportunities.models.stage import Stage, StageKind

TEXT = re.compile(r"(\d{1,9})(?:@(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2}))?")
# The table of StageTime, whose class stands on the one that has this filter.
STAYS = table(
    "opportunity_stage_time", column("id", Integer), column("opportunity_id", Integer),
    column("stage_id", Integer), column("entered_at", Instant), column("left_at", Instant),
)  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """Of a stage: the days in which it was entered, None whenever, as `zone` counts them."""

    stage_id: int
    days: tuple[date, date] | None
    zone: str

    @property
    def bounds(self) -> tuple[datetime, datetime] | None:
        """The instants of the beginning and of the end."""
        return instants(self.days, self.zone) if self.days is not None else None


def instants(days: tuple[date, date], zone: str) -> tuple[datetime, datetime]:
    """The beginning of the first day, and the end of the last, in a time zone."""
    here, after = ZoneInfo(zone), days[1] + timedelta(days=1)
    return datetime.combine(days[0], time(), here), datetime.combine(after, time(), here)


def entry_text(stage_id: int, days: tuple[date, date] | None) -> str:
    """The value of the filter."""
    return f"{stage_id}@{days[0]}..{days[1]}" if days is not None else str(stage_id)


def in_order(stages: Sequence[Stage]) -> list[Stage]:
    """The open stages, then the won ones; lost is no step forward."""
    kinds_ = (StageKind.OPEN, StageKind.WON)
    return [one for kind in kinds_ for one in stages if one.kind == kind]


def all_stages() -> list[Stage]:
    """All stages, those no longer in use too, in their order."""
    return list(db.session.scalars(select(Stage).order_by(Stage.position, Stage.id)))


def _stays(entry: Entry) -> tuple[Any, list[ColumnElement[bool]]]:
    """The stays that an entry means."""
    stay = STAYS.alias()
    where = [stay.c.stage_id == entry.stage_id]
    if entry.bounds is not None:
        where += [stay.c.entered_at >= entry.bounds[0], stay.c.entered_at < entry.bounds[1]]
    return stay, where


def _entered(key: Any, values: Sequence[Any]) -> ColumnElement[bool]:
    stay, where = _stays(values[0])
    return key.in_(select(stay.c.opportunity_id).where(*where))


def _went_on(key: Any, values: Sequence[Any]) -> ColumnElement[bool]:
    """Afterwards in a stage further on, whatever lies between."""
    stay, where = _stays(values[0])
    ids = [one.id for one in in_order(all_stages())]
    further = ids[ids.index(values[0].stage_id) + 1 :] if values[0].stage_id in ids else ids
    later = STAYS.alias()
    follows = (later.c.opportunity_id == stay.c.opportunity_id, later.c.id > stay.c.id)
    return key.in_(
        select(stay.c.opportunity_id).where(
            *where, exists().where(*follows, later.c.stage_id.in_(further))
        )
    )


def _left(key: Any, values: Sequence[Any]) -> ColumnElement[bool]:
    stay, where = _stays(values[0])
    still, there = _stays(values[0])
    return key.in_(select(stay.c.opportunity_id).where(*where)) & key.not_in(
        select(still.c.opportunity_id).where(*there, still.c.left_at.is_(None))
    )


class Passage(kinds.Kind):
    """The kind of the filter."""

    operators = (
        Operator("entered", _l("entered"), 1, _entered),
        Operator("went_on", _l("entered and moved on from"), 1, _went_on),
        Operator("left", _l("entered and left"), 1, _left),
    )
    is_typed = False

    def parse_filter(self, spec: Spec, text: str, form: Format) -> Entry:
        found = TEXT.fullmatch(text)
        stage, *ends = found.groups() if found is not None else ("",)
        try:
            days = [date.fromisoformat(end) for end in ends if end]
            number = int(stage)
        except ValueError as error:
            raise ValueError(_("Not a valid choice.")) from error
        for day in days:
            check_year(day.year)
        return Entry(number, (days[0], days[1]) if days else None, form.zone)

    def write(self, spec: Spec, value: Entry, zone: str, currency: str | None) -> str:
        stage = db.session.get(Stage, value.stage_id)
        name = str(stage) if stage is not None else _("Not available")
        if value.days is None:
            return name
        return f"{name} ({format_day(value.days[0])} – {format_day(value.days[1])})"


PASSAGE = Passage("passage")
ENTERED, WENT_ON, LEFT = range(len(Passage.operators))
