"""The sign-in page and the home page as people meet them first."""

from flask_appbuilder.security.sqla.models import User
from playwright.sync_api import expect

from crm.companies.models import DemoRow
from crm.leads.models import Lead
from tests.browser.conftest import NARROW, Sit
from tests.factories import make
from tests.fixtures import PASSWORD


def test_the_language_of_the_sign_in_page_holds_after_it(sit: Sit) -> None:
    desk = sit()
    page = desk.open("/login/")
    page.get_by_role("link", name="français").click()
    page.get_by_label("Identifiant").press_sequentially("alice")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Premiers pas")
    desk.check()


def test_home_uses_the_width_and_its_first_steps_can_be_hidden(sit, acting, everything, cast):
    with acting("alice"):
        make(Lead, organization="Élan")
    with everything() as session:
        session.add(DemoRow(kind="ab_user", row_id=cast.claire))
    desk = sit("alice")
    page = desk.open("/")
    expect(page.get_by_role("listitem").filter(has_text="First record")).to_contain_text("done")
    side = page.get_by_role("complementary", name="Summary").bounding_box()
    assert side["x"] + side["width"] > 1400
    desk.page.set_viewport_size(NARROW)
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    page.get_by_role("link", name="Erase the demo…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Erase the demo")
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("button", name="Hide it now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My day")
    desk.check()


def test_tab_leads_from_one_password_to_the_next(sit: Sit, everything, cast) -> None:
    with everything() as session:
        session.get(User, cast.hugo).must_change_password = True
    desk = sit("hugo")
    page = desk.open("/")
    for text in (PASSWORD, "a heron on the quay", "a heron on the quay"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # on the one button that shows them all
    expect(page.locator("#f-password")).to_have_attribute("type", "text")
    page.get_by_label("Confirm").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("My day")
    desk.check()
