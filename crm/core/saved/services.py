"""Save, change, share, delete and restore what people save, in the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask_appbuilder.security.sqla.models import Group
from flask_babel import gettext as _
from sqlalchemy import delete, func, select, update

from crm.core import rows
from crm.core.actor import current_actor
from crm.core.db import db
from crm.core.errors import DomainError, NotFound
from crm.core.models.kinds import refuse_longer, tidy
from crm.core.rows import IN_BIN, unfiltered
from crm.core.saved.models import NAME, SavedKind, SavedView
from crm.core.types import fold, utcnow

MOST = 200  # of one person, list and kind taken together
KEPT = timedelta(days=1)  # after it was deleted


@dataclass(frozen=True)
class Given:
    """What its owner says of a saved row."""

    name: str
    group_ids: frozenset[int] = frozenset()
    is_default: bool = False


def fetch(pk: int, action: str = "read") -> SavedView:
    """The row that the actor may read, or change. Raises NotFound."""
    found: SavedView = rows.fetch(db.session(), SavedView, pk, action)
    return found


def groups_of(row: SavedView | None = None) -> list[Group]:
    """The groups it can be shared with: the actor's own, and those it is shared with."""
    kept = {group.id for group in row.groups} if row is not None else set()
    pks = {*current_actor().group_ids, *kept}
    statement = select(Group).where(Group.id.in_(pks)).order_by(Group.name_key, Group.id)
    return list(db.session.scalars(statement)) if pks else []


def create(kind: SavedKind, entity: str, layout: dict[str, Any], given: Given) -> SavedView:
    """A new row of the actor. Raises DomainError by field."""
    mine = select(func.count()).where(SavedView.user_id == current_actor().user_id)
    if (db.session.scalar(mine) or 0) >= MOST:
        raise DomainError(_("You have saved %(num)s already; delete some first.", num=MOST))
    row = SavedView(
        user_id=current_actor().user_id, kind=kind.value, entity=entity, layout=layout, groups=[]
    )
    _apply(row, given)
    db.session.add(row)
    db.session.flush()
    return row


def change(pk: int, given: Given, version: int) -> SavedView:
    """Rename, share, or make the default. Raises NotFound, DomainError by field."""
    row = _fetch_version(pk, version)
    _apply(row, given)
    return row


def replace_layout(pk: int, layout: dict[str, Any], version: int) -> SavedView:
    """Save another layout under the same name. Raises NotFound, DomainError."""
    row = _fetch_version(pk, version)
    row.layout = layout
    return row


def remove(pk: int) -> SavedView:
    """Delete a row, for a day so that it can be restored. Raises NotFound."""
    row = fetch(pk, "edit")
    row.deleted_at, row.is_default = utcnow(), False
    return row


def restore(pk: int) -> SavedView:
    """Bring a deleted row back. Raises NotFound, DomainError where its name is taken."""
    mine = SavedView.user_id == current_actor().user_id
    statement = select(SavedView).where(SavedView.id == pk, mine)
    row = db.session.scalars(statement.execution_options(**{IN_BIN: SavedView})).first()
    if row is None:
        raise NotFound
    _refuse_name(row, row.name_key)
    row.deleted_at = None
    return row


def purge() -> None:
    """Delete for good what was deleted a day ago."""
    with unfiltered("what people deleted is purged, whoever they are"):
        old = SavedView.deleted_at < utcnow() - KEPT
        db.session.execute(delete(SavedView).where(old))


def _fetch_version(pk: int, version: int) -> SavedView:
    row = fetch(pk, "edit")
    if row.row_version != version:
        raise DomainError(_("It was changed in the meantime: open it again before you save."))
    return row


def _apply(row: SavedView, given: Given) -> None:
    name = " ".join(tidy(given.name).split())
    if not name:
        raise DomainError(_("Required field"), field="name")
    try:
        refuse_longer(name, NAME)
    except ValueError as error:
        raise DomainError(str(error), field="name") from error
    _refuse_name(row, fold(name)[:NAME])
    row.name, row.name_key = name, fold(name)[:NAME]
    allowed = {group.id: group for group in groups_of(row)}
    row.groups = [group for pk, group in allowed.items() if pk in given.group_ids]
    if given.is_default:
        _clear_default(row)
    row.is_default = given.is_default


def _same(row: SavedView) -> Sequence[Any]:
    """The other rows of its owner for the same list."""
    others = [SavedView.id != row.id] if row.id is not None else []
    return [
        SavedView.user_id == row.user_id,
        SavedView.kind == row.kind,
        SavedView.entity == row.entity,
        *others,
    ]


def _refuse_name(row: SavedView, key: str) -> None:
    taken = select(SavedView.id).where(*_same(row), SavedView.name_key == key)
    with db.session.no_autoflush:
        if db.session.scalar(taken) is not None:
            raise DomainError(_("You have saved one with this name already."), field="name")


def _clear_default(row: SavedView) -> None:
    """Of a list one is the default; whoever had that open gets told by the version."""
    changed = update(SavedView).where(*_same(row), SavedView.is_default)
    with db.session.no_autoflush:
        db.session.execute(
            changed.values(is_default=False, row_version=SavedView.row_version + 1),
            execution_options={"synchronize_session": False},
        )
