"""The calendar with a real mouse, a real keyboard and a finger."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from crm.calendar.models import Event, EventType
from crm.calendar.page import moves
from tests.browser.axe import LEVELS, look
from tests.browser.conftest import NARROW, Desk, Sit
from tests.calendar.test_series import series
from tests.factories import again, make
from tests.fixtures import Acting, Cast

TEN = datetime(2027, 1, 19, 9, tzinfo=UTC)  # Tuesday at ten in Paris
WEEK = "/calendar/?view=week&date=2027-01-19"
# The rows of the calendar arrive late, and are counted.
LATE = """() => {
  const before = window.fetch;
  window.read = 0;
  window.fetch = async (...asked) => {
    const answer = await before(...asked);
    if (!String(asked[0]).includes("/calendar/rows")) return answer;
    await new Promise((done) => setTimeout(done, 200));
    window.read += 1;
    return answer;
  };
}"""


def planned(subject: str = "Visite", start: datetime = TEN, **values: Any) -> Any:
    return make(
        Event, subject=subject, starts_at=start, ends_at=start + timedelta(hours=1), **values
    )


def box(page: Page, title: str) -> Locator:
    return page.locator("[data-grid] [data-event]").filter(has_text=title).first


def drag(page: Page, start: tuple[float, float], by: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    for part in (0.2, 0.6, 1, 1):
        page.mouse.move(start[0] + by[0] * part, start[1] + by[1] * part, steps=3)
    page.mouse.up()


def middle(found: Locator) -> tuple[float, float]:
    at = found.bounding_box()
    return at["x"] + at["width"] / 2, at["y"] + at["height"] / 2


def starts(acting: Acting, event: Event) -> str:
    with acting("claire"):
        return f"{again(event).starts_at:%d %H:%M}"


def test_a_mouse_moves_stretches_and_undoes(sit: Sit, acting: Acting) -> None:
    with acting("claire"):
        event = planned()
    desk = sit("claire")
    page = desk.open(WEEK)
    expect(box(page, "Visite")).to_be_visible()
    page.wait_for_load_state("networkidle")
    hour = box(page, "Visite").bounding_box()["height"]
    drag(page, middle(box(page, "Visite")), (0, 2.1 * hour))
    expect(page.locator("[data-toast]")).to_contain_text("12:00–13:00")
    assert starts(acting, event) == "19 11:00"
    page.locator("[data-toast]").get_by_role("button", name="Undo").click()
    expect(page.locator("[data-said]")).to_have_text("Undone")
    assert starts(acting, event) == "19 09:00"
    expect(box(page, "Visite")).to_contain_text("10:00–11:00")
    at = box(page, "Visite").bounding_box()
    box(page, "Visite").hover()
    drag(page, (at["x"] + at["width"] / 2, at["y"] + at["height"] - 3), (0, hour))
    expect(page.locator("[data-toast]")).to_contain_text("10:00–12:00")
    desk.check()


def test_a_slot_that_is_drawn_opens_the_short_form(sit: Sit, acting: Acting, cast: Cast) -> None:
    with acting("claire"):
        planned()
    desk = sit("claire")
    page = desk.open(WEEK)
    expect(box(page, "Visite")).to_be_visible()
    x, y = middle(box(page, "Visite"))
    day = page.locator(".fc-dayhead").first.bounding_box()["width"]
    hour = box(page, "Visite").bounding_box()["height"]
    drag(page, (x + day, y), (0, hour))
    dialog = page.get_by_role("dialog", name="Create a meeting")
    expect(dialog.get_by_label("Start")).to_have_value("20 Jan 2027 10:15")
    dialog.get_by_label("Subject").fill("Atelier")
    dialog.get_by_role("button", name="Save").click()
    expect(box(page, "Atelier")).to_contain_text("10:15")
    assert "date=2027-01-19" in page.url
    desk.check()


def test_the_keyboard_alone_creates_moves_stretches_and_undoes(sit: Sit, acting: Acting) -> None:
    with acting("claire"):
        event = planned()
    desk = sit("claire")
    page = desk.open(WEEK)
    expect(box(page, "Visite")).to_be_visible()
    box(page, "Visite").focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(page.locator("[data-toast]")).to_contain_text("20 Jan 2027 10:00–11:00")
    expect(box(page, "Visite")).to_be_focused()
    page.keyboard.press("Alt+Shift+ArrowDown")
    expect(page.locator("[data-toast]")).to_contain_text("10:00–11:15")
    expect(box(page, "Visite")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(page.locator("[data-said]")).to_have_text("Undone")
    expect(box(page, "Visite")).to_contain_text("10:00–11:00")
    assert starts(acting, event) == "20 09:00"
    box(page, "Visite").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#cal-pop")).to_contain_text("Wednesday 20 Jan 2027, 10:00–11:00")
    page.keyboard.press("Escape")
    expect(page.locator("#cal-pop")).to_be_hidden()
    expect(box(page, "Visite")).to_be_focused()
    page.keyboard.press("Escape")
    for key in ("ArrowDown", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator("[data-said]")).to_have_text("Monday 18 January 10:00–10:30, free")
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog", name="Create a meeting")
    expect(dialog.get_by_label("Start")).to_have_value("18 Jan 2027 10:00")
    page.keyboard.type("Au clavier")
    page.keyboard.press("Control+Enter")
    expect(box(page, "Au clavier")).to_be_visible()
    expect(page.locator("[data-grid]")).to_be_focused()
    page.keyboard.press("t")
    expect(page.locator(".fc-dayhead.now")).to_be_visible()
    desk.check()


def test_quick_keys_follow_each_other(sit: Sit, acting: Acting) -> None:
    """None is lost, and none is taken for somebody else's change."""
    with acting("claire"):
        event = planned()
    desk = sit("claire")
    page = desk.open(WEEK)
    box(page, "Visite").focus()
    for key in ("Alt+ArrowRight", "Alt+ArrowRight", "Alt+Shift+ArrowDown", "Alt+ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator("[data-toast]")).to_contain_text("21 Jan 2027 10:15–11:30")
    expect(box(page, "Visite")).to_be_focused()
    assert starts(acting, event) == "21 09:15"
    desk.check()


def test_keys_pressed_while_the_calendar_is_read_again_are_not_lost(
    sit: Sit, acting: Acting
) -> None:
    with acting("claire"):
        event = planned()
    desk = sit("claire")
    page = desk.open(WEEK)
    box(page, "Visite").focus()
    page.evaluate(LATE)
    for _step in range(8):
        page.keyboard.press("Alt+ArrowDown")
        page.wait_for_timeout(60)
    expect(page.locator("[data-toast]")).to_contain_text("12:00–13:00")
    expect(box(page, "Visite")).to_contain_text("12:00–13:00")
    expect(box(page, "Visite")).to_be_focused()
    assert starts(acting, event) == "19 11:00"
    assert page.evaluate("window.read") > 0
    desk.check()


def test_what_is_refused_goes_back_and_says_why(sit: Sit, acting: Acting, cast: Cast) -> None:
    with acting("claire"):
        event = planned()
    desk = sit("hugo")
    page = desk.open(f"{WEEK}&people={cast.claire}")
    expect(box(page, "Visite")).to_be_visible()
    page.wait_for_load_state("networkidle")
    hour = box(page, "Visite").bounding_box()["height"]
    drag(page, middle(box(page, "Visite")), (0, 2 * hour))
    expect(page.get_by_role("alert")).to_contain_text("it is assigned to Claire Colin")
    expect(box(page, "Visite")).to_contain_text("10:00–11:00")
    assert starts(acting, event) == "19 09:00"
    desk.check()


def test_a_stale_move_shows_both_and_may_go_on(sit: Sit, acting: Acting) -> None:
    with acting("claire"):
        event = planned()
    desk = sit("claire")
    page = desk.open(WEEK)
    expect(box(page, "Visite")).to_be_visible()
    page.wait_for_load_state("networkidle")
    there = {"start": "2027-01-21T09:00:00Z", "end": "2027-01-21T10:00:00Z", "row_version": "1"}
    with acting("claire") as session:
        moves.move(session.get(Event, event.id), moves.read_span(there))
    box(page, "Visite").focus()
    page.keyboard.press("Alt+ArrowLeft")
    dialog = page.get_by_role("dialog", name="Somebody else changed this event")
    expect(dialog).to_contain_text("21 Jan 2027 10:00–11:00")
    expect(dialog).to_contain_text("18 Jan 2027 10:00–11:00")
    dialog.get_by_role("button", name="Move anyway").click()
    expect(page.locator("[data-toast]")).to_contain_text("18 Jan 2027")
    assert starts(acting, event) == "18 09:00"
    desk.check()


def test_a_task_is_ticked_off(sit: Sit, acting: Acting) -> None:
    with acting("claire"):
        task = make(Event, type=EventType.TASK, subject="Rappeler", starts_at=TEN)
    desk = sit("claire")
    page = desk.open(WEEK)
    box(page, "Rappeler").locator("[data-tick]").click()
    expect(page.locator("[data-toast]")).to_contain_text("Event marked as done")
    page.locator("[data-toast]").get_by_role("button", name="Undo").click()
    expect(page.locator("[data-said]")).to_have_text("Undone")
    with acting("claire"):
        assert again(task).status == "planned"
    desk.check()


def test_the_state_stands_in_the_address(sit: Sit, acting: Acting, cast: Cast) -> None:
    with acting("hugo"):
        planned("Chez Hugo")
    desk = sit("claire")
    page = desk.open(WEEK)
    page.get_by_role("button", name="Month", exact=True).click()
    page.get_by_role("checkbox", name="Hugo Henry").check()
    expect(box(page, "Chez Hugo")).to_be_visible()
    assert "view=month" in page.url
    assert f"{cast.claire},{cast.hugo}" in page.url
    page.reload()
    expect(page.get_by_role("checkbox", name="Hugo Henry")).to_be_checked()
    expect(box(page, "Chez Hugo")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("button", name="Week", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    page.get_by_role("button", name="Agenda").click()
    expect(page.locator("[data-agenda]")).to_contain_text("No events")
    desk.check()


def test_a_server_that_does_not_answer_is_said(sit: Sit, acting: Acting) -> None:
    with acting("claire"):
        planned()
    desk = sit("claire")
    page = desk.open(WEEK)
    expect(box(page, "Visite")).to_be_visible()
    page.route("**/calendar/rows*", lambda route: route.abort())
    page.get_by_role("button", name="Next period").click()
    expect(page.get_by_role("alert")).to_contain_text("The server does not answer")
    page.unroute("**/calendar/rows*")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_finger_moves_through_the_days(sit: Sit, acting: Acting) -> None:
    with acting("claire"):
        planned()
    desk = sit("claire", viewport=NARROW, has_touch=True)
    page = desk.open("/calendar/?date=2027-01-19")
    expect(page.locator(".fc-dayhead")).to_have_count(1)
    box(page, "Visite").tap()
    expect(page.locator("#cal-pop")).to_contain_text("Visite")
    page.locator("#cal-pop").get_by_role("button", name="Close").tap()
    page.evaluate(SWIPE)
    expect(page.locator("[data-grid]")).to_have_attribute(
        "aria-label", "Wednesday, 20 January 2027"
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    page.get_by_role("combobox", name="View").select_option("month")
    page.locator('.fc-day[data-date="2027-01-19"]').tap()
    expect(page.locator("[data-agenda]")).to_contain_text("Visite")
    desk.check()


def test_a_finger_moves_and_stretches(sit: Sit, acting: Acting) -> None:
    with acting("claire"):
        event = planned()
    desk = sit("claire", viewport=NARROW, has_touch=True)
    page = desk.open("/calendar/?date=2027-01-19")
    expect(box(page, "Visite")).to_be_visible()
    page.wait_for_load_state("networkidle")
    hour = box(page, "Visite").bounding_box()["height"] + 1
    x, y = middle(box(page, "Visite"))
    with page.expect_response("**/calendar/rows?**"):  # it is read again
        hold(desk, (x, y), 2 * hour)
    expect(page.locator("[data-toast]")).to_contain_text("12:00–13:00")
    assert starts(acting, event) == "19 11:00"
    page.locator("[data-toast]").get_by_role("button", name="Close").tap()
    page.evaluate("() => new Promise((drawn) => setTimeout(drawn, 100))")
    hold(desk, middle(box(page, "Visite")), 0)
    grip = page.locator(".fc-grip-y.touch").last
    expect(grip).to_be_visible()
    hold(desk, middle(grip), hour)
    expect(page.locator("[data-toast]")).to_contain_text("12:00–14:00")
    desk.check()


def hold(desk: Desk, at: tuple[float, float], down: float) -> None:
    """A finger that waits until what it touches is held, and moves it down."""
    finger = desk.context.new_cdp_session(desk.page)

    def tell(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y} for x, y in places]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    tell("touchStart", at)
    desk.page.wait_for_timeout(500)
    for part in range(1, 11) if down else ():
        tell("touchMove", (at[0], at[1] + down * part / 10))
        desk.page.wait_for_timeout(20)
    tell("touchEnd")


def test_a_series_asks_how_far_a_move_goes(sit: Sit, acting: Acting) -> None:
    with acting("marc"):
        found = series()
        first = found[0]
        day = f"{first.starts_at:%Y-%m-%d}"
        later = first.starts_at + timedelta(minutes=15)
    desk = sit("marc")
    page = desk.open(f"/calendar/?view=week&date={day}")
    event = page.locator(f'[data-event="{first.id}"]')
    event.focus()
    page.keyboard.press("Alt+ArrowDown")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("All events of the series").check()
    dialog.get_by_role("button", name="Move 10 events").click()
    expect(page.locator("[data-toast]")).to_contain_text("10 events moved")
    expect(event).to_be_focused()
    with acting("marc"):
        assert again(first).starts_at == later
    page.keyboard.press("Control+z")
    expect(page.locator("[data-toast]")).to_contain_text("10 events moved back")
    with acting("marc"):
        assert again(first).starts_at == first.starts_at
    desk.check()


def test_paper_has_a_week_as_a_list(sit: Sit, acting: Acting) -> None:
    with acting("claire"):
        planned()
    desk = sit("claire")
    page = desk.open(WEEK)
    expect(box(page, "Visite")).to_be_visible()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("[data-agenda]")).to_contain_text("Tuesday 19 Jan")
    expect(page.locator("[data-grid]")).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("[data-agenda]")).to_be_hidden()
    expect(box(page, "Visite")).to_be_visible()


def test_a_private_event_of_others_can_be_seen_and_not_touched(
    sit: Sit, acting: Acting, cast: Cast
) -> None:
    with acting("claire"):
        planned("Confidentiel", visibility="private")
    desk = sit("marc")
    page = desk.open(f"{WEEK}&people={cast.claire}")
    busy = page.locator(".c-ev.private")
    expect(busy).to_contain_text("Busy")
    assert busy.get_attribute("tabindex") is None
    busy.click()
    expect(page.locator("#cal-pop")).to_be_hidden()
    assert "Confidentiel" not in page.content()
    page.get_by_role("button", name="Agenda").click()
    expect(page.locator("[data-agenda]")).to_contain_text("Busy")
    desk.check()


# Playwright has no gesture for it.
SWIPE = """() => {
  const grid = document.querySelector("[data-grid]");
  const tell = (type, x) => {
    const touch = new Touch({ identifier: 1, target: grid, clientX: x, clientY: 400 });
    const touches = type === "touchend" ? [] : [touch];
    grid.dispatchEvent(new TouchEvent(type, { touches, changedTouches: [touch], bubbles: true }));
  };
  tell("touchstart", 300);
  tell("touchend", 100);
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_that_axe_knows_of(sit: Sit, acting: Acting, axe: str, theme: str) -> None:
    with acting("claire"):
        planned(location="Lyon")
        planned("En même temps")
        make(Event, type=EventType.TASK, subject="Rappeler", starts_at=TEN)
    desk = sit("claire", color_scheme=theme)
    for view in ("week", "day", "month", "agenda"):
        page = desk.open(f"/calendar/?view={view}&date=2027-01-19")
        expect(page.get_by_text("Visite").locator("visible=true").first).to_be_visible()
        assert not look(desk, axe, LEVELS), view
    desk.open("/calendar/?view=week&date=2027-06-01")
    assert look(desk, axe, LEVELS) == [], "an empty week"
    desk.check()
