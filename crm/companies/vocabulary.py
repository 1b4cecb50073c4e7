"""Stages and statuses: vocabularies on whose kinds other rows' rules hang. Source: spec 3."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from crm.core.datamodel.saving import uses
from crm.core.db import db
from crm.core.errors import DomainError

# Kind → how many rows of it must be in use: at least, at most.
Bounds = Mapping[str, tuple[int, int | None]]


def keep_kind(row: Any, values: Mapping[str, Any]) -> None:
    """Refuse another kind for a row that is used. Raises DomainError on `kind`."""
    kind = values.get("kind", row.kind)
    if kind != row.kind and any(uses(row)):
        raise DomainError(_("The kind of a used row cannot change."), field="kind")


def keep_bounds(model: type[Any], bounds: Bounds) -> None:
    """Refuse a vocabulary without its kinds in use. Raises DomainError."""
    statement = select(model.kind, func.count()).where(model.active.is_(True))
    rows = db.session.execute(statement.group_by(model.kind)).all()
    found = {row[0]: row[1] for row in rows}
    for kind, (least, most) in bounds.items():
        count = found.get(kind, 0)
        if count < least:
            raise DomainError(_("One row of each kind must stay in use."), field="active")
        if most is not None and count > most:
            message = ngettext(
                "Only %(num)s row of this kind can be in use.",
                "Only %(num)s rows of this kind can be in use.",
                most,
            )
            raise DomainError(message, field="kind")


def keep_default(row: Any, values: Mapping[str, Any], default_id: int) -> None:
    """Refuse to take a default out of use. Raises DomainError on `active`."""
    if row.id == default_id and values.get("active") is False:
        message = _("New records begin here by default; choose another default first.")
        raise DomainError(message, field="active")
