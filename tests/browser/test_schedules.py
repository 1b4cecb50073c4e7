"""Reports by e-mail: chosen by keyboard, listed, paused and deleted; wide and on a phone."""

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from crm.companies.models import User
from crm.core.saved import services as saved
from crm.core.saved.models import SavedKind
from crm.core.saved.services import Given
from crm.reporting.schedules import services
from crm.reporting.schedules.rhythm import Every, Rhythm
from crm.reporting.schedules.services import ScheduleInput
from tests.browser.axe import LEVELS, looked_at
from tests.browser.conftest import Sit
from tests.fixtures import Acting, Cast

LAYOUT = {"filters": [], "by": ["status"], "measure": "", "look": ""}


def test_a_report_is_sent_each_week_by_keyboard(sit: Sit, acting: Acting, cast: Cast) -> None:
    with acting("claire"):
        given = Given("By status", frozenset([cast.sales]))
        pk = saved.create(SavedKind.REPORT, "leads", LAYOUT, given).id
    desk = sit("claire")
    page = desk.open(f"/reporting/own/open/{pk}")
    page.get_by_role("link", name="Send by e-mail…").press("Enter")
    expect(page.get_by_role("heading", name="Send by e-mail", level=1)).to_be_visible()
    expect(page.get_by_label("Claire Colin (me)")).to_be_checked()
    page.get_by_role("combobox", name="How often").fill("Monday")
    page.keyboard.press("Enter")
    page.get_by_label("Hugo Henry").press("Space")
    page.keyboard.press("Control+Enter")
    row = page.get_by_role("row", name="By status")
    expect(row).to_contain_text("Every Monday at 07:00")
    expect(row).to_contain_text("Claire Colin, Hugo Henry")
    row.get_by_role("button", name="Pause: By status").press("Enter")
    expect(row).to_contain_text("Paused")
    row.get_by_role("button", name="Delete: By status").press("Enter")
    expect(page.get_by_text("No reports by e-mail yet")).to_be_visible()
    page.get_by_role("button", name="Undo").press("Enter")
    expect(row).to_contain_text("Paused")
    desk.check()


@pytest.mark.parametrize(("language", "theme"), [("fr", "light"), ("en", "dark")])
def test_axe_finds_nothing_on_its_pages_wide_and_narrow(
    sit: Sit, acting: Acting, cast: Cast, axe: str, language: str, theme: str
) -> None:
    weekly = ScheduleInput(Rhythm(Every.WEEK, 0, "07:00"), frozenset([cast.claire, cast.hugo]))
    with acting("claire") as session:
        given = Given("By status", frozenset([cast.sales]))
        view = saved.create(SavedKind.REPORT, "leads", LAYOUT, given)
        row = services.create(view, weekly)
        paths = [
            "/reporting/schedules/",
            f"/reporting/schedules/add/{view.id}",
            f"/reporting/schedules/edit/{row.id}",
        ]
        session.execute(update(User.__table__).values(language=language, theme=theme))
    with acting("hugo"):
        mine = saved.create(SavedKind.REPORT, "leads", LAYOUT, given)
        services.create(mine, weekly)  # so that Claire gets one, too
    assert looked_at(sit("claire"), paths, axe, LEVELS) == {}


def test_an_old_form_says_what_is_saved_now_and_its_list_keeps_its_arrow(
    sit: Sit, acting: Acting, cast: Cast
) -> None:
    weekly = ScheduleInput(Rhythm(Every.WEEK, 0, "07:00"), frozenset([cast.claire]))
    with acting("claire"):
        view = saved.create(SavedKind.REPORT, "leads", LAYOUT, Given("By status"))
        pk = services.create(view, weekly).id
    desk = sit("claire")
    page = desk.open(f"/reporting/schedules/edit/{pk}")
    arrow = "one => getComputedStyle(one).backgroundSize"
    time = page.locator("select[name=at]")
    before = time.evaluate(arrow)
    with acting("claire"):
        services.change(pk, view, ScheduleInput(Rhythm(Every.WEEK, 0, "18:00"), weekly.user_ids), 1)
    page.get_by_label("Claire Colin (me)").press("Control+Enter")
    expect(page.get_by_text("Saved in the meantime: 18:00").first).to_be_visible()
    assert time.evaluate(arrow) == before
