"""Reminders in the forms, on the record, in the API and in the settings."""

import html
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import update

from crm.accounts.models import Account
from crm.calendar.models import EventReminder, ReminderMode, ReminderUnit
from crm.core.types import utcnow
from tests.calendar.reminding import Everything, line, planned, reminders, utc
from tests.factories import again, make
from tests.fixtures import Acting, Cast, Client

AsUser = Callable[[str], Client]
TokenOf = Callable[[str], dict[str, str]]
ADD = "/events/add?type=meeting"
LINE = {"mode": "before", "unit": "days", "recipients": "me", "channel": "both"}


def posted(*lines: dict[str, object], **given: object) -> dict[str, object]:
    """The whole form of an event in 2037, with these lines of reminders."""
    parts = {
        f"reminders-{number}-{name}": value
        for number, one in enumerate(lines)
        for name, value in (
            {"mode": "before", "unit": "days", "recipients": "me", "channel": "both"} | one
        ).items()
    }
    return {
        "type": "meeting", "subject": "Point", "starts_at": "2037-01-20T10:00",
        "visibility": "public", "availability": "busy", "reminders-count": len(lines),
        **parts, **given,
    }  # fmt: skip


def test_several_are_typed_in_the_form_and_stand_in_words_on_the_record(
    as_user: AsUser, everything: Everything, cast: Cast
) -> None:
    claire = as_user("claire")
    form = html.unescape(claire.get(ADD).text)
    assert 'name="reminders-0-amount" type="text" value="30"' in form
    made = claire.post(
        ADD,
        data=posted(
            {"amount": "30", "unit": "minutes"},
            {"amount": "2", "unit": "weeks", "recipients": "all", "channel": "mail"},
            {"mode": "at", "at": "2037-01-19T08:00", "channel": "page"},
            {"amount": ""},
            owner=cast.claire,
        ),
    )
    assert made.status_code == 303
    assert [one.amount for one in reminders(everything)] == [30, 2, None]
    page = html.unescape(claire.get(made.headers["Location"]).text)
    for words in (
        "30 minutes before, for me, by e-mail and in the page",
        "2 weeks before, for everyone invited, by e-mail",
        "19 Jan 2037 08:00, for me, in the page",
        "Waiting, due on 20 Jan 2037 09:30",
    ):
        assert words in page, words


def test_what_is_wrong_stands_beside_the_field_and_what_was_typed_stays(
    as_user: AsUser, cast: Cast
) -> None:
    claire = as_user("claire")
    answer = claire.post(
        ADD,
        data=posted(
            {"amount": "3"},
            {"mode": "at", "at": "2001-01-19T08:00", "channel": "page"},
            {"mode": "at", "at": "2037-01-20T10:00", "channel": "page"},
            {"amount": "", "at": "2037-01-19T08:00", "channel": "page"},
            owner=cast.claire,
        ),
    )
    page = html.unescape(answer.text)
    assert answer.status_code == 422
    for text in (
        "This date is in the past.",
        "Choose a date before the start.",
        "Say how long before the start.",
        'value="3"',
    ):
        assert text in page, text


def test_an_edit_keeps_a_date_that_has_passed_and_removes_what_is_taken_away(
    as_user: AsUser, acting: Acting, cast: Cast, everything: Everything
) -> None:
    with acting("claire"):
        at = {"mode": ReminderMode.AT, "at": utc("2037-03-01T08:00")}
        event = planned(line(3), at, starts_at=utc("2037-03-10T13:00"))
        kept, version = again(event).reminders[1].id, again(event).row_version
    with everything() as session:
        session.execute(
            update(EventReminder).where(EventReminder.id == kept).values(at=utc("2020-01-01T08:00"))
        )
    data = posted(
        {"id": kept, "mode": "at", "at": "2020-01-01T09:00", "channel": "page"},
        row_version=version, owner=cast.claire,
    )  # fmt: skip
    answer = as_user("claire").post(f"/events/edit/{event.id}", data=data)
    assert answer.status_code == 303
    assert [one.id for one in reminders(everything)] == [kept]


def test_the_short_form_has_one_select(
    as_user: AsUser, acting: Acting, cast: Cast, everything: Everything
) -> None:
    with acting("claire"):
        account = make(Account)
    claire = as_user("claire")
    url = f"/events/add?account={account.id}&type=meeting&short=1"
    assert '<option value="30" selected>30 minutes before</option>' in claire.get(url).text
    data = {"subject": "Point", "starts_at": "2037-01-20T10:00", "owner": cast.claire}
    assert claire.post(url, data=data | {"reminders": "1440"}).status_code == 303
    assert claire.post(url, data=data | {"reminders": ""}).status_code == 303
    assert claire.post(url, data=data | {"reminders": "soon"}).status_code == 422
    assert [(one.amount, one.unit) for one in reminders(everything)] == [(1, ReminderUnit.DAYS)]
    whole = claire.post(url, data=data | {"reminders": "120", "show": "whole"}).text
    assert 'name="reminders-0-amount" type="text" value="2"' in html.unescape(whole)
    task = claire.post(url, data=data | {"reminders": "30", "show": "task"}).text
    assert '<option value="" selected>No reminder</option>' in task


def test_others_do_not_see_them(as_user: AsUser, acting: Acting, token_of: TokenOf) -> None:
    with acting("claire"):
        event = planned(line(7))
    words = "7 days before"
    assert words in as_user("claire").get(f"/events/show/{event.id}").text
    for name in ("alice", "marc", "hugo"):
        assert words not in as_user(name).get(f"/events/show/{event.id}").text
        assert words not in as_user(name).get(f"/events/show/{event.id}?tab=history").text
        shown = as_user(name).get(f"/api/v1/events/{event.id}", headers=token_of(name)).json
        assert shown["result"]["reminders"] == []


def test_the_api_reads_and_writes_them(as_user: AsUser, acting: Acting, token_of: TokenOf) -> None:
    with acting("claire"):
        event = planned(line(7), starts_at=utc("2037-03-10T13:00"))
    claire, mine = as_user("claire"), token_of("claire")
    url = f"/api/v1/events/{event.id}"
    (shown,) = claire.get(url, headers=mine).json["result"]["reminders"]
    assert (shown["amount"], shown["unit"], shown["status"]) == (7, "days", "waiting")
    assert shown["due_at"] == "2037-03-03T13:00:00Z"
    body = {
        "row_version": claire.get(url, headers=mine).json["result"]["row_version"],
        "reminders": [
            {"id": shown["id"], "amount": 2},
            {"amount": 5, "unit": "minutes", "recipients": "all"},
        ],
    }
    answer = claire.put(url, json=body, headers=mine)
    assert answer.status_code == 200, answer.json
    both = claire.get(url, headers=mine).json["result"]["reminders"]
    assert [one["due_at"] for one in both] == [
        "2037-03-08T13:00:00Z",
        "2037-03-10T12:55:00Z",
    ]
    read = {"row_version": claire.get(url, headers=mine).json["result"]["row_version"]}
    refused = claire.put(url, json=read | {"reminders": [{"mode": "at"}]}, headers=mine)
    assert refused.json["errors"] == {"reminders.0.at": ["Choose when to be reminded."]}


def test_both_defaults_are_settings(as_user: AsUser) -> None:
    assert "Default reminder before meetings and calls" in as_user("claire").get("/profile/").text
    assert "default_reminder_minutes" in as_user("alice").get("/settings/companies/1").text


def test_ones_next_reminders_stand_on_ones_home_page(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        start = utcnow() + timedelta(days=2)
        planned(line(), subject="Démonstration", starts_at=start)
        planned(line(), subject="Plus tard", starts_at=start + timedelta(days=30))
    words = '<h2 id="s-reminders">Reminders</h2>'
    home = as_user("claire").get("/").text
    side = home.partition(words)[2].partition("</section>")[0]
    assert "Démonstration" in side
    assert "Plus tard" not in side
    assert words not in as_user("alice").get("/").text


def test_the_popover_of_the_calendar_tells_ones_own_reminders(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("claire"):
        event = planned(line(3), starts_at=utc("2037-03-10T13:00"))
    words = "before, for me, by e-mail"
    assert words in as_user("claire").get(f"/calendar/event/{event.id}").text
    assert words not in as_user("marc").get(f"/calendar/event/{event.id}").text
