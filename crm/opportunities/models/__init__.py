"""The tables of the slice."""

from crm.opportunities.models.opportunity import CLOSED_KEEPS, CLOSED_KEEPS_LINKS, Opportunity
from crm.opportunities.models.stage import MOVES, LostReason, Stage, StageKind

__all__ = [
    "CLOSED_KEEPS",
    "CLOSED_KEEPS_LINKS",
    "MOVES",
    "LostReason",
    "Opportunity",
    "Stage",
    "StageKind",
]
