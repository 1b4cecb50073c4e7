"""Days as they are typed into a form, in the user's own time zone."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from flask_appbuilder.security.sqla.models import User
from playwright.sync_api import expect

from tests.browser.conftest import Sit
from tests.fixtures import Acting, Cast


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
