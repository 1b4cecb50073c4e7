"""Importing an .ics file: previewed, created as a whole, once, with the rights of its reader."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from crm.calendar.importing.lines import MEGABYTES
from crm.calendar.models import Availability, Event, EventType, Visibility
from crm.calendar.series import creating
from crm.companies.models import User
from crm.core.errors import DomainError
from crm.core.files.models import StoredFile
from tests.calendar.test_reading_ics import START, a_calendar
from tests.factories import make, remove
from tests.fixtures import Acting, Cast, Client

As = Callable[[str], Client]
Everything = Callable[[], AbstractContextManager[Session]]

HIDDEN = re.compile(r'name="(stored|shown|company)" value="([^"]+)"')
AT = datetime(2027, 3, 22, 9, tzinfo=UTC)
FILE = a_calendar(
    f"UID:one\nSUMMARY:Salon <b>Lyon</b>\n{START}\nDESCRIPTION:<p>a & b</p>\\nc\nCLASS:PRIVATE",
    "UID:two\nSUMMARY:Fermeture\nDTSTART;VALUE=DATE:20270501\nTRANSP:TRANSPARENT",
    f"UID:three\nSUMMARY:Point\n{START}\nRRULE:FREQ=WEEKLY;COUNT=3;BYDAY=MO",
    "UID:four\nSUMMARY:Sans date",
)


def preview(client: Client, content: bytes = FILE, company: str = "") -> TestResponse:
    """The answer to the first form; its body is made here, as large ones are files else."""
    parts = [
        b'--x\r\nContent-Disposition: form-data; name="company"\r\n\r\n' + company.encode(),
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="agenda.ics"\r\n\r\n',
    ]
    body = b"\r\n".join([parts[0], parts[1] + content, b"--x--", b""])
    return client.post("/events/import", data=body, content_type="multipart/form-data; boundary=x")


def confirm(client: Client, answer: TestResponse) -> TestResponse:
    return client.post("/events/import_confirm", data=dict(HIDDEN.findall(answer.text)))


def events(everything: Everything) -> list[Event]:
    with everything() as session:
        return list(session.scalars(select(Event).order_by(Event.starts_at, Event.id)))


@pytest.mark.both
def test_a_file_is_shown_and_then_created_as_a_whole(
    as_user: As, everything: Everything, cast: Cast
) -> None:
    claire = as_user("claire")
    answer = preview(claire)
    assert "Salon &lt;b&gt;Lyon&lt;/b&gt;" in answer.text
    assert "3 entries will be imported" in answer.text
    assert "3 times from Monday 22 Mar 2027" in answer.text
    assert "It has no start." in answer.text
    assert events(everything) == [], "nothing is created yet"
    assert confirm(claire, answer).headers["Location"].startswith("/events/list/")
    found = events(everything)
    by_subject = {one.subject: one for one in found}
    assert len(found) == 5
    assert {one.owner_id for one in found} == {cast.claire}
    assert {one.company_id for one in found} == {cast.france}
    fair, closed = by_subject["Salon <b>Lyon</b>"], by_subject["Fermeture"]
    assert (fair.starts_at, fair.type, fair.visibility) == (
        AT, EventType.MEETING, Visibility.PRIVATE,
    )  # fmt: skip
    assert fair.description == "<p>&lt;p&gt;a &amp; b&lt;/p&gt;<br>c</p>"
    assert (closed.all_day, closed.type, closed.availability) == (
        True, EventType.EVENT, Availability.FREE,
    )  # fmt: skip
    assert sorted(one.starts_at for one in found if one.series_id) == [
        AT, AT + timedelta(days=7, hours=-1), AT + timedelta(days=14, hours=-1),
    ]  # fmt: skip
    with everything() as session:
        assert session.scalars(select(StoredFile)).all() == []


def test_what_is_there_already_is_not_created_again(
    as_user: As, acting: Acting, everything: Everything
) -> None:
    with acting("claire"):
        make(Event, subject="SALON <b>lyon</b>", starts_at=AT)
        remove(make(Event, subject="Fermeture", starts_at=datetime(2027, 4, 30, 22, tzinfo=UTC)))
    claire = as_user("claire")
    answer = preview(claire)
    assert "1 entry is there already" in answer.text
    assert "2 entries will be imported" in answer.text
    confirm(claire, answer)
    again = preview(claire)
    assert "3 entries are there already" in again.text
    assert "0 entries will be imported" in again.text
    assert HIDDEN.findall(again.text) == []
    assert len(events(everything)) == 6


def test_colleagues_import_the_same_file_each_for_themselves(
    as_user: As, everything: Everything
) -> None:
    for name in ("claire", "marc"):
        confirm(as_user(name), preview(as_user(name)))
    assert len(events(everything)) == 10


def test_one_s_own_feed_is_there_already(as_user: As, acting: Acting) -> None:
    with acting("claire") as session:
        event = make(Event, subject="Un", starts_at=AT)
        session.flush()
        uid = event.uid
    other = f"UID:{uid}\nSUMMARY:Renamed\nDTSTART:20280101T100000Z"
    assert "1 entry is there already" in preview(as_user("claire"), a_calendar(other)).text


@pytest.mark.both
def test_two_clicks_create_once(as_user: As, everything: Everything) -> None:
    claire = as_user("claire")
    answer = preview(claire)
    first, second = confirm(claire, answer), confirm(claire, answer)
    assert first.headers["Location"].startswith("/events/list/")
    assert second.headers["Location"] == "/events/import"
    assert "was imported already" in claire.get("/events/import").text
    assert len(events(everything)) == 5


def test_two_files_of_the_same_events_create_once(as_user: As, everything: Everything) -> None:
    claire = as_user("claire")
    first, second = preview(claire), preview(claire)
    confirm(claire, first)
    told = confirm(claire, second)
    assert told.status_code == 409
    assert "Events changed in the meantime" in told.text
    assert len(events(everything)) == 5


def test_nobody_confirms_the_file_of_somebody_else(as_user: As, everything: Everything) -> None:
    answer = preview(as_user("claire"))
    assert confirm(as_user("marc"), answer).headers["Location"] == "/events/import"
    assert events(everything) == []
    for stored in ("", "0", "x", "99999999999999", "-1"):
        told = as_user("claire").post("/events/import_confirm", data={"stored": stored})
        assert told.headers["Location"] == "/events/import"


def test_all_or_nothing(
    as_user: As, everything: Everything, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: Any) -> None:
        raise DomainError("No.")

    claire = as_user("claire")
    answer = preview(claire)
    with monkeypatch.context() as patch:
        patch.setattr(creating, "create", refuse)
        assert confirm(claire, answer).headers["Location"] == "/events/import"
    assert events(everything) == []
    assert confirm(claire, answer).headers["Location"].startswith("/events/list/")
    assert len(events(everything)) == 5


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"junk", "not an .ics calendar"),
        (b"", "not an .ics calendar"),
        (b"BEGIN:VCALENDAR\n" + b"x" * (10 * 1024 * 1024), f"larger than {MEGABYTES} MB"),
        (b"BEGIN:VCALENDAR\n" * 5_000, "more than 2000 events"),
    ],
)
def test_a_file_that_cannot_be_imported_says_why_beside_the_field(
    as_user: As, everything: Everything, content: bytes, told: str
) -> None:
    answer = preview(as_user("claire"), content)
    assert answer.status_code == 422
    assert told in answer.text
    assert 'aria-invalid="true"' in answer.text
    with everything() as session:
        assert session.scalars(select(StoredFile)).all() == []
    assert as_user("claire").post("/events/import", data={}).status_code == 422


def test_the_company_is_chosen_where_one_has_several(
    as_user: As, everything: Everything, cast: Cast
) -> None:
    alice = as_user("alice")
    assert 'name="company"' in alice.get("/events/import").text
    assert 'name="company"' not in as_user("claire").get("/events/import").text
    confirm(alice, preview(alice, company=str(cast.iberia)))
    assert {one.company_id for one in events(everything)} == {cast.iberia}
    confirm(as_user("claire"), preview(as_user("claire"), company=str(cast.iberia)))
    assert {one.company_id for one in events(everything) if one.owner_id == cast.claire} == {
        cast.france
    }


def test_who_may_not_create_events_is_refused(as_user: As) -> None:
    audrey = as_user("audrey")
    assert audrey.get("/events/import").status_code == 403
    assert preview(audrey).status_code == 403
    assert "/events/import" not in audrey.get("/events/list/").text
    assert "/events/import" in as_user("claire").get("/events/list/").text


def test_a_french_reader_is_told_in_french(as_user: As, everything: Everything) -> None:
    with everything() as session:
        session.execute(update(User).values(language="fr"))
    answer = preview(as_user("claire"))
    assert "Importer un fichier .ics" in answer.text
    assert "3 éléments seront importés" in answer.text
    assert "Il n’a pas de début." in answer.text
