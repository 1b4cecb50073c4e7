"""/events: the four types, what is late, and the buttons."""

import html
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from crm.accounts.models import Account, Contact
from crm.calendar.models import Event, EventStatus, EventType
from crm.companies.models import User
from crm.core.types import utcnow
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from crm.quotes.models import Quote
from tests.factories import again, make, person
from tests.fixtures import Acting, Cast, Client
from tests.pressing import press

AsUser = Callable[[str], Client]
SEEN = {"visibility": "public", "availability": "busy"}  # what the form begins with


@pytest.fixture
def event(acting: Acting) -> Event:
    """A meeting of Claire's."""
    with acting("claire"):
        found: Event = make(Event)
    return found


@pytest.mark.accept("A-22")
def test_an_event_is_created_from_each_record_and_shows_there(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("claire"):
        account = make(Account)
        rows = {
            "lead": ("leads", make(Lead)),
            "account": ("prospects", account),
            "contact": ("contacts", make(Contact, links=[{"account": account}])),
            "opportunity": ("opportunities", make(Opportunity, account=account)),
            "quote": ("quotes", make(Quote, account=account)),
        }
    claire = as_user("claire")
    for relation, (path, row) in rows.items():
        url = f"/{path}/show/{row.id}"
        add = f"/events/add?{relation}={row.id}"
        assert f"{add}&amp;type=call" in claire.get(url).text, relation
        assert claire.get(f"{add}&type=call").status_code == 200
        data = {
            "type": "meeting", "subject": f"Visite {relation}", "owner": cast.claire,
            "starts_at": "2027-01-20T10:00", relation: row.id, **SEEN,
        }  # fmt: skip
        assert claire.post(f"{add}&type=meeting", data=data).status_code == 303
        assert f"Visite {relation}" in claire.get(f"{url}?tab=events.{relation}").text
        assert f"Visite {relation}" in claire.get(url).text, "as the next event"
    week = {"from": "2027-01-18T00:00:00+01:00", "to": "2027-01-25T00:00:00+01:00"}
    shown = claire.get("/calendar/rows", query_string=week).text
    assert [name for name in rows if f"Visite {name}" not in shown] == []


def test_a_task_asks_for_its_due_date_only(as_user: AsUser, acting: Acting, cast: Cast) -> None:
    claire = as_user("claire")
    form = claire.get("/events/add?type=task").text
    assert "Due date" in form
    assert 'name="ends_at"' not in form
    data = {
        "type": "task", "subject": "Rappeler", "starts_at": "20/01/2027", "priority": "high",
        "owner": cast.claire, **SEEN,
    }  # fmt: skip
    made = claire.post("/events/add?type=task", data=data)
    page = claire.get(made.headers["Location"]).text
    assert "20 Jan 2027" in page
    with acting("claire"):
        event = again(Event(id=int(made.headers["Location"].rpartition("/")[2])))
        assert event.all_day
        assert event.due_on.isoformat() == "2027-01-20"
        version = event.row_version
    again_posted = {**data, "starts_at": "21/01/2027", "row_version": version}
    assert claire.post(f"/events/edit/{event.id}", data=again_posted).status_code == 303
    with acting("claire"):
        assert again(event).due_on.isoformat() == "2027-01-21"


def test_whole_days_end_inclusive_on_screen(as_user: AsUser, acting: Acting, cast: Cast) -> None:
    data = {
        "type": "event", "subject": "Salon", "all_day": "1", "owner": cast.claire,
        "starts_at": "2027-01-20T00:00", "ends_at": "2027-01-21T23:59", **SEEN,
    }  # fmt: skip
    claire = as_user("claire")
    url = claire.post("/events/add?type=event", data=data).headers["Location"]
    page = claire.get(url).text
    assert "20 Jan 2027" in page
    assert "21 Jan 2027" in page
    assert "22 Jan 2027" not in page
    assert 'value="21 Jan 2027"' in claire.get(url.replace("show", "edit")).text


def test_whole_days_of_another_time_zone_stay_those_days(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    data = {"type": "event", "subject": "Salon", "all_day": "1", "owner": cast.claire, **SEEN}
    with acting("alice") as session:
        session.get_one(User, cast.claire).time_zone = "Pacific/Kiritimati"
        session.get_one(User, cast.marc).time_zone = "America/New_York"
    marc = as_user("marc")
    days = {"starts_at": "20/01/2027 09:00", "ends_at": "21/01/2027"}
    url = marc.post("/events/add?type=event", data=data | days).headers["Location"]
    form = url.replace("show", "edit")
    page = marc.get(form).text
    assert 'value="20 Jan 2027"' in page
    assert 'value="21 Jan 2027"' in page
    days["ends_at"] = "22/01/2027"
    assert marc.post(form, data=data | days | {"row_version": "1"}).status_code == 303
    with acting("claire"):
        event = again(Event(id=int(url.rpartition("/")[2])))
        assert event.time_zone == "Pacific/Kiritimati"
        assert event.starts_at.astimezone(event.zone).isoformat() == "2027-01-20T00:00:00+14:00"
        assert event.last_day.isoformat() == "2027-01-22"


def test_a_time_that_clocks_skip_is_moved_and_said(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    data = {
        "type": "call", "subject": "Nuit", "owner": cast.claire,
        "starts_at": "28/03/2027 02:30", "ends_at": "28/03/2027 04:00", **SEEN,
    }  # fmt: skip
    claire = as_user("claire")
    page = claire.get(claire.post("/events/add?type=call", data=data).headers["Location"]).text
    assert "28 Mar 2027 03:30" in page
    assert "28/03/2027 02:30 does not exist" in page


def test_an_end_before_the_start_is_an_error_of_the_end(as_user: AsUser, cast: Cast) -> None:
    data = {
        "type": "meeting", "subject": "Visite", "owner": cast.claire,
        "starts_at": "2027-01-20T10:00", "ends_at": "2027-01-20T09:00",
    }  # fmt: skip
    refused = as_user("claire").post("/events/add", data=data)
    assert refused.status_code == 422
    assert 'id="e-ends_at"' in refused.text


def test_doing_cancelling_and_planning_again(as_user: AsUser, acting: Acting, event: Event) -> None:
    claire, pk = as_user("claire"), event.id
    assert 'name="outcome"' in claire.get(f"/events/mark_done/{pk}").text
    assert press(claire, f"/events/mark_done/{pk}", {"outcome": "Intéressés"}).status_code == 303
    assert "Intéressés" in claire.get(f"/events/show/{pk}").text
    press(claire, f"/events/reopen/{pk}")
    press(claire, f"/events/cancel/{pk}")
    with acting("claire"):
        assert again(event).status == EventStatus.CANCELLED
    refused = press(claire, f"/events/cancel/{pk}", follow_redirects=True)
    assert refused.status_code == 200, "told on a page, not an error"


def test_late_and_todays_events_are_marked_and_filtered(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    now = utcnow()
    with acting("claire"):
        late = now - timedelta(days=3)
        make(Event, subject="Oubliée", starts_at=late, ends_at=late + timedelta(hours=1))
        make(Event, subject="Plus tard", starts_at=now + timedelta(days=9))
        make(Event, subject="À faire", type=EventType.TASK, starts_at=now)
    claire = as_user("claire")
    page = claire.get("/events/list/").text
    assert "3 days overdue" in page
    overdue = claire.get("/events/list/?_flt_0_status=planned&_flt_1_ends_at=now").text
    assert "Oubliée" in overdue
    assert "Plus tard" not in overdue
    today = claire.get("/events/list/?_flt_5_starts_at=today&_flt_5_starts_at=today").text
    assert "À faire" in today
    assert "Oubliée" not in today


def test_the_next_page_follows_on_the_last(as_user: AsUser, acting: Acting, cast: Cast) -> None:
    with acting("claire"):
        for number in range(4):
            make(Event, subject=f"Visite {number}", starts_at=utcnow() + timedelta(days=number))
    claire = as_user("claire")
    first = claire.get("/events/list/?psize_EventView=2").text
    following = re.search(r'href="([^"]*after=[^"]*)"', first)
    assert following is not None
    second = claire.get(html.unescape(following[1]))
    assert second.status_code == 200
    for number in range(4):
        assert (f"Visite {number}" in first) != (f"Visite {number}" in second.text)


def test_another_companys_event_does_not_exist(as_user: AsUser, event: Event) -> None:
    olga, pk = as_user("olga"), event.id
    for path in (f"show/{pk}", f"edit/{pk}", f"mark_done/{pk}", f"field/{pk}/subject"):
        assert olga.get(f"/events/{path}").status_code == 404, path
    for path in ("mark_done", "cancel", "reopen", "take_charge", "edit"):
        assert olga.post(f"/events/{path}/{pk}").status_code == 404, path


def test_statements_stay_few(
    as_user: AsUser,
    acting: Acting,
    cast: Cast,
    counting: Callable[[], AbstractContextManager[list[str]]],
    event: Event,
) -> None:
    with acting("marc"):
        for _ in range(12):
            make(Event, owner=person(cast.hugo), lead=make(Lead))
    marc, pk = as_user("marc"), event.id
    for address, budget in (("list/", 8), (f"show/{pk}", 14), (f"edit/{pk}", 12), ("add", 12)):
        with counting() as statements:
            assert marc.get(f"/events/{address}").status_code == 200
        assert len(statements) <= budget, address


# The short form, opened from a record ────────────────────────────────────────────────────────────


@pytest.fixture
def lead(acting: Acting) -> Lead:
    """A lead of Claire's."""
    with acting("claire"):
        found: Lead = make(Lead, city="Lyon")
    return found


def test_the_short_form_saves_what_when_for_whom_and_leads_back_to_the_record(
    as_user: AsUser, acting: Acting, cast: Cast, lead: Lead
) -> None:
    claire = as_user("claire")
    add = f"/events/add?lead={lead.id}&type=call&short=1"
    assert f"{html.escape(add)}" in claire.get(f"/leads/show/{lead.id}").text
    form = claire.get(add).text
    assert "Create a call" in form
    assert 'name="location"' not in form
    data = {"subject": "Rappeler", "starts_at": "2027-01-20T10:00", "owner": cast.claire}
    made = claire.post(add, data=data)
    assert made.headers["Location"] == f"/leads/show/{lead.id}"
    page = claire.get(made.headers["Location"]).text
    assert "Rappeler created" in page
    assert "Rappeler" in page.partition('class="c-rec-side"')[2], "as the next event"
    with acting("claire"):
        event = again(Event(id=1))
        assert (event.type, event.call_direction.value) == (EventType.CALL, "outbound")
        assert event.ends_at - event.starts_at == timedelta(hours=1)
        assert (event.lead_id, event.location) == (lead.id, "Lyon")


def test_the_whole_form_is_one_click_away_with_what_was_typed(
    as_user: AsUser, acting: Acting, cast: Cast, lead: Lead
) -> None:
    claire = as_user("claire")
    add = f"/events/add?lead={lead.id}&type=meeting&short=1"
    typed = {"subject": "Visite du site", "starts_at": "2027-01-20T10:00", "owner": cast.claire}
    whole = claire.post(add, data={**typed, "show": "whole"})
    assert whole.status_code == 200
    assert 'value="Visite du site"' in whole.text
    assert "2027-01-20T10:00" in whole.text
    assert "Lyon" in whole.text, "the place by default"
    assert 'name="location"' in whole.text
    action = re.search(r'action="(/events/add[^"]*)"', whole.text)
    assert action
    assert "short" not in action[1]
    call = claire.post(add, data={**typed, "show": "call"}).text
    assert "Create a call" in call
    assert 'value="Visite du site"' in call
    task = claire.post(add, data={**typed, "show": "task"}).text
    assert 'value="20 Jan 2027"' in task, "the day of what was typed"
    with acting("claire"):
        assert not again(Lead(id=lead.id)).next_event_at, "nothing is saved"


def test_a_short_form_that_is_wrong_stays_short(as_user: AsUser, lead: Lead) -> None:
    add = f"/events/add?lead={lead.id}&type=meeting&short=1"
    refused = as_user("claire").post(add, data={"subject": "", "starts_at": "2027-01-20T10:00"})
    assert refused.status_code == 422
    assert "Required field" in refused.text
    assert 'name="location"' not in refused.text


def test_the_place_leads_to_a_map(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        event = make(Event, location="1 rue de l’Eau & Cie, Lyon")
    link = "https://www.openstreetmap.org/search?query=1+rue+de+l%E2%80%99Eau+%26+Cie%2C+Lyon"
    assert f'href="{link}"' in as_user("claire").get(f"/events/show/{event.id}").text
