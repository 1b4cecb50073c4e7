"""The nightly sweep: series of which no event is left, the bin included."""

from sqlalchemy import delete, exists

from crm.calendar.models import Event, EventSeries
from crm.core.db import transaction
from crm.core.jobs import nightly

EVENT = Event.__table__


@nightly("series", hour=2)
def sweep() -> int:
    """Delete them, with what guests were told of them. Returns their number.

    Of the table, not of the mapped class: the row filter would hide the events.
    """
    unused = ~exists().where(EVENT.c.series_id == EventSeries.id)
    with transaction() as session:
        gone = session.execute(
            delete(EventSeries).where(unused).execution_options(synchronize_session=False)
        )
        return int(gone.rowcount)  # type: ignore[attr-defined]  # of a DELETE
