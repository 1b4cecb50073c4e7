"""What the follow-up is about, and the list filters of what belongs to it. Source: spec 12.1."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement

from crm.accounts.models import Account
from crm.core.models import Label
from crm.core.views.filterbar import FilterBar
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from crm.reporting.boards.asked import COMMON, list_view, wheres
from crm.reporting.boards.keys import Filter, operator_of
from crm.reporting.boards.periods import Period

PIPELINE, FOLLOW_UP = "pipeline", _l("Sales follow-up")
CREATED = "created_on"


@dataclass(frozen=True)
class Subject:
    """The records of a follow-up; `relation` is what opportunities and events call them."""

    key: str
    title: Label
    model: type[Any]
    relation: str
    own: Sequence[str]  # filters of what these records are; COMMON ones every table has itself
    twins: Mapping[str, str]  # names of filters that the other subject calls otherwise
    # Opportunities without such a record count too, as long as no filter is about the record.
    has_more: bool = False
    base: Callable[[Any], list[ColumnElement[bool]]] = lambda view: view.base_conditions()

    def view(self) -> Any:
        """The list of the records; None where the actor may not open it."""
        return list_view(self.model)

    def names(self) -> list[str]:
        """The filters that are offered, in order."""
        view = self.view()
        found = set(view.visible(view.search_columns))
        return [name for name in (*COMMON, *self.own) if name in found]

    def records(self, filters: Sequence[Filter], period: Period | None) -> list[Filter]:
        """The filters of the records."""
        return [*filters, *self._created(period)]

    def related(
        self, model: type[Any], filters: Sequence[Filter], period: Period | None
    ) -> list[Filter]:
        """The filters of their opportunities or events.

        Company, agency, team and owner are those of each row itself: what an agency sold stays its
        own when the client moves to another (spec 11).
        """
        shared = [one for one in filters if one[0] in COMMON]
        about = [one for one in self.records(filters, period) if one[0] not in COMMON]
        dotted = [(f"{self.relation}.{name}", operator, texts) for name, operator, texts in about]
        if dotted or not (self.has_more and model is Opportunity):
            # Lists count a row without the link among those whose link has no value.
            dotted.append((self.relation, operator_of(model, self.relation, "filled"), ()))
        return [*shared, *dotted]

    def where(self, filters: Sequence[Filter]) -> list[ColumnElement[bool]]:
        """The conditions of the records with these filters."""
        return [*self.base(self.view()), *wheres(self.model, filters)]

    def _created(self, period: Period | None) -> list[Filter]:
        if period is None:
            return []
        days = (period.first.isoformat(), period.last.isoformat())
        return [(CREATED, operator_of(self.model, CREATED, "between"), days)]


def _of_any_kind(view: Any) -> list[ColumnElement[bool]]:
    """Clients and prospects as their lists show them, which have one kind each."""
    return [*FilterBar.base_conditions(view), Account.archived_on.is_(None)]


LEADS = Subject(
    "leads",
    _l("Leads"),
    Lead,
    "lead",
    ("country", "industry", "category", "source"),
    {"main_country": "country"},
)
ACCOUNTS = Subject(
    "accounts",
    _l("Clients and prospects"),
    Account,
    "account",
    ("main_country", "industry", "category", "source"),
    {"country": "main_country"},
    has_more=True,
    base=_of_any_kind,
)
SUBJECTS: Mapping[str, Subject] = {one.key: one for one in (LEADS, ACCOUNTS)}


def open_subjects() -> list[Subject]:
    """The subjects whose records the actor may read."""
    return [one for one in SUBJECTS.values() if one.view() is not None]
