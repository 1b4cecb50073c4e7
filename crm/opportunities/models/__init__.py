"""The tables of the slice."""

from crm.opportunities.models.opportunity import CLOSED_KEEPS, CLOSED_KEEPS_LINKS, Opportunity
from crm.opportunities.models.stage import LostReason, Stage, StageKind

__all__ = [
    "CLOSED_KEEPS",
    "CLOSED_KEEPS_LINKS",
    "LostReason",
    "Opportunity",
    "Stage",
    "StageKind",
]
