"""Rules of stages: the number of each kind, the default one. Source: spec 3."""

from crm.companies.vocabulary import Bounds, rules_by_kind
from crm.opportunities.models import Stage, StageKind

BOUNDS: Bounds = {StageKind.OPEN: (1, None), StageKind.WON: (1, 1), StageKind.LOST: (1, None)}

RULES = rules_by_kind(Stage, BOUNDS, "opportunity_default_stage_id")
