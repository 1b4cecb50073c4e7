"""How many keys six everyday tasks take by keyboard alone: `pytest -o python_files=keys.py -s`.

Each task is done in every way that a user could know; the shortest one that works counts. What is
typed as a value is not counted, a chord counts as its keys. It imports nothing that is younger than
the tests themselves, so it runs on an earlier commit too.
"""

import re
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress

import pytest
from playwright.sync_api import Error, Page, Request
from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.orm import Session

from crm.accounts.models import Account, AccountKind
from crm.calendar.models import Event
from crm.companies.models import AppSettings
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from crm.quotes.models import Quote, QuoteLine
from tests.browser.conftest import Sit
from tests.factories import make
from tests.fixtures import Acting

Everything = Callable[[], AbstractContextManager[Session]]
FOCUSED = """() => { const e = document.activeElement;
  return `${e.id}|${e.ariaLabel ?? e.innerText ?? ""}`.trim(); }"""
PAUSE = 160  # milliseconds between two keys; pickers ask the server meanwhile


class Hands:
    """Presses keys in a page, at a user's pace, and counts them."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0
        self.asked: set[Request] = set()
        page.on("request", self.ask)
        page.on("requestfinished", self.answer)
        page.on("requestfailed", self.answer)

    def ask(self, request: Request) -> None:
        self.asked.add(request)

    def answer(self, request: Request) -> None:
        self.asked.discard(request)

    def press(self, *keys: str) -> "Hands":
        for key in keys:
            self.page.keyboard.press(key)
            self.count += len(key.split("+"))
            self.wait(PAUSE)
        return self

    def write(self, text: str) -> "Hands":
        self.page.keyboard.type(text)
        return self.wait(3 * PAUSE)

    def settle(self) -> "Hands":
        """Wait for the page that the last key led to."""
        self.wait(3 * PAUSE).page.wait_for_load_state()
        return self.wait(2 * PAUSE)

    def wait(self, milliseconds: int) -> "Hands":
        """Look at the page, until it has its answers."""
        self.page.wait_for_timeout(milliseconds)
        for _ in range(60):
            if not self.asked:
                break
            self.page.wait_for_timeout(PAUSE)
        return self

    def focused(self) -> str:
        """What has the focus, on the next page where a key has led there."""
        try:
            return str(self.page.evaluate(FOCUSED))
        except Error:
            return str(self.settle().page.evaluate(FOCUSED))

    def reach(self, name: str, key: str = "Tab") -> "Hands":
        """Press Tab until what is called `name`, or has it as its id, has the focus."""
        for _ in range(60):
            if re.search(rf"^{name}(-ts-control)?\||\|{name}", self.focused()):
                return self
            self.press(key)
        raise LookupError(name)


Way = Callable[[Hands], object]


def lead(hands: Hands) -> None:
    hands.press("c", "l").reach("f-last_name").write("Moreau")
    hands.reach("f-organization").write("Tissot").reach("f-phone").write("04 65 71 20 18")
    hands.press("Enter")


def phone_in_place(hands: Hands) -> None:
    hands.reach("Edit: Phone").press("Enter").write("04 65 71 20 19").press("Enter")


def phone_in_the_form(hands: Hands) -> None:
    hands.press("e").reach("f-phone").write("04 65 71 20 19").press("Enter")


def filter_by_key(hands: Hands) -> None:
    hands.press("f", "a", "g", "Enter").write("Lyon").press("Enter", "Enter").settle()
    hands.press("f").reach("Status$", key="s").press("Enter").write("Nurturing")
    hands.press("Enter", "Enter")


def filter_by_tab(hands: Hands) -> None:
    """Past the operator; the open list takes Enter for itself, so Escape closes it first."""
    for name, key, value in (("Agency", "a", "Lyon"), ("(Lead status|Status)", "s", "Nurturing")):
        hands.press("/").reach("Filter$").press("Enter").reach(f"{name}$", key=key)
        hands.press("Enter", "Tab").write(value).press("Enter", "Escape", "Enter").settle()


def amounts(hands: Hands) -> None:
    hands.reach("f-name").write("Maintenance").reach("f-recurring_amount").write("150").press(
        "Enter"
    )


def by_head(name: str, then: Way) -> Way:
    def go(hands: Hands) -> None:
        then(hands.reach(name, key="Shift+Tab").press("Enter"))

    return go


def opportunity_by_key(hands: Hands) -> None:
    hands.press("c", "r").reach("f-name").write("Maintenance")
    if not hands.page.locator("#f-account").input_value():
        hands.reach("f-account").write("Faro").press("Enter")
    hands.reach("f-recurring_amount").write("150").press("Enter")


def opportunity_by_group(hands: Hands) -> None:
    hands.press("c", "r").reach("f-name").write("Maintenance").press("Alt+PageDown")
    hands.write("150").press("Enter")


LINES = (("Pump", "100"), ("Pipe", "20"), ("Manual", "30"))
RATES = ("20", "20", "5.5")


def lines(hands: Hands) -> None:
    """Three lines, the last one with another rate than the first two."""
    for index, (label, price) in enumerate(LINES):
        hands.reach(f"f-lines-{index}-label").write(label)
        hands.reach(f"f-lines-{index}-unit_price").write(price)
        rate = hands.page.locator(f"#f-lines-{index}-vat_rate")
        if not rate.input_value() or RATES[index] != RATES[0]:
            hands.reach(f"f-lines-{index}-vat_rate").write(RATES[index])
            if hands.page.locator(".ts-dropdown:visible").count():
                hands.press("Enter")
        if index < len(LINES) - 1:
            next_line(hands)
    hands.press("Control+Enter")


def next_line(hands: Hands) -> None:
    if not hands.page.locator("[data-lines]").count():
        hands.reach("Line$")
    hands.press("Enter")


def by_groups(hands: Hands) -> None:
    lines(hands.press("Alt+PageDown"))


def quote_by_key(then: Way) -> Way:
    def go(hands: Hands) -> None:
        hands.press("c", "q").settle()
        if not hands.page.locator("#f-account").input_value():
            hands.reach("f-account").write("Faro").press("Enter")
        then(hands)

    return go


def event_by_head(hands: Hands) -> None:
    hands.reach("Create an event", key="Shift+Tab").press("Enter", "Enter")
    hands.reach("f-subject").write("Visit").press("Enter")


def event_by_key(hands: Hands) -> None:
    hands.press("c", "e").reach("f-subject").write("Visit")
    hands.press("Enter")


# task → where it starts, its ways, what then has come of it.
TASKS: dict[str, tuple[str, Sequence[Way], Select[tuple[int]] | str]] = {
    "a lead with name, organisation, phone": (
        "/",
        [lead],
        select(func.count(Lead.id)).where(Lead.last_name == "Moreau", Lead.phone.is_not(None)),
    ),
    "leads of an agency and a status": (
        "/leads/list/",
        [filter_by_tab, filter_by_key],
        r"(?=.*_agency=\d)(?=.*_status=\d)(?!.*_agency=.*_agency=)(?!.*_status=.*_status=)",
    ),
    "the phone of a lead, from its record": (
        "/leads/show/{lead}",
        [phone_in_place, phone_in_the_form],
        select(func.count(Lead.id)).where(Lead.phone.endswith("2019")),
    ),
    "an opportunity with a recurring amount, on a client": (
        "/clients/show/{account}",
        [by_head("Create an opportunity", amounts), opportunity_by_key, opportunity_by_group],
        select(func.count(Opportunity.id)).where(
            Opportunity.account_id.is_not(None), Opportunity.recurring_amount == 150
        ),
    ),
    "a quote of three lines with two rates": (
        "/clients/show/{account}",
        [by_head("Create a customer quote", lines), quote_by_key(lines), quote_by_key(by_groups)],
        select(func.count(QuoteLine.vat_rate_id.distinct()) // 2).having(
            func.count(QuoteLine.id) == len(LINES)
        ),
    ),
    "an event, from a record": (
        "/leads/show/{lead}",
        [event_by_head, event_by_key],
        select(func.count(Event.id)).where(Event.lead_id.is_not(None)),
    ),
}


@pytest.fixture
def rows(acting: Acting, everything: Everything) -> Callable[[], dict[str, int]]:
    """Makes the lead and the client of a way; every way has its own."""
    with everything() as session:
        session.execute(update(AppSettings).values(manage_recurring=True, manage_agencies=True))

    def new() -> dict[str, int]:
        with everything() as session:
            for kind in (QuoteLine, Quote, Event, Opportunity, Lead, Account):
                session.execute(delete(kind))
        with acting("marc"):
            lead = make(Lead, last_name="Durand", organization="Faro", phone="+33465712018")
            account = make(Account, name="Faro", kind=AccountKind.CLIENT)
            return {"lead": lead.id, "account": account.id}

    return new


@pytest.mark.slow  # a user's pace
def test_keys(sit: Sit, rows: Callable[[], dict[str, int]], everything: Everything) -> None:
    desk = sit("marc")
    desk.page.on("dialog", lambda asked: asked.accept())  # a way that failed leaves its form
    for task, (start, ways, done) in TASKS.items():
        counts = []
        for way in ways:
            hands = Hands(desk.open(start.format(**rows())))
            hands.settle()
            with suppress(LookupError, Error):  # a way that this product does not have
                way(hands)
                hands.settle().settle()
                if happened(done, hands.page, everything):
                    counts.append(hands.count)
        sys.stdout.write(f"\n{task:52} {min(counts, default='-'):>3}   {counts}")


def happened(done: Select[tuple[int]] | str, page: Page, everything: Everything) -> bool:
    """Whether the task is done."""
    if isinstance(done, str):
        return bool(re.match(done, page.url))
    with everything() as session:
        return bool(session.scalar(done))
