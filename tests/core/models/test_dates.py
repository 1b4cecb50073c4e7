"""Days and times as they are typed, read as the user's own."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from flask import Flask
from flask_babel import force_locale

from crm.core.models import Spec, kinds
from crm.core.models.kinds import Format

DAY, INSTANT = Spec("", kinds.DATE), Spec("", kinds.INSTANT)


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("en", "today", 1),
        ("en", "Tomorrow", 2),
        ("fr", "aujourd'hui", 1),
        ("fr", "aujourd’hui", 1),
        ("fr", "Demain", 2),
        ("fr", "today", 1),
        ("fr", "+3", 4),
        ("fr", "1/2", 1),
    ],
)
def test_today_is_the_day_of_who_types(app: Flask, language: str, text: str, day: int) -> None:
    """Half past eleven in the evening of 31 January UTC: in Paris it is February already."""
    with (
        time_machine.travel("2027-01-31T23:30:00+00:00"),
        app.test_request_context(),
        force_locale(language),
    ):
        assert DAY.parse(text, Format("Europe/Paris")) == date(2027, 2, day)


@pytest.mark.parametrize(("language", "text"), [("en", "yesterday"), ("fr", "hier"), ("fr", "-1")])
def test_yesterday_is_the_day_before_of_who_types(app: Flask, language: str, text: str) -> None:
    with (
        time_machine.travel("2027-02-01T00:30:00+00:00"),
        app.test_request_context(),
        force_locale(language),
    ):
        assert DAY.parse(text, Format("America/New_York")) == date(2027, 1, 30)


def test_an_instant_of_today_is_of_the_day_of_who_types(app: Flask) -> None:
    with time_machine.travel("2027-01-31T23:30:00+00:00"), app.test_request_context():
        moment = INSTANT.parse("today 14:00", Format("Europe/Paris"))
        assert moment == datetime(2027, 2, 1, 13, tzinfo=UTC)


def test_seconds_that_are_typed_count(app: Flask) -> None:
    with app.test_request_context():
        moment = INSTANT.parse("2027-01-31T14:00:45", Format("UTC"))
    assert moment == datetime(2027, 1, 31, 14, 0, 45, tzinfo=UTC)


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(
    "text", ["31/01/2027", "31.1.27", "2027-01-31", "31\u00a0janvier 2027", "31 Jan 2027"]
)
def test_the_day_comes_before_the_month(app: Flask, language: str, text: str) -> None:
    if language == "en" and "janvier" in text:
        return
    with app.test_request_context(), force_locale(language):
        assert DAY.parse(text, Format("UTC")) == date(2027, 1, 31)
        assert DAY.parse(DAY.typed(date(2027, 1, 31)), Format("UTC")) == date(2027, 1, 31)


@pytest.mark.parametrize(
    "text", ["01/31/2027", "30/02/2027", "0000-01-01", "9999-99-99", "9999-12-31", "soon", "+12345"]
)
@pytest.mark.parametrize("end", ["", "T23:59"])
def test_what_is_no_day_is_refused_in_words(app: Flask, text: str, end: str) -> None:
    spec = INSTANT if end else DAY
    with app.test_request_context(), pytest.raises(ValueError, match=r"\.$"):
        spec.parse(text + end, Format("America/New_York"))
