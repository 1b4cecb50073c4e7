"""Days and times as they are typed, read as the user's own."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from flask import Flask
from flask_babel import force_locale

from crm.core.models import Spec, kinds
from crm.core.models.dates import is_skipped, parse_local
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


@pytest.mark.parametrize(
    ("language", "text", "day", "clock"),
    [
        ("fr", "demain 14h", 2, "14:00"),
        ("fr", "Demain à 14 h 30", 2, "14:30"),
        ("fr", "01/02/2027 9h05", 1, "09:05"),
        ("en", "tomorrow 2pm", 2, "14:00"),
        ("en", "tomorrow at 2:30 PM", 2, "14:30"),
        ("en", "today 12am", 1, "00:00"),
        ("en", "+3 14:00", 4, "14:00"),
        ("en", "1 Feb 2027 14:00", 1, "14:00"),
        ("en", "2027-02-01T14:00", 1, "14:00"),
    ],
)
def test_a_day_and_a_time_are_typed_as_people_say_them(
    app: Flask, language: str, text: str, day: int, clock: str
) -> None:
    with (
        time_machine.travel("2027-01-31T23:30:00+00:00"),
        app.test_request_context(),
        force_locale(language),
    ):
        local = parse_local(text, "Europe/Paris")
        assert (local.date(), f"{local:%H:%M}") == (date(2027, 2, day), clock)
        typed = INSTANT.typed(local, "Europe/Paris")
        assert INSTANT.parse(typed, Format("Europe/Paris")) == local


@pytest.mark.parametrize("text", ["14h", "demain", "+3", "demain 25h", "today 13pm", "today 9:75"])
def test_half_a_moment_is_refused_in_words(app: Flask, text: str) -> None:
    with app.test_request_context(), force_locale("fr"), pytest.raises(ValueError, match=r"\.$"):
        INSTANT.parse(text, Format("UTC"))


def test_a_time_that_clocks_skip_is_an_hour_later(app: Flask) -> None:
    with app.test_request_context():
        local = parse_local("28/03/2027 02:30", "Europe/Paris")
        assert is_skipped(local)
        assert INSTANT.typed(local.astimezone(UTC), "Europe/Paris") == "28 Mar 2027 03:30"
        assert not is_skipped(parse_local("31/10/2027 02:30", "Europe/Paris"))
        assert not is_skipped(parse_local("28/03/2027 02:30", "America/New_York"))
