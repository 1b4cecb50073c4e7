"""Days as they are typed into a form, in the user's own time zone."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask_appbuilder.security.sqla.models import User
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import choose, place
from tests.browser.conftest import Sit
from tests.fixtures import Acting, Cast, World
from tests.house.conftest import planted_world, rows
from tests.population import Planted

__all__ = ["place", "planted_world", "rows"]
WRONG = "() => axe.run('.c-calendar').then(({ violations }) => violations.map(({ id }) => id))"


@pytest.mark.parametrize("typed", ["aujourd'hui", "aujourd’hui", "today"])
def test_today_is_the_day_of_the_profile_not_of_the_browser(
    sit: Sit, acting: Acting, cast: Cast, typed: str
) -> None:
    here = datetime.now(ZoneInfo("Europe/Paris")).date()  # where the browser is
    zones = ("Pacific/Kiritimati", "Pacific/Pago_Pago")  # it is another day in one of them
    zone = next(z for z in zones if datetime.now(ZoneInfo(z)).date() != here)
    with acting("alice") as session:
        alice = session.get_one(User, cast.alice)
        alice.time_zone, alice.language = zone, "fr"
    desk = sit("alice")
    page = desk.open("/opportunities/add")
    field = page.locator("#f-expected_close_on")
    field.fill("")
    field.press_sequentially(typed)
    field.press("Tab")
    expect(field).to_have_value(f"{datetime.now(ZoneInfo(zone)):%d/%m/%Y}")
    desk.check()


@pytest.fixture
def form(place: Sit, planted_world: World) -> Iterator[Page]:
    """Alice's form of a new meeting, in French; she lives in Paris."""
    choose(planted_world, "fr", "light")
    desk = place("alice")
    yield desk.open("/events/add")
    desk.check()
    choose(planted_world, "en", "light")


def type_into(page: Page, name: str, text: str) -> Locator:
    field = page.locator(f"#f-{name}")
    field.press("ControlOrMeta+a")
    page.keyboard.type(text)
    page.keyboard.press("Tab")
    return field


def test_a_moment_is_typed_as_people_say_it(form: Page) -> None:
    tomorrow = datetime.now(ZoneInfo("Europe/Paris")).date() + timedelta(days=1)
    field = type_into(form, "starts_at", "demain 14h")
    expect(field).to_have_value(f"{tomorrow:%d/%m/%Y} 14:00")
    type_into(form, "starts_at", "+3")
    expect(field).to_have_value(f"{tomorrow + timedelta(days=2):%d/%m/%Y} 14:00")
    type_into(form, "starts_at", "28/03/2027 2h30")
    expect(field).to_have_value("28/03/2027 03:30")
    expect(form.locator(".c-date [role=status]").first).to_contain_text("2:30")
    form.locator("#f-all_day").press("Space")
    expect(field).to_have_value("28/03/2027")


def test_the_end_keeps_its_distance_from_the_start(form: Page) -> None:
    type_into(form, "starts_at", "10/03/2027 9h")
    end = type_into(form, "ends_at", "10/03/2027 10h30")
    type_into(form, "starts_at", "12/03/2027 23:00")
    expect(end).to_have_value("13/03/2027 00:30")
    type_into(form, "ends_at", "13/03/2027 2h")
    type_into(form, "starts_at", "+1")
    starts = datetime.now(ZoneInfo("Europe/Paris")).date() + timedelta(days=1)
    expect(end).to_have_value(f"{starts + timedelta(days=1):%d/%m/%Y} 02:00")
    form.locator("#f-all_day").press("Space")
    type_into(form, "starts_at", "20/03/2027")
    expect(end).to_have_value("21/03/2027")
    type_into(form, "ends_at", "bientôt")
    type_into(form, "starts_at", "22/03/2027")
    expect(end).to_have_value("bientôt")


def test_an_empty_end_stays_empty(
    place: Sit, planted_world: World, rows: dict[str, Planted]
) -> None:
    choose(planted_world, "fr", "light")
    page = place("alice").open(
        f"/events/add?lead={rows['claire'].ids['lead']}&type=meeting&short=1"
    )
    type_into(page, "starts_at", "12/03/2027 23:00")
    expect(page.locator("#f-ends_at")).to_have_value("")
    type_into(page, "ends_at", "13/03/2027 1h")
    type_into(page, "starts_at", "14/03/2027 9h")
    expect(page.locator("#f-ends_at")).to_have_value("14/03/2027 11:00")
    choose(planted_world, "en", "light")


def test_the_calendar_is_gone_through_by_keys(form: Page, axe: str) -> None:
    field = type_into(form, "starts_at", "31/01/2027 9h")
    field.press("Alt+ArrowDown")
    box = form.locator(".c-calendar")
    expect(box.locator("th").first).to_have_attribute("abbr", "lundi")
    expect(box.get_by_role("button", name="dimanche 31 janvier 2027")).to_be_focused()
    form.evaluate(axe)
    assert form.evaluate(WRONG) == []
    for key in ("PageDown", "ArrowRight", "ArrowDown", "Home"):
        form.keyboard.press(key)
    expect(box.get_by_role("button", name="lundi 8 mars 2027")).to_be_focused()
    form.keyboard.press("Enter")
    expect(box).to_have_count(0)
    expect(field).to_have_value("08/03/2027 09:00")
    expect(field).to_be_focused()
    field.press("Alt+ArrowDown")
    expect(box.get_by_role("button", name="lundi 8 mars 2027")).to_be_focused()
    form.keyboard.press("Escape")
    expect(box).to_have_count(0)
    expect(field).to_have_value("08/03/2027 09:00")
