"""What there is of the demo."""

from collections.abc import Sequence

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import Select, func, select
from sqlalchemy.orm import selectinload

from crm.companies.models import DemoRow
from crm.core.db import db


def made(kind: str) -> Select[int]:
    """The ids of the rows of a table that the demo made."""
    return select(DemoRow.row_id).where(DemoRow.kind == kind, DemoRow.changes.is_(None))


def counts() -> dict[str, int]:
    """Table → number of the rows that the demo made; those erased by now are counted too."""
    statement = select(DemoRow.kind, func.count()).where(DemoRow.changes.is_(None))
    return {row[0]: row[1] for row in db.session.execute(statement.group_by(DemoRow.kind))}


def is_there() -> bool:
    """Whether the demo is still there."""
    return db.session.execute(select(DemoRow.row_id).limit(1)).first() is not None


def people() -> Sequence[User]:
    """The active users that the demo made."""
    statement = select(User).where(User.active, User.id.in_(made("ab_user"))).order_by(User.id)
    return db.session.scalars(
        statement.options(selectinload(User.roles), selectinload(User.companies))
    ).all()
