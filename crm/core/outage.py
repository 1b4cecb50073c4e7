"""Classify database errors: busy, not answering or read-only, as opposed to a bug."""

from collections.abc import Mapping
from enum import Enum

from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from crm.core.errors import Unavailable

RETRY_AFTER = 5  # seconds


class Outage(Enum):
    """What is wrong with the database."""

    BUSY = "busy"
    SILENT = "silent"
    READ_ONLY = "read_only"
    EMPTY = "empty"
    UNKNOWN = "unknown"


# Primary result codes of SQLite (sqlite.org/rescode.html).
SQLITE: Mapping[int, Outage] = {
    **dict.fromkeys((5, 6, 7, 9, 15), Outage.BUSY),  # locked, out of memory, interrupted
    **dict.fromkeys((10, 11, 14, 26), Outage.SILENT),  # cannot be opened or read
    **dict.fromkeys((8, 13), Outage.READ_ONLY),  # read-only, disk full
}
# SQLSTATEs of PostgreSQL, or their class (Appendix A of its manual).
POSTGRES: Mapping[str, Outage] = {
    **dict.fromkeys(("57014", "55P03", "40001", "40P01", "53200", "53300"), Outage.BUSY),
    **dict.fromkeys(("08", "57"), Outage.SILENT),
    **dict.fromkeys(("25006", "53", "58"), Outage.READ_ONLY),
    "42P01": Outage.EMPTY,
}


def find_outage(error: BaseException) -> Outage | None:
    """The outage that `error` stands for; None where it is something else."""
    if isinstance(error, PoolTimeout):
        return Outage.BUSY  # every connection of the pool is in use
    if not isinstance(error, DBAPIError):
        return None
    if (code := getattr(error.orig, "sqlite_errorcode", None)) is not None:
        if str(error.orig).startswith("no such table"):
            return Outage.EMPTY
        return SQLITE.get(code & 0xFF)
    if (state := getattr(error.orig, "sqlstate", None)) is not None:
        return POSTGRES.get(state) or POSTGRES.get(state[:2])
    lost = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
    return Outage.SILENT if lost else None


def unavailable(outage: Outage) -> Unavailable:
    """The error to raise for an outage, with a message that says what to do."""
    return Unavailable(_words(outage))


def _words(outage: Outage) -> str:
    match outage:
        case Outage.BUSY:
            return _("The database is busy. Nothing was saved; try again in a moment.")
        case Outage.SILENT:
            return _("The database does not answer. Nothing was saved; try again in a moment.")
        case Outage.READ_ONLY:
            return _(
                "The database cannot be written to: its disk is full or read-only. Nothing was"
                " saved; tell your administrator."
            )
        case Outage.EMPTY:
            return _("The database has not been set up yet: run “crm init”.")
        case Outage.UNKNOWN:
            return _(
                "The connection to the database was lost while saving. Check whether your "
                "entry was saved before you send it again."
            )
