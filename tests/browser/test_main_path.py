"""A day's work in a real browser, mouse or keyboard."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.companies.models import AppSettings, User
from crm.leads import services
from crm.leads.models import Lead
from tests.browser.conftest import NARROW, Sit
from tests.fixtures import PASSWORD, Acting, Cast

Everything = Callable[[], AbstractContextManager[Session]]


def save(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Save")).first.click()


def lead(acting: Acting, person: str = "claire", **values: object) -> int:
    with acting(person):
        made = services.create(services.defaults({"last_name": "Durand", **values}))
    return made.id


def test_signing_in_leads_to_the_page_that_was_asked_for(sit: Sit) -> None:
    desk = sit()
    page = desk.open("/leads/list/")
    page.get_by_label("Username or e-mail").fill("claire")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/leads/list/$"))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Leads")
    desk.check()


def test_a_lead_is_added_edited_found_deleted_and_brought_back(
    sit: Sit, everything: Everything
) -> None:
    desk = sit("marc")
    page = desk.open("/leads/list/")
    page.get_by_role("link", name="Create a lead").first.click()
    page.get_by_label("Last name").fill("Élan")
    page.get_by_label("Organisation").fill("Fonderie du Rhône")
    save(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Fonderie du Rhône, Élan")
    record = page.url

    desk.open(record.replace("/show/", "/edit/"))
    page.get_by_label("City").fill("Lyon")
    save(page)
    expect(page).to_have_url(record)
    expect(page.locator("#record")).to_contain_text("Lyon")

    desk.open("/leads/list/?_flt_0_city=lyon")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("#count-open")).to_have_text("1")
    desk.open("/leads/list/?search=fonderie%20elan")
    expect(page.locator("tbody tr")).to_have_count(1)
    desk.open("/leads/list/?_flt_0_city=Nantes")
    expect(page.locator("tbody tr")).to_have_count(0)

    desk.open(record)
    page.get_by_role("button", name="More actions").first.click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(page.locator("#toasts")).to_contain_text("Undo")
    with everything() as session:
        assert session.scalars(select(Lead.deleted_at)).one() is not None
    page.locator("#toasts").get_by_role("button", name="Undo").click()
    expect(page.locator("#toasts")).to_contain_text("Élan")
    with everything() as session:
        assert session.scalars(select(Lead.deleted_at)).one() is None
    desk.check()


def test_a_lead_comes_back_from_the_bin(sit: Sit, acting: Acting, everything: Everything) -> None:
    lead(acting, "marc")
    with everything() as session:
        session.execute(update(Lead).values(deleted_at=session.scalar(select(Lead.created_on))))
    page = sit("marc", viewport=NARROW).open("/leads/bin/")
    expect(page.locator("#main td:visible")).to_have_count(1)  # on a phone, beside the name
    page.get_by_role("button", name="Restore").first.click()
    expect(page.locator("#toasts")).to_contain_text("Durand")
    with everything() as session:
        assert session.scalars(select(Lead.deleted_at)).one() is None


def test_a_setting_acts_on_the_next_click_of_somebody_else(sit: Sit) -> None:
    other, admin = sit("claire"), sit("alice")
    menu = other.open("/leads/list/").get_by_role("navigation", name="Main menu")
    expect(menu.get_by_role("link", name="Catalogues")).to_have_count(0)
    assert other.page.request.get("/catalogs/list/").status == 404
    page = admin.open("/settings/crm")
    page.get_by_label("Manage catalogues").check()
    save(page)
    expect(page.locator("#toasts")).not_to_be_empty()
    menu.get_by_role("link", name="Leads").first.click()
    expect(menu.get_by_role("link", name="Catalogues")).to_have_count(1)
    menu.get_by_role("link", name="Catalogues").click()
    expect(other.page.get_by_role("heading", level=1)).to_contain_text("Catalogues")
    admin.check()
    other.check()


def test_groups_show_at_once_with_the_choice_that_needs_them(sit: Sit) -> None:
    desk = sit("alice")
    page = desk.open("/settings/crm")
    groups = page.get_by_label("Assignable groups")
    expect(groups.first).to_be_hidden()
    page.get_by_label("Some user groups").check()
    expect(page.get_by_text("Assignable groups").first).to_be_visible()
    desk.check()


def test_two_editors_of_one_lead_see_both_versions_and_lose_nothing(
    sit: Sit, acting: Acting, everything: Everything
) -> None:
    pk = lead(acting, "marc", city="Lyon")
    first, second = sit("marc"), sit("alice")
    for desk in (first, second):
        desk.open(f"/leads/edit/{pk}")
    first.page.get_by_label("City").fill("Paris")
    save(first.page)
    expect(first.page).to_have_url(re.compile(r"/leads/show/"))
    second.page.get_by_label("City").fill("Brest")
    second.page.get_by_label("First name").fill("Zoé")
    save(second.page)
    table = second.page.locator("table.c-diff")
    expect(table).to_contain_text("Paris")
    expect(table).to_contain_text("Brest")
    expect(table).to_contain_text("Lyon")
    save(second.page)
    expect(second.page).to_have_url(re.compile(r"/leads/show/"))
    with everything() as session:
        row = session.get_one(Lead, pk)
        assert (row.city, row.first_name) == ("Brest", "Zoé")


def test_an_expired_session_gives_the_draft_back(
    sit: Sit, everything: Everything, cast: Cast
) -> None:
    desk = sit("claire")
    page = desk.open("/leads/add")
    page.get_by_label("Last name").fill("Lefèvre")
    page.get_by_label("City").fill("Nancy")
    page.wait_for_timeout(600)  # it is kept a moment after the last key
    with everything() as session:
        user = session.get_one(User, cast.claire)
        session.execute(
            update(User).where(User.id == user.id).values(session_epoch=user.session_epoch + 1)
        )
    save(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.get_by_label("Username or e-mail").fill("claire")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"/leads/add"))
    page.get_by_role("button", name=re.compile("^Restore")).click()
    expect(page.get_by_label("Last name")).to_have_value("Lefèvre")
    expect(page.get_by_label("City")).to_have_value("Nancy")
    save(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Lefèvre")


def test_a_refused_save_keeps_every_typed_value_and_leads_to_the_field(sit: Sit) -> None:
    desk = sit("claire")
    page = desk.open("/leads/add")
    page.get_by_label("City").fill("Nancy")
    page.get_by_label("E-mail", exact=True).fill("not an address")
    save(page)
    expect(page.get_by_label("City")).to_have_value("Nancy")
    expect(page.get_by_label("E-mail", exact=True)).to_have_value("not an address")
    expect(page.get_by_label("E-mail", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert").first).to_be_focused()
    desk.check()


def test_the_keyboard_alone_adds_a_lead(sit: Sit, everything: Everything) -> None:
    desk = sit("claire")
    page = desk.open("/leads/list/")
    reach(page, "Create a lead")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/leads/add"))
    reach(page, "Last name")
    page.keyboard.type("Moreau")
    page.keyboard.press("Control+s")
    expect(page.get_by_role("heading", level=1)).to_have_text("Moreau")
    with everything() as session:
        assert session.scalars(select(Lead.last_name)).one() == "Moreau"
    desk.check()


def reach(page: Page, name: str) -> None:
    """Press Tab until what has the focus is called `name`."""
    for _ in range(80):
        page.keyboard.press("Tab")
        called = page.evaluate(
            "(document.activeElement.labels?.[0] ?? document.activeElement).innerText?.trim() ?? ''"
        )
        if called.split("\n")[0].startswith(name):
            return
    pytest.fail(f"no Tab leads to {name!r}")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_theme_holds_on_the_next_page(theme: str, sit: Sit, everything: Everything) -> None:
    with everything() as session:
        session.execute(update(User).values(theme=theme))
        session.execute(update(AppSettings).values(manage_catalogs=True))
    page = sit("claire").open("/leads/list/")
    shade = page.evaluate("getComputedStyle(document.body).backgroundColor")
    bright = sum(map(int, re.findall(r"\d+", shade)[:3])) > 3 * 128
    assert bright == (theme == "light"), shade
