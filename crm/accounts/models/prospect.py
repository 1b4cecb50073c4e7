"""The statuses of prospects. Source: spec 3 and 5.6."""

from enum import StrEnum
from typing import ClassVar

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped

from crm.companies.columns import by_value, colour
from crm.core.models import Reference, field


class ProspectStatusKind(StrEnum):
    """The kind of a status. Rules depend on it, as admins name and order the statuses."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


class ProspectStatus(Reference):
    """A status of prospects; a client that was one keeps the last."""

    __tablename__ = "prospect_status"

    kind: Mapped[ProspectStatusKind] = field(
        _l("Kind"),
        by_value(ProspectStatusKind),
        choices={
            ProspectStatusKind.OPEN: _l("Open"),
            ProspectStatusKind.WON: _l("Won"),
            ProspectStatusKind.LOST: _l("Lost"),
        },
    )
    hue: Mapped[str] = colour()
    outcome_glyphs: ClassVar = {
        ProspectStatusKind.WON: "st-won",
        ProspectStatusKind.LOST: "st-lost",
    }

    @property
    def is_offered(self) -> bool:
        """Whether it may be the status of a new prospect."""
        return self.kind == ProspectStatusKind.OPEN and self.active
