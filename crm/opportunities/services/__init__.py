"""What can be done to an opportunity, whoever asks: page, import or API. Source: spec 7."""

from crm.opportunities.services.copying import duplicate
from crm.opportunities.services.record import (
    GIVEN_AT_CREATION,
    RULES,
    candidates,
    create,
    default_duration,
    defaults,
    refusal,
    take_charge,
    update,
)
from crm.opportunities.services.stages import (
    Outcome,
    closing_refusal,
    default_stage,
    losable,
    lose,
    move,
    next_stage,
    others_of_account,
    reopen,
    stage_after,
    win,
)

__all__ = [
    "GIVEN_AT_CREATION",
    "RULES",
    "Outcome",
    "candidates",
    "closing_refusal",
    "create",
    "default_duration",
    "default_stage",
    "defaults",
    "duplicate",
    "losable",
    "lose",
    "move",
    "next_stage",
    "others_of_account",
    "refusal",
    "reopen",
    "stage_after",
    "take_charge",
    "update",
    "win",
]
