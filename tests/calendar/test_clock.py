"""The last event of a record is the last one that began, whether or not anybody edited it."""

from datetime import timedelta

import pytest
from flask import Flask

from crm.accounts.models import Account
from crm.calendar import clock, event_dates, services
from crm.calendar.models import Event
from crm.core.types import utcnow
from tests.factories import again, make
from tests.fixtures import Acting

pytestmark = pytest.mark.both


def test_an_event_that_begins_is_the_last_one_with_no_edit(
    acting: Acting, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = utcnow().replace(microsecond=0)
    with acting("claire"):
        account = make(Account)
        soon, later, dropped = (
            make(Event, account=account, starts_at=now + timedelta(hours=hours))
            for hours in (1, 2, 3)
        )
        services.cancel(dropped)
        assert account.last_event_at is None
        version, changed = account.row_version, account.changed_on
    for hours, last in ((0, None), (1.5, soon.starts_at), (4, later.starts_at)):
        moment = now + timedelta(hours=hours)
        for module in (clock, event_dates):
            monkeypatch.setattr(module, "utcnow", lambda moment=moment: moment)
        with app.app_context():
            clock.follow_clock(moment - timedelta(hours=4))
        with acting("claire"):
            found = again(account)
            assert found.last_event_at == last
            assert found.next_event_at == soon.starts_at, "overdue, and still to be done"
            assert (found.row_version, found.changed_on) == (version, changed)
    with app.app_context():
        assert clock.follow_clock() == 0, "nothing is left to do"


def test_the_job_goes_on_where_the_last_run_ended(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    since: list[object] = []
    monkeypatch.setattr(clock, "follow_clock", since.append)
    moment = utcnow()
    runs = iter((None, moment))
    monkeypatch.setattr(clock, "last_run", lambda _name: next(runs))
    with app.app_context():
        clock.follow()
        clock.follow()
    assert since == [None, moment - clock.OVERLAP]
