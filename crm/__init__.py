"""Comptoir, a CRM for the back office: leads, prospects, clients, opportunities, quotes, events."""

import sys

# Before anything else imports sqlite3: SQLAlchemy, Alembic and the queue must share one SQLite,
# because two copies of the library on one file in one process break each other's locks. Ours is
# of a version without the WAL race that can lose committed rows (fixed in 3.51.3).
try:
    import pysqlite3
except (
    ImportError
):  # no wheel for this platform: use the standard library's; `crm doctor` reports its version
    pass
else:
    sys.modules["sqlite3"] = pysqlite3
    sys.modules["sqlite3.dbapi2"] = pysqlite3.dbapi2
