"""The tables of the slice."""

from crm.opportunities.models.opportunity import (
    FROZEN_WHEN_CLOSED,
    LINKS_FROZEN_WHEN_CLOSED,
    Opportunity,
)
from crm.opportunities.models.stage import Stage, StageKind
from crm.opportunities.models.stage_time import StageTime
from crm.opportunities.models.target import SalesTarget

__all__ = [
    "FROZEN_WHEN_CLOSED",
    "LINKS_FROZEN_WHEN_CLOSED",
    "Opportunity",
    "SalesTarget",
    "Stage",
    "StageKind",
    "StageTime",
]
