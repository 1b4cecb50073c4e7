"""The home page: what is mine and still to be done."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select, update

from crm.accounts.models import LostReason
from crm.calendar import services as events
from crm.calendar.models import Event
from crm.companies.days import today
from crm.companies.models import AppSettings, Company, DemoRow
from crm.companies.people import roles
from crm.companies.services.company import FIRST
from crm.core import rows
from crm.core.actor import Scope
from crm.core.datamodel.saving import delete_row
from crm.core.db import db
from crm.core.files.storing import keep_made
from crm.core.mail_url import MailServer
from crm.core.types import utcnow
from crm.leads import services as leads_services
from crm.leads.models import Lead
from crm.mail.models import Template
from crm.opportunities.models import Opportunity
from crm.quotes.services import approval
from crm.reporting.lines import AT_ONCE
from tests.factories import again, make, person, word
from tests.quotes.test_moves import discounted


@pytest.fixture(autouse=True)
def all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every block has its rows in the page; that most are fetched after it is test_arranging's."""
    monkeypatch.setattr("crm.reporting.views.AT_ONCE", 99)


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


def test_home_stays_within_its_budget(as_user, acting, counting, cast, monkeypatch):
    monkeypatch.setattr("crm.reporting.views.AT_ONCE", AT_ONCE)
    with acting("claire"):
        for number in range(9):
            make(Lead, organization=f"Élan {number}", owner=person(cast.claire))
            make(Opportunity, name=f"Projet {number}")
            make(Event, subject=f"Appel {number}", starts_at=utcnow() + timedelta(days=1))
    claire = as_user("claire")
    claire.get("/")
    with counting() as statements:
        claire.get("/")
    assert len(statements) <= 14, "as a record"


def test_a_new_installation_begins_with_its_first_steps(as_user, acting, everything, cast):
    alice = as_user("alice")
    page = alice.get("/").text
    assert "3 of 7 done" in page  # the company has its name, there are people and templates
    assert '<a href="/leads/add" class="btn btn-sm btn-primary">Create a lead</a>' in page
    with acting("alice"):
        make(Lead, organization="Élan")
    assert "4 of 7 done" in alice.get("/").text
    with acting("alice") as session:
        session.get(AppSettings, 1).bin_days = 60
    assert "5 of 7 done" in alice.get("/").text


def test_a_logo_a_mail_server_and_a_default_template_are_steps(
    as_user, everything, cast, app, monkeypatch
):
    with everything() as session:
        session.get(User, cast.alice).active_company_id = cast.france
        session.execute(update(Template).values(is_default=False))
    alice = as_user("alice")
    page = alice.get("/").text
    assert f'href="/companies/edit/{cast.france}"' in page
    assert "Set MAIL_URL" in page
    assert "Read the templates" in page
    with everything() as session:
        chosen = session.scalars(select(Template).limit(1)).one()
        chosen.is_default = True
    assert "Read the templates" not in alice.get("/").text
    server = MailServer("mail.example.org", 25, "off")
    config = app.extensions["crm.config"]
    monkeypatch.setitem(app.extensions, "crm.config", replace(config, mail=server))
    assert "E-mails leave through mail.example.org." in alice.get("/").text
    with everything() as session:
        logo = keep_made(b"a picture", "logo.png", "image/png")
        session.get_one(Company, cast.france).logo = logo
    assert "Add the logo" not in alice.get("/").text


def test_the_company_is_a_step_until_it_has_a_name(as_user, everything, cast):
    with everything() as session:
        session.get(Company, cast.france).name = FIRST["name"]
        session.get(Company, cast.france).code = FIRST["code"]
        session.get(User, cast.alice).active_company_id = cast.france
    page = as_user("alice").get("/").text
    assert "2 of 7 done" in page
    assert f'href="/companies/edit/{cast.france}"' in page


def test_the_first_steps_can_be_hidden_and_are_of_administrators(as_user):
    assert "First steps" not in as_user("marc").get("/").text
    alice = as_user("alice")
    assert alice.post("/setup/hide").status_code == 303
    assert "First steps" not in alice.get("/").text


def test_the_people_of_the_demo_stand_there_with_how_to_sign_in(as_user, everything, cast):
    with everything() as session:
        session.add(DemoRow(kind="ab_user", row_id=cast.claire))
        session.get(User, cast.claire).password = None
    people = block(as_user("alice").get("/").text, "demo")
    assert "set a temporary password" in people
    assert f'href="/users/show/{cast.claire}"' in people
    assert "has a password" not in people
    assert "marc" not in people
    assert "b-demo" not in as_user("marc").get("/").text


def test_who_looks_after_others_sees_their_work(as_user, acting, cast):
    with acting("marc"):
        yesterday = today() - timedelta(days=1)  # in the time zone of those who read it
        make(Lead, organization="Sans personne", owner=None)
        make(Lead, organization="De Claire", owner=person(cast.claire))
        make(
            Opportunity,
            name="Projet Alpha",
            owner=person(cast.claire),
            expected_close_on=yesterday,
        )
    page = as_user("ines").get("/").text
    assert "Sans personne" in block(page, "unassigned")
    assert "De Claire" not in block(page, "unassigned")
    assert "/leads/list/?_flt_2_owner=&amp;_flt_0_status.kind=open" in block(page, "unassigned")
    assert "De Claire" in block(page, "new")
    assert "1 day overdue" in block(page, "late")
    assert 'b-leads"' not in page, "no empty blocks of one's own"
    claire = as_user("claire").get("/").text
    assert 'b-unassigned"' not in claire


@pytest.mark.both
def test_who_may_approve_sees_the_quotes_that_wait_for_it(as_user, acting, cast):
    with acting("claire"):
        above, _at_the_ceiling = discounted("20", title="Above"), discounted("15", title="At it")
    with acting("olga"):
        discounted("30", title="In Spain")
    marc, heads = as_user("marc"), {"HX-Request": "true"}
    page = marc.get("/").text
    assert re.search(
        r'class="btn btn-primary[^>]*href="/events/add|href="/events/add[^>]*btn-primary', page
    )
    shown = block(page, "approvals")
    assert '<span class="c-count">1</span>' in shown
    assert "Above" in shown
    assert "20% discount" in shown
    assert "Claire" in shown
    lines = marc.get("/home/approvals", headers=heads).text
    assert lines.count("<li") == 1
    (url,) = re.findall(r'href="([^"]+)">Quotes<', shown)
    listed = marc.get(unescape(url)).text
    assert [name for name in ("Above", "At it", "In Spain") if f">{name}<" in listed] == ["Above"]
    assert 'b-approvals"' not in as_user("claire").get("/").text
    assert as_user("claire").get("/home/approvals", headers=heads).status_code == 404
    with acting("marc"):
        approval.approve(again(above))
    assert 'b-approvals"' not in marc.get("/").text


@pytest.mark.both
def test_quotes_that_one_reads_but_does_not_edit_wait_for_others(as_user, acting, cast, everything):
    with acting("claire"):
        discounted("20", title="Above")
    with acting("olga"):
        discounted("30", title="In Spain")
    with everything() as session:
        cells = {("quotes", "read"): Scope.ALL, ("quotes", "edit"): Scope.COMPANY}
        role = roles.create({"name": "Reads all"})
        roles.save_cells(role, cells)
        session.get(User, cast.ines).roles = [role]
    shown = block(as_user("ines").get("/").text, "approvals")
    assert "Above" in shown
    assert "In Spain" not in shown
    (url,) = re.findall(r'href="([^"]+)">Quotes<', shown)
    assert "In Spain" not in as_user("ines").get(unescape(url)).text
    assert "In Spain" in as_user("ines").get("/quotes/list/?_flt_0_status=draft").text


def test_the_last_changed_records_are_a_click_away(as_user, acting, cast):
    with acting("claire"):
        lead = make(Lead, organization="Élan", owner=person(cast.claire))
    with acting("marc") as session:
        session.get(Lead, lead.id).description = "by somebody else"
    page = as_user("claire").get("/").text
    recent = page[page.index('id="s-recent"') :]
    assert f'href="/leads/show/{lead.id}"' in recent
    with acting("marc"):
        delete_row(rows.fetch(db.session(), Lead, lead.id))
    assert f'href="/leads/show/{lead.id}"' not in as_user("claire").get("/").text


def test_home_leads_to_the_calendar_of_who_may_open_it(as_user):
    link = 'href="/calendar/"'
    assert as_user("claire").get("/").text.count(link) > as_user("claire").get(
        "/leads/list"
    ).text.count(link)
    assert link not in as_user("theo").get("/").text
