"""Stages: one is won, some are open and lost, and the default one stays. Source: spec 3."""

from collections.abc import Mapping
from typing import Any

from crm.companies.settings import setting
from crm.companies.vocabulary import Bounds, arrange, keep_bounds, keep_default, keep_kind
from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import create_row, delete_row, update_row
from crm.opportunities.models import Stage, StageKind

KINDS: Bounds = {StageKind.OPEN: (1, None), StageKind.WON: (1, 1), StageKind.LOST: (1, None)}


def create(values: Mapping[str, Any]) -> Stage:
    """A new stage. Raises DomainError by field."""
    stage: Stage = create_row(Stage, values)
    keep_bounds(Stage, KINDS)
    arrange(Stage)
    return stage


def update(stage: Stage, values: Mapping[str, Any]) -> None:
    """Change a stage. Raises DomainError by field."""
    keep_kind(stage, values)
    keep_default(stage, values, setting("opportunity_default_stage_id"))
    update_row(stage, values)
    keep_bounds(Stage, KINDS)
    arrange(Stage)


def delete(stage: Stage) -> None:
    """Remove an unused stage. Raises DomainError."""
    delete_row(stage)
    keep_bounds(Stage, KINDS)


RULES = Rules(create=create, update=update, delete=delete)
