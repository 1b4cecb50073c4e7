"""Series of which no event is left go at night, and no others."""

import pytest
from flask import Flask
from sqlalchemy import delete, select

from crm.calendar.models import Event, EventSeries, Invitation, Told
from crm.calendar.series import deleting
from crm.calendar.series.reach import Reach
from crm.calendar.series.sweeping import sweep
from crm.core.db import db, transaction
from crm.core.types import utcnow
from tests.calendar.test_series import series
from tests.factories import again
from tests.fixtures import Acting

pytestmark = pytest.mark.both


def test_a_series_goes_with_its_last_event(app: Flask, acting: Acting) -> None:
    with acting("marc"):
        purged, binned, kept = (series()[0] for _number in range(3))
        deleting.delete(again(binned), Reach.ALL)
    with app.app_context(), transaction() as session:
        known = {"series_id": purged.series_id, "key": "a@example.com", "told": Told.INVITED}
        session.add(Invitation(**known, facts="", ends_at=utcnow()))
        table = Event.__table__
        session.execute(delete(table).where(table.c.series_id == purged.series_id))
    with app.app_context():
        assert sweep() == 1
        assert sweep() == 0
        left = set(db.session.scalars(select(EventSeries.id)))
        assert left == {binned.series_id, kept.series_id}
        assert db.session.scalars(select(Invitation)).all() == []
