"""The worker's log."""

import logging
import sys

import pytest

from crm.mail import worker


def test_a_queue_that_does_not_answer_is_logged_once_an_hour(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    outage = worker._OutageFilter()
    try:
        raise ConnectionError("refused")
    except ConnectionError:
        error = sys.exc_info()
    asked = ("huey.consumer", logging.ERROR, "", 0, "Error reading from queue", None, error)
    for count, now in ((1, 0.0), (1, 1.0), (1, 3599.0), (2, 3600.0)):
        monkeypatch.setattr(worker, "monotonic", lambda now=now: now)
        assert not outage.filter(logging.LogRecord(*asked))
        assert caplog.text.count("The queue does not answer: refused") == count
    assert outage.filter(logging.LogRecord("huey.consumer", logging.INFO, "", 0, "x", None, None))
