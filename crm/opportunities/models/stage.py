"""Stages of opportunities. Source: spec 3 and 7.2."""

from enum import StrEnum
from typing import ClassVar

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped

from crm.companies.columns import by_value, colour
from crm.core.models import Reference, field, kinds


class StageKind(StrEnum):
    """The kind of a stage. Rules depend on it, as admins name and order the stages."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class Stage(Reference):
    """A stage of opportunities."""

    __tablename__ = "stage"

    kind: Mapped[StageKind] = field(
        _l("Kind"),
        by_value(StageKind),
        choices={
            StageKind.OPEN: _l("Open"),
            StageKind.WON: _l("Won"),
            StageKind.LOST: _l("Lost"),
        },
    )
    probability: Mapped[int] = field(
        _l("Probability (%)"),
        kind=kinds.WHOLE_PERCENT,
        minimum=0,
        maximum=100,
        default=0,
        required=True,
    )
    hue: Mapped[str] = colour()
    outcome_glyphs: ClassVar = {StageKind.WON: "st-won", StageKind.LOST: "st-lost"}

    @property
    def is_offered(self) -> bool:
        """Whether it may be the stage of a new opportunity."""
        return self.kind == StageKind.OPEN and self.active
