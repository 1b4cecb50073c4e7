"""A follow-up, a copy and an opportunity of an event."""

import html
import re
from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from crm.accounts.models import Account
from crm.calendar.models import Event, EventStatus, EventType
from crm.core.db import db
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from tests.factories import again, make
from tests.fixtures import Acting, Cast, Client

AsUser = Callable[[str], Client]
PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def visit(acting: Acting) -> Event:
    """A meeting of Claire's with a client, 10:00 in Paris the week before its clocks change."""
    with acting("claire"):
        found: Event = make(
            Event,
            subject="Visite",
            description="<p>Compteurs</p>",
            location="Lyon",
            account=make(Account),
            participants=[{"email": "anna@example.org"}],
            starts_at=datetime(2038, 3, 22, 10, tzinfo=PARIS),
            ends_at=datetime(2038, 3, 22, 11, tzinfo=PARIS),
        )
    return found


def filled(page: str, name: str) -> str:
    """What stands in an input of the form."""
    found = re.search(rf'id="f-{name}" name="{name}"[^>]* value="([^"]*)"', page)
    assert found, name
    return found[1]


def test_a_follow_up_is_a_week_later_at_the_same_hour(
    as_user: AsUser, cast: Cast, visit: Event
) -> None:
    claire = as_user("claire")
    url = f"/events/add?follow_up={visit.id}&type=meeting"
    assert url.replace("&", "&amp;") in claire.get(f"/events/show/{visit.id}").text
    page = claire.get(url).text
    assert filled(page, "subject") == "Visite"
    assert filled(page, "location") == "Lyon"
    assert filled(page, "starts_at") == "29 Mar 2038 10:00", "though its clocks change meanwhile"
    assert "Compteurs" not in page
    assert "anna@example.org" in page
    data = {
        "type": "meeting",
        "subject": "Suite",
        "owner": cast.claire,
        "starts_at": "2038-03-29T10:00",
        "visibility": "public",
        "availability": "busy",
    }
    assert claire.post(url, data=data).status_code == 303


def test_a_copy_has_everything_but_what_came_of_it(
    as_user: AsUser, acting: Acting, visit: Event
) -> None:
    with acting("claire") as session:
        again(visit).status, again(visit).outcome = EventStatus.DONE, "Signé"
        session.flush()
    page = as_user("claire").get(f"/events/add?copy={visit.id}&type=meeting").text
    assert filled(page, "starts_at") == "22 Mar 2038 10:00"
    assert "Compteurs" in page
    assert "Signé" not in page
    assert as_user("olga").get(f"/events/add?copy={visit.id}&type=meeting").status_code == 404


def test_an_opportunity_is_created_once_from_an_event(
    as_user: AsUser, acting: Acting, cast: Cast, visit: Event
) -> None:
    claire, url = as_user("claire"), f"/events/opportunity/{visit.id}"
    assert url in claire.get(f"/events/show/{visit.id}").text
    page = claire.get(url).text
    assert filled(page, "name") == "Visite"
    with acting("claire"):
        account_id = again(visit).account_id
    typed = {"name": "Copieurs", "account": account_id, "amount": "abc", "owner": cast.claire}
    refused = claire.post(url, data=typed)
    assert refused.status_code == 422
    assert filled(refused.text, "name") == "Copieurs", "what was typed is kept"
    typed["amount"] = "8,000.00"
    made = claire.post(url, data=typed)
    assert made.status_code == 303
    assert claire.post(url, data=typed).headers["Location"] == f"/events/show/{visit.id}"
    with acting("claire"):
        (deal,) = db.session.scalars(select(Opportunity))
        assert made.headers["Location"] == f"/opportunities/show/{deal.id}"
        assert again(visit).opportunity_id == deal.id
        assert (deal.account_id, deal.owner_id) == (account_id, again(visit).owner_id)
    assert as_user("olga").get(url).status_code == 404


def test_a_lead_is_converted_and_gets_no_opportunity(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        call = make(Event, type=EventType.CALL, lead=make(Lead))
    claire = as_user("claire")
    assert "/events/opportunity/" not in claire.get(f"/events/show/{call.id}").text
    assert claire.post(f"/events/opportunity/{call.id}", data={"name": "x"}).status_code == 303
    with acting("claire"):
        assert not db.session.scalars(select(Opportunity)).all()


def test_on_a_record_upcoming_and_past_events_are_apart(
    as_user: AsUser, acting: Acting, visit: Event
) -> None:
    with acting("claire"):
        account = again(visit).account
        make(
            Event,
            subject="Ancien",
            account=account,
            starts_at=datetime(2026, 3, 2, 10, tzinfo=PARIS),
        )
        url = f"/prospects/show/{account.id}?tab=events.account"
    claire = as_user("claire")
    upcoming = claire.get(url).text
    assert "Ancien" not in upcoming.partition('role="tabpanel"')[2].partition("<aside")[0]
    link = re.search(r'href="([^"]*)"[^>]*>Past</a>', upcoming)
    assert link
    past = claire.get(html.unescape(link[1])).text
    assert "Ancien" in past
    assert past.count("Visite") < upcoming.count("Visite")


def test_a_planned_event_is_rescheduled_in_its_form(
    as_user: AsUser, acting: Acting, visit: Event
) -> None:
    link = f'href="/events/edit/{visit.id}#f-starts_at"'
    assert link in as_user("claire").get(f"/events/show/{visit.id}").text
    with acting("claire") as session:
        again(visit).status = EventStatus.DONE
        session.flush()
    assert link not in as_user("claire").get(f"/events/show/{visit.id}").text
