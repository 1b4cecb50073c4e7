"""Storing and deleting files with the transaction that links them."""

import logging
import secrets
from functools import cache
from io import BytesIO
from typing import IO, Any

from flask_babel import gettext as _
from sqlalchemy import event, inspect, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapper, PassiveFlag, Session, SessionTransaction

from crm.core.db import db
from crm.core.errors import Unavailable
from crm.core.files import storage
from crm.core.files.checking import Accepted, Checked, Upload, check
from crm.core.files.models import StoredFile, is_unused, links

log = logging.getLogger("crm.files")

# In Session.info: keys written for this transaction, keys to delete after its commit, ids of files
# from which it took a link.
_MADE, _GONE, _LOOSE = "crm.files_made", "crm.files_gone", "crm.files_loose"


def store(upload: Upload, accepted: Accepted, field: str = "file") -> StoredFile:
    """Check and keep an upload, to be linked to a row in the next transaction.

    Call it before the transaction: looking into a file takes seconds. The content is deleted again
    if the transaction is rolled back. Raises DomainError on `field`, Unavailable.
    """
    return keep(check(upload, accepted, field))


def keep(checked: Checked) -> StoredFile:
    """Keep a checked upload."""
    return _keep(checked.content, checked.file_name, checked.media_type, is_safe=checked.is_safe)


def keep_made(content: bytes, file_name: str, media_type: str) -> StoredFile:
    """Keep a file that we made ourselves: a cover, a document."""
    return _keep(BytesIO(content), file_name, media_type, is_safe=True)


def _keep(content: IO[bytes], file_name: str, media_type: str, *, is_safe: bool) -> StoredFile:
    name = secrets.token_hex(16)
    key = f"{name[:2]}/{name}"
    _noted(db.session(), _MADE).append(key)
    with content:
        try:
            size, digest = storage.write(key, content)
        except OSError as error:
            log.exception("A file could not be stored.")
            raise Unavailable(
                _(
                    "The file could not be stored: there is no room left, or the storage does not"
                    " answer. Nothing was saved; tell your administrator."
                )
            ) from error
    return StoredFile(
        key=key, file_name=file_name, media_type=media_type, size=size, sha256=digest,
        is_safe=is_safe,
    )  # fmt: skip


def discard(keys: list[str]) -> None:
    """Delete contents after the commit, whose rows are deleted by a statement in it."""
    _noted(db.session(), _GONE).extend(keys)


def _noted(session: Session, name: str) -> list[Any]:
    found: list[Any] = session.info.setdefault(name, [])
    return found


@cache
def _link_names(mapper: Mapper[Any]) -> tuple[str, ...]:
    """The attributes of a table that hold the id of a file."""
    columns = (one for one in links() if one.table is mapper.local_table)
    return tuple(mapper.get_property_by_column(one).key for one in columns)


@event.listens_for(db.session, "after_flush")
def _note_loose(session: Session, context: Any) -> None:
    """Note the files that lose a link; what statements unlink, the sweep finds."""
    for row in (*session.dirty, *session.deleted):
        state = inspect(row)
        for name in _link_names(state.mapper):
            history = state.get_history(name, PassiveFlag.PASSIVE_NO_INITIALIZE)
            lost = (*history.deleted, *(history.unchanged if row in session.deleted else ()))
            _noted(session, _LOOSE).extend(pk for pk in lost if pk is not None)


# The end of a savepoint is neither a commit nor a rollback of the transaction.


@event.listens_for(db.session, "before_commit")
def _delete_loose(session: Session) -> None:
    """Delete the files that lost their last link: not those that a savepoint took back."""
    if session.in_nested_transaction():
        return
    session.flush()  # which the commit would do next
    if not (ids := session.info.pop(_LOOSE, None)):
        return
    loose = select(StoredFile).where(StoredFile.id.in_(ids), is_unused())
    for file in session.scalars(loose).all():
        try:
            with session.begin_nested():
                session.delete(file)
        except IntegrityError:
            continue  # linked meanwhile, by another transaction
        discard([file.key])


@event.listens_for(db.session, "after_commit")
def _let_go(session: Session) -> None:
    if session.in_nested_transaction():
        return
    session.info.pop(_MADE, None)
    remove(session.info.pop(_GONE, ()))


@event.listens_for(db.session, "after_transaction_end")
def _take_back(session: Session, transaction: SessionTransaction) -> None:
    """Delete what was written for a transaction that was not committed."""
    if transaction.parent is None:
        remove(session.info.pop(_MADE, ()))
        for name in (_GONE, _LOOSE):
            session.info.pop(name, None)


def remove(keys: Any) -> None:
    """Delete contents now. One that fails is found again by the sweep."""
    for key in keys:
        try:
            storage.remove(key)
        except OSError:
            log.exception("The file %s could not be deleted.", key)
