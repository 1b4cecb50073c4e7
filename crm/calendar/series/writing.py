"""Many events written together: made and changed in memory, flushed once, told once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any

from crm.calendar.event_dates import update_event_dates
from crm.calendar.moving import tell_moved
from crm.calendar.reminders.scheduling import follow
from crm.core.datamodel.bulk import bulk_mode
from crm.core.datamodel.saving import flush
from crm.core.db import db

Calls = list[tuple[Callable[..., None], tuple[Any, ...]]]


@contextmanager
def together() -> Iterator[None]:
    """Within it, services of events write nothing; at its end everything is written at once.

    Raises what a flush raises: DomainError by field, Conflict.
    """
    with db.session.no_autoflush, bulk_mode() as bulk:
        yield
    flush()
    for function, arguments in _merged(bulk.later):
        function(*arguments)


def _merged(calls: Calls) -> Calls:
    """One call for all dates of related records, all reminders, all moves; others once each."""
    dates = frozenset(chain.from_iterable(args[0] for f, args in calls if f is update_event_dates))
    moves = tuple(chain.from_iterable(args for f, args in calls if f is tell_moved))
    reminded = tuple(dict.fromkeys(chain.from_iterable(a[0] for f, a in calls if f is follow)))
    told = (update_event_dates, tell_moved, follow)
    rest = dict.fromkeys(call for call in calls if call[0] not in told)
    merged: Calls = [(update_event_dates, (dates,))] if dates else []
    merged += [(follow, (reminded,))] if reminded else []
    return [*merged, *([(tell_moved, moves)] if moves else []), *rest]
