"""The tables of the slice."""

from crm.opportunities.models.opportunity import (
    FROZEN_WHEN_CLOSED,
    LINKS_FROZEN_WHEN_CLOSED,
    Opportunity,
)
from crm.opportunities.models.stage import Stage, StageKind
from crm.opportunities.models.stage_time import StageTime

__all__ = [
    "FROZEN_WHEN_CLOSED",
    "LINKS_FROZEN_WHEN_CLOSED",
    "Opportunity",
    "Stage",
    "StageKind",
    "StageTime",
]
