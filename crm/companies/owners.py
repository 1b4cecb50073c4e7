"""Becoming the owner of a record ("Take charge"). Source: spec 1.3, 4.3 and 9.3."""

from typing import Any

from flask_babel import gettext as _

from crm.core import rows
from crm.core.datamodel.defaults import current_user
from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import update_row
from crm.core.db import db
from crm.core.errors import DomainError


def assign_to_me(row: Any, rules: Rules) -> None:
    """Make the actor the owner of an unassigned record, or of one they may edit.

    Raises DomainError otherwise.
    """
    if row.owner_id is not None and not rows.may(db.session(), "edit", row):
        raise DomainError(_("This record is assigned to somebody else."))
    update_row(row, {"owner": current_user()}, rules)
