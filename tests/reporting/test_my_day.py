"""What my day shows of each table, and the lists that its blocks open."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from crm.accounts.models import Account
from crm.calendar import services
from crm.calendar.models import Event
from crm.companies.days import today
from crm.core.types import utcnow
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from crm.quotes.models import Quote, QuoteStatus
from tests.factories import make, person
from tests.reporting.test_home import all_at_once, block

__all__ = ["all_at_once"]  # of every test here
pytestmark = pytest.mark.both
DAY = timedelta(days=1)


def event(subject: str, days: int, **values: Any) -> Event:
    start = utcnow() + days * DAY
    values = {"starts_at": start, "ends_at": start + timedelta(minutes=30), **values}
    return make(Event, subject=subject, **values)


def opened(client: Any, part: str) -> str:
    """The list that a block opens."""
    return client.get(unescape(part.split('<a href="')[1].split('"', maxsplit=1)[0])).text


def test_events_are_those_that_one_takes_part_in_too(as_user, acting, cast) -> None:
    with acting("hugo"):
        event("Avec Claire", 1, participants=[{"user": person(cast.claire)}])
        event("Sans Claire", 1)
    with acting("claire"):
        event("À Claire", 2)
        event("Dans un mois", 30)
    claire = as_user("claire")
    events = block(claire.get("/").text, "events")
    for text in (events, opened(claire, events)):
        assert "Avec Claire" in text
        assert "À Claire" in text
        assert "Sans Claire" not in text
        assert "Dans un mois" not in text


def test_calls_to_make_are_my_planned_ones(as_user, acting, cast) -> None:
    with acting("claire"):
        event("Rappeler", -2, type="call")
        event("Déjeuner", 2)
    with acting("hugo"):
        event("De Hugo", 1, type="call")
    claire = as_user("claire")
    calls = block(claire.get("/").text, "calls")
    for text in (calls, opened(claire, calls)):
        assert "Rappeler" in text
        assert "Déjeuner" not in text
        assert "De Hugo" not in text


def test_a_lead_waits_until_an_event_with_it_has_begun(as_user, acting, cast) -> None:
    with acting("claire"):
        mine = {"owner": person(cast.claire)}
        make(Lead, organization="Attend", **mine)
        planned = make(Lead, organization="Prévu", **mine)
        event("Appel", 1, lead=planned)
        called = make(Lead, organization="Appelé", **mine)
        event("Appel", -1, lead=called)
    claire = as_user("claire")
    leads = block(claire.get("/").text, "unanswered")
    for text in (leads, opened(claire, leads)):
        assert "Attend" in text
        assert "Prévu" in text
        assert "Appelé" not in text


def test_opportunities_past_their_date_or_without_next_action(as_user, acting) -> None:
    with acting("claire"):
        late = make(Opportunity, name="Tardive", expected_close_on=today() - DAY)
        event("Suite", 3, opportunity=late)
        make(Opportunity, name="Oubliée", expected_close_on=today() + 9 * DAY)
    claire = as_user("claire")
    page = claire.get("/").text
    overdue, idle = block(page, "overdue"), block(page, "idle")
    for text in (overdue, opened(claire, overdue)):
        assert "Tardive" in text
        assert "Oubliée" not in text
    for text in (idle, opened(claire, idle)):
        assert "Oubliée" in text
        assert "Tardive" not in text


def test_quotes_that_are_about_to_expire_wait_for_an_answer(as_user, acting, everything) -> None:
    with acting("claire"):
        soon = {"valid_until": today() + 3 * DAY, "account": make(Account)}
        pks = [make(Quote, title=title, **soon).id for title in ("Envoyé", "Accepté", "Brouillon")]
    with everything() as session:
        for pk, status in zip(pks, (QuoteStatus.SENT, QuoteStatus.ACCEPTED), strict=False):
            session.get(Quote, pk).status = status
    claire = as_user("claire")
    quotes = block(claire.get("/").text, "expiring")
    assert '<span class="c-count">1</span>' in quotes
    assert opened(claire, quotes).count("data-row=") == 1


def test_what_does_not_wait_is_not_shown(as_user) -> None:
    page = as_user("claire").get("/").text
    for key in ("tasks", "calls", "unanswered", "overdue", "idle", "expiring"):
        assert f'b-{key}"' not in page


def test_what_is_done_today_stays_and_says_so(as_user, acting, cast) -> None:
    with acting("claire"):
        start = utcnow()
        done = make(Event, subject="Faite", starts_at=start)
        make(Event, subject="À faire", starts_at=start)
        make(Event, subject="Demain", starts_at=start + timedelta(days=1))
        services.mark_done(done)
    page = as_user("claire").get("/").text
    day = page[page.index('aria-labelledby="b-day"') :].split("</section>")[0]
    lines = day.split("<li")[1:]
    assert [("Faite" in line, "Done" in line) for line in lines] in (
        [(True, True), (False, False)],
        [(False, False), (True, True)],
    )
    assert "Demain" not in day
    assert "Demain" in page[page.index('aria-labelledby="b-events"') :].split("</section>")[0]
