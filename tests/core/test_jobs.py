"""Regular work: run once when it is due, and again after a failure."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from crm.core import jobs
from crm.core.db import db
from crm.core.types import utcnow

pytestmark = pytest.mark.both


def test_regular_work_is_done_once_and_again_when_it_is_due(
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    everything: Callable[[], AbstractContextManager[Session]],
) -> None:
    done: list[str] = []
    monkeypatch.setattr(jobs, "JOBS", {})
    jobs.every_minute("fails")(lambda: 1 / 0)
    jobs.nightly("night", hour=1)(lambda: done.append("night"))
    with app.app_context():
        assert sorted(jobs.run_due()) == ["fails", "night"]
        assert jobs.run_due() == []
        assert done == ["night"]
        jobs.beat()
        jobs.beat()
        assert jobs.last_run(jobs.HEARTBEAT) is not None
        assert jobs.last_run("fails") is None
        found = db.session.get_one(jobs.JobRow, "fails")
        assert found.error == "ZeroDivisionError: division by zero"
        assert db.session.get_one(jobs.JobRow, "night").due_at.hour == 1
    with everything() as session:
        session.execute(update(jobs.JobRow).values(due_at=utcnow()))
    with app.app_context():
        assert sorted(jobs.run_due()) == ["fails", "night"]
