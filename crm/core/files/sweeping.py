"""The nightly sweep: files that no row links to, and contents without a row."""

import re
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from crm.core.db import batches, db, let_others_write, transaction
from crm.core.files import storage
from crm.core.files.models import StoredFile, is_unused
from crm.core.files.storing import discard, remove
from crm.core.jobs import nightly
from crm.core.types import utcnow

# A file is written seconds before the row that links to it is committed.
GRACE = timedelta(days=1)
# The names that we give and gave: the folder may hold other files.
OURS = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}|catalogs/[0-9a-f]{32}\.(pdf|png)")
BATCH = 200


@nightly("files", hour=3)
def sweep() -> tuple[int, int]:
    """Delete what is left over from before GRACE. Returns the number of rows and of contents."""
    before = utcnow() - GRACE
    return _sweep_rows(before), _sweep_contents(before)


def _sweep_rows(before: datetime) -> int:
    """Rows lose their links by statements: erasing the demo, a cascade of the database."""
    unused = select(StoredFile.id, StoredFile.key).where(StoredFile.created_on < before)
    found = db.session.execute(unused.where(is_unused())).all()
    db.session.rollback()
    gone = 0
    for batch in batches(found, BATCH):
        with transaction() as session:
            ids = StoredFile.id.in_([row.id for row in batch])
            again = session.execute(select(StoredFile.id, StoredFile.key).where(ids, is_unused()))
            keys = {row.id: row.key for row in again}
            session.execute(delete(StoredFile).where(StoredFile.id.in_(keys)))
            discard([*keys.values()])
        gone += len(keys)
        let_others_write()
    return gone


def _sweep_contents(before: datetime) -> int:
    """Contents lose their rows where a process died between writing and commit, or deleting."""
    old = (key for key, written in storage.every() if written < before and OURS.fullmatch(key))
    gone = 0
    for batch in batches(old, BATCH):
        known = set(db.session.scalars(select(StoredFile.key).where(StoredFile.key.in_(batch))))
        db.session.rollback()
        orphans = [key for key in batch if key not in known]
        remove(orphans)
        gone += len(orphans)
    return gone
