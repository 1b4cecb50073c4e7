"""What an import reads from an .ics file, whatever the file; nothing here has a database."""

from contextlib import suppress
from datetime import UTC, datetime
from time import process_time
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.calendar.importing.lines import MEGABYTES
from crm.calendar.importing.reading import MOST, Content, Found, read, ref_of
from crm.calendar.recurrence import LAST, Frequency, occurrences
from crm.core.errors import DomainError
from tests.calendar.rules import calendar_of, rules, starts

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 29, tzinfo=UTC)
START = "DTSTART;TZID=Europe/Paris:20270322T100000"


@pytest.fixture(autouse=True)
def request_context(app: Flask) -> object:
    with app.test_request_context("/"):
        yield


def a_calendar(*events: str) -> bytes:
    inside = "".join(f"BEGIN:VEVENT\n{one}\nEND:VEVENT\n" for one in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{inside}END:VCALENDAR\n".encode()


def of(*events: str) -> Content:
    return read(a_calendar(*events), PARIS, NOW)


def only(*lines: str) -> Found:
    (event,) = of("\n".join(("UID:1", "SUMMARY:A", *lines))).events
    return event


def refusal(content: bytes) -> str:
    with pytest.raises(DomainError) as error:
        read(content, PARIS, NOW)
    return error.value.fields["file"]


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2027, 3, 22, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "zone", "expected"),
    [
        (START, "Europe/Paris", at(9)),
        ("DTSTART;TZID=Romance Standard Time:20270322T100000", "Europe/Paris", at(9)),
        ("DTSTART;TZID=/mozilla.org/20070129_1/Asia/Kolkata:20270322T100000", "Asia/Kolkata",
         at(4, 30)),
        ("DTSTART:20270322T100000", "Europe/Paris", at(9)),
        ("DTSTART:20270322T100000Z", "Europe/Paris", at(10)),
    ],
)  # fmt: skip
def test_times_are_of_their_zone_or_of_the_reader(
    start: str, zone: str, expected: datetime
) -> None:
    found = only(start)
    assert (found.time_zone, found.starts_at, found.notes) == (zone, expected, ())


def test_an_unknown_zone_is_read_as_the_reader_s_and_said() -> None:
    found = only("DTSTART;TZID=Mars/Base:20270322T100000")
    assert (found.time_zone, found.starts_at) == ("Europe/Paris", at(9))
    assert found.notes == ("Its time zone is unknown: its times are read in yours.",)


@pytest.mark.parametrize(
    ("lines", "ends_at"),
    [
        ((START, "DTEND;TZID=Europe/Paris:20270322T113000"), at(10, 30)),
        ((START, "DURATION:PT2H"), at(11)),
        ((START,), at(10)),
        ((START, "DTEND;TZID=Europe/Paris:20270322T100000"), at(10)),
    ],
)
def test_the_end_is_dtend_or_duration_or_an_hour(lines: tuple[str, ...], ends_at: datetime) -> None:
    assert only(*lines).ends_at == ends_at


def test_days_are_days() -> None:
    found = only("DTSTART;VALUE=DATE:20270327", "DTEND;VALUE=DATE:20270329")
    assert found.all_day
    assert found.starts_at == datetime(2027, 3, 26, 23, tzinfo=UTC)
    assert found.ends_at == datetime(2027, 3, 28, 22, tzinfo=UTC)
    one = only("DTSTART;VALUE=DATE:20270322")
    assert (one.ends_at - one.starts_at).days == 1


def test_texts_are_unescaped_and_shortened() -> None:
    found = only(
        START, "LOCATION:Lyon\\, 3\\nrue X" + "y" * 400, "DESCRIPTION:a\\;b\\nc\x07",
        "CLASS:PRIVATE", "TRANSP:TRANSPARENT", "ATTENDEE:mailto:guest@example.org",
    )  # fmt: skip
    assert found.location.startswith("Lyon, 3 rue Xyyy")
    assert len(found.location) == 255
    assert found.description == "a;b\nc"
    assert (found.is_private, found.is_free) == (True, True)
    assert of(f"UID:1\n{START}").events[0].subject == "No subject"


def test_what_cannot_be_imported_is_skipped_with_its_reason() -> None:
    found = of(
        "UID:1\nSUMMARY:1",
        "UID:2\nSUMMARY:2\nDTSTART:garbage",
        "UID:3\nSUMMARY:3\nDTSTART:00010101T000000Z",
        f"UID:4\nSUMMARY:4\n{START}\nDTEND;TZID=Europe/Paris:20270321T100000",
        f"UID:5\nSUMMARY:5\n{START}\nSTATUS:CANCELLED",
        f"UID:6\nSUMMARY:6\n{START}\nRRULE:FREQ=SECONDLY",
        f"UID:7\nSUMMARY:7\n{START}\nRRULE:FREQ=DAILY;INTERVAL=0",
        f"UID:8\nSUMMARY:8\n{START}\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        f"UID:9\nSUMMARY:9\n{START}\n{START}",
        f"UID:10\nSUMMARY:10\n{START}\nDURATION:P99999999999W",
    )
    assert found.events == []
    no_rule = "It repeats by a rule that is not supported."
    assert {one.subject: one.reason for one in found.skipped} == {
        "1": "It has no start.", "2": "It cannot be read.", "3": "Its date is out of range.",
        "4": "It ends before it starts.", "5": "It is cancelled.", "6": no_rule, "7": no_rule,
        "8": no_rule, "9": "It cannot be read.", "10": "It cannot be read.",
    }  # fmt: skip


def test_a_rule_that_ours_can_say_becomes_a_series() -> None:
    weekly = only(START, "RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=5").rule
    assert weekly is not None
    assert (weekly.frequency, weekly.weekdays, weekly.count) == (Frequency.WEEKLY, (0, 2), 5)
    last = only(
        "DTSTART;TZID=Europe/Paris:20270129T100000",
        "RRULE:FREQ=MONTHLY;BYDAY=-1FR;UNTIL=20270528T080000Z",
    ).rule
    assert last is not None
    assert (last.position, str(last.until)) == (LAST, "2027-05-28")


def test_another_rule_is_imported_date_by_date() -> None:
    found = of(
        "UID:1\nDTSTART;TZID=Europe/Paris:20270131T100000\nRRULE:FREQ=MONTHLY;COUNT=3",
    ).events
    assert [f"{one.starts_at:%d/%m}" for one in found] == ["31/01", "31/03", "31/05"]
    assert {one.notes[0] for one in found} == {
        "It repeats by a rule of its own: it is imported date by date."
    }
    assert len({one.ref for one in found}) == 3


def test_dates_that_are_off_moved_or_added_are_followed() -> None:
    found = of(
        f"UID:1\nSUMMARY:A\n{START}\nRRULE:FREQ=DAILY;COUNT=4"
        "\nEXDATE;TZID=Europe/Paris:20270323T100000\nRDATE;TZID=Europe/Paris:20270401T100000",
        "UID:1\nSUMMARY:B\nRECURRENCE-ID;TZID=Europe/Paris:20270324T100000"
        "\nDTSTART;TZID=Europe/Paris:20270324T150000",
    ).events
    assert [(one.subject, f"{one.starts_at:%d/%m %H}") for one in found] == [
        ("A", "22/03 09"), ("B", "24/03 14"), ("A", "25/03 09"), ("A", "01/04 08"),
    ]  # fmt: skip


@pytest.mark.parametrize("first", ["20190322T100000", "20270322T100000"])
def test_a_rule_without_end_is_imported_for_a_year(first: str) -> None:
    found = of(f"UID:1\nDTSTART;TZID=Europe/Paris:{first}\nRRULE:FREQ=WEEKLY").events
    assert 52 <= len(found) <= 66
    assert all(one.starts_at > datetime(2026, 8, 30, tzinfo=UTC) for one in found)
    assert {one.notes[0] for one in found} == {
        "It repeats for longer than a series can: a year of it is imported, date by date."
    }
    assert len(of(f"UID:1\n{START}\nRRULE:FREQ=DAILY;COUNT=100000").events) == 366


def test_files_that_are_no_calendar_are_refused() -> None:
    for content in (b"", b"junk", b"\xff\xfe\x00\x01", b"END:VCALENDAR", b"BEGIN:VCARD\nEND:VCARD"):
        assert refusal(content) == "This file is not an .ics calendar."
    assert "larger than" in refusal(b"x" * (MEGABYTES * 1024 * 1024 + 1))
    assert "more than" in refusal(a_calendar(*[START] * (MOST + 1)))
    assert "more than" in refusal(b"BEGIN:VCALENDAR\n" * 100_000)


@pytest.mark.slow("files that would keep a server busy")
def test_a_file_cannot_keep_the_server_busy() -> None:
    never = "RRULE:FREQ=MONTHLY;BYMONTHDAY=31;BYSETPOS=5"
    zone = "BEGIN:VTIMEZONE\nTZID:X\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0100"
    zone += "\nTZOFFSETTO:+0100\nRRULE:FREQ=SECONDLY\nEND:STANDARD\nEND:VTIMEZONE\n"
    bomb = f"BEGIN:VCALENDAR\n{zone}BEGIN:VEVENT\nDTSTART;TZID=X:20270322T100000\nEND:VEVENT\n"
    begun = process_time()
    assert "too long" in refusal(a_calendar(*[f"UID:{n}\n{START}\n{never}" for n in range(1900)]))
    assert "too long" in refusal(a_calendar(*[f"UID:1\n{START}\n{never}"] * 1900))
    assert len(read(f"{bomb}END:VCALENDAR".encode(), PARIS, NOW).events) == 1
    folded = f"BEGIN:VCALENDAR\n{zone}".replace("VTIMEZONE", "VTIME\n ZONE")
    assert read(f"{folded}END:VCALENDAR".encode(), PARIS, NOW).events == []
    read(b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART" + b"\n " * 900_000, PARIS, NOW)
    read(b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:" + b"\\" * 1_900_000, PARIS, NOW)
    assert process_time() - begun < 25


@settings(max_examples=60, deadline=None, database=None, derandomize=True)
@given(data=st.data())
def test_our_own_series_are_read_as_the_same_dates(data: st.DataObject) -> None:
    start, zone = data.draw(starts())
    rule = data.draw(rules(start.astimezone(zone).date()))
    places = occurrences(rule, start, zone)
    found = read(calendar_of(rule, start, zone).encode(), PARIS, NOW)
    if zone.key == "UTC":
        return  # a time without a zone of its own: the reader's, whose clocks change
    if len(places) == 1:
        assert [one.starts_at for one in found.events] == places
        return
    (event,) = found.events
    assert event.rule is not None
    assert occurrences(event.rule, event.starts_at, ZoneInfo(event.time_zone)) == places


@settings(max_examples=60, deadline=None, database=None, derandomize=True)
@given(text=st.text(alphabet='BEGIN:VCALENDAR\r\n\tEVTIMZO;=,\\"0129TZRUFQ é', max_size=200))
def test_junk_is_read_or_refused(text: str) -> None:
    with suppress(DomainError):
        read(f"BEGIN:VCALENDAR\nBEGIN:VEVENT\n{text}\nEND:VEVENT\n".encode(), PARIS, NOW)


def test_references_differ_by_person_and_fit_their_column() -> None:
    assert ref_of("x" * 500, 1) != ref_of("x" * 500, 2)
    assert len(ref_of("x" * 500, 999_999_999)) <= 80
