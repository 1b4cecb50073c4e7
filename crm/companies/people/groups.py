"""What can be done to a group beyond saving its fields. Source: spec 1.2."""

from typing import Any

from flask_appbuilder.security.sqla.models import assoc_user_group
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import func, select

from crm.companies.models.settings import app_settings_group
from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import delete_row
from crm.core.db import db
from crm.core.errors import DomainError


def delete(group: Any) -> None:
    """Remove a group without members that no setting names. Raises DomainError."""
    members = _count(assoc_user_group, group)
    if members:
        raise DomainError(
            ngettext(
                "This group has %(num)s member; remove them first.",
                "This group has %(num)s members; remove them first.",
                members,
            )
        )
    if _count(app_settings_group, group):
        raise DomainError(_("The settings list this group as assignable; remove it there first."))
    delete_row(group)


def _count(table: Any, group: Any) -> int:
    statement = select(func.count()).select_from(table).where(table.c.group_id == group.id)
    return int(db.session.scalar(statement) or 0)


RULES = Rules(delete=delete)
