"""What a reader chose for a board: the period, whether to compare, and filters of lists."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import request
from sqlalchemy import ColumnElement

from crm.core.datamodel.filters import FilterFormat, condition
from crm.core.datamodel.grouping import TEAM
from crm.core.views.address import ListAddress
from crm.core.views.base import views_of
from crm.core.views.display import zone
from crm.reporting.boards.keys import Filter
from crm.reporting.boards.periods import Period

# The filters that every owned table has.
COMMON = ("company", "agency", TEAM, "owner")


@dataclass(frozen=True)
class Asked:
    """The choices for a board; `period` None: whatever the date."""

    period: Period | None = None
    is_compared: bool = False
    filters: tuple[Filter, ...] = ()

    @property
    def before(self) -> Period | None:
        """The period to compare with, if any."""
        return self.period.before() if self.is_compared and self.period is not None else None


def list_view(model: type[Any]) -> Any:
    """The list of a table that the actor may open; None without one."""
    return next((view for view in views_of(model) if view.is_accessible()), None)


def merged(*filters: Iterable[Filter]) -> list[Filter]:
    """All filters; of those on one field by one operator the last, as one within the other."""
    found = {(one[0], one[1]): one for part in filters for one in part}
    return list(found.values())


def conditions(view: Any, filters: Sequence[Filter]) -> list[ColumnElement[bool]]:
    """The conditions of the list of `view` with these filters."""
    return [*view.base_conditions(), *wheres(view.datamodel.obj, filters)]


def wheres(model: type[Any], filters: Sequence[Filter]) -> list[ColumnElement[bool]]:
    """The conditions that filters of a list say. Raises DomainError for an invalid one."""
    form = FilterFormat(zone())
    return [condition(model, *one, form).where for one in filters]


def with_typed_days(address: ListAddress) -> ListAddress:
    """The address with the days that were typed as its period."""
    form = FilterFormat(zone())
    days = []
    for name in ("first", "last"):
        text = request.args.get(name, "")
        try:
            days.append(form.day(text).isoformat())
        except ValueError:
            days.append(text)
    other = [one for one in address.rest if one[0] != "period"]
    return replace(address, rest=[("period", "..".join(days)), *other])


def address(view: Any, filters: Sequence[Filter]) -> str:
    """The address of the list of `view` with these filters."""
    return ListAddress(view.key, view.url("list"), list(filters)).url()
