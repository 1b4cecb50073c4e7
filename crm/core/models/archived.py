"""Records that may be archived: kept whole, but no longer offered. Source: spec 5.5."""

from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, declared_attr

from crm.core.models.fields import field
from crm.core.types import Instant


class Archivable:
    """Mixin: when the record was archived. Lists leave it out, and nothing new is linked to it."""

    @declared_attr
    def archived_on(cls: Any) -> Mapped[datetime | None]:
        return field(_l("Archived on"), Instant, readonly=True, required=False)

    @property
    def is_archived(self) -> bool:
        """Whether it is archived now."""
        return self.archived_on is not None
