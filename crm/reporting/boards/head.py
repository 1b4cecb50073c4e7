"""The head of a chart of opportunities that is read in a way of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crm.core.datamodel.grouping import Measure
from crm.core.models import Label
from crm.opportunities.models import Opportunity
from crm.reporting.boards.charts import is_open


@dataclass(frozen=True)
class OfOpportunities:
    """Its key, its title, and whether it is drawn; `measures` are those that settings may hide."""

    key: str
    title: Label
    drawn: bool = False
    measures: Sequence[Measure] = ()
    has_room: bool = False  # over the whole width, as its columns are many

    @property
    def is_wide(self) -> bool:
        return self.drawn or self.has_room

    @property
    def model(self) -> type[Any]:
        return Opportunity

    def is_open(self) -> bool:
        """Whether the actor reads opportunities, with the measures."""
        return is_open(self.model, measures=self.measures)
