"""The home page: what is mine and still to be done."""

from datetime import timedelta

from crm.calendar import services as events
from crm.calendar.models import Event
from crm.core.types import utcnow
from crm.leads import services as leads_services
from crm.leads.models import Lead
from crm.opportunities.models import LostReason, Opportunity
from tests.factories import make, person, word


def block(page: str, key: str) -> str:
    start = page.index(f'aria-labelledby="b-{key}"')
    return page[start : page.index("</section>", start)]


def test_my_open_leads_and_opportunities_and_nobody_elses(as_user, acting, cast):
    with acting("claire"):
        make(Lead, organization="Élan", owner=person(cast.claire))
        lost = make(Lead, organization="Perdu", owner=person(cast.claire))
        leads_services.lose(lead=lost, lost_reason=word(LostReason, "Price"))
        make(Opportunity, name="Projet Alpha")
    with acting("hugo"):
        make(Lead, organization="Autre", owner=person(cast.hugo))
    page = as_user("claire").get("/").text
    leads = block(page, "leads")
    assert "Élan" in leads
    assert "Autre" not in leads
    assert "Perdu" not in leads
    assert "/leads/list/?_flt_0_owner=me" in leads
    assert "Projet Alpha" in block(page, "opportunities")


def test_empty_lists_say_so_and_how_to_begin(as_user):
    page = as_user("claire").get("/").text
    assert "You have no open leads" in block(page, "leads")
    assert 'href="/leads/add"' in block(page, "leads")


def test_a_list_of_home_leads_to_the_same_list(as_user, acting, cast):
    with acting("claire"):
        for number in range(9):
            make(Lead, organization=f"Élan {number}", owner=person(cast.claire))
    claire = as_user("claire")
    leads = block(claire.get("/").text, "leads")
    assert leads.count("<li") == 6
    assert '<span class="c-count">9</span>' in leads
    address = leads.split("</h2>")[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    assert "9" in claire.get(address).text
    assert claire.get(address).text.count("data-row") >= 9


def test_next_events_and_overdue_tasks(as_user, acting):
    with acting("claire"):
        make(Event, subject="Démonstration", starts_at=utcnow() + timedelta(days=1))
        make(
            Event,
            subject="Relancer",
            type="task",
            starts_at=utcnow() - timedelta(days=3),
            ends_at=utcnow() - timedelta(days=2),
        )
        done = make(Event, subject="Faite", starts_at=utcnow() + timedelta(days=1))
        events.mark_done(done)
    page = as_user("claire").get("/").text
    assert "Démonstration" in block(page, "events")
    assert "Faite" not in block(page, "events")
    assert "Relancer" in block(page, "tasks")
    assert "3 days overdue" in block(page, "tasks")


def test_who_may_open_nothing_is_told_so(as_user):
    page = as_user("nadia").get("/")
    assert page.status_code == 200
    assert "Nothing to show yet" in page.text


def test_home_stays_within_its_budget(as_user, acting, counting, cast):
    with acting("claire"):
        for number in range(9):
            make(Lead, organization=f"Élan {number}", owner=person(cast.claire))
            make(Opportunity, name=f"Projet {number}")
            make(Event, subject=f"Appel {number}", starts_at=utcnow() + timedelta(days=1))
    claire = as_user("claire")
    claire.get("/")
    with counting() as statements:
        claire.get("/")
    assert len(statements) <= 10
