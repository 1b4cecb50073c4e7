"""A quote from its draft to the client's yes, in a real browser."""

import pytest
from playwright.sync_api import expect

from crm.accounts.models import Account, AccountKind
from crm.opportunities.models import Opportunity
from crm.quotes.models import QuoteStatus
from crm.quotes.services import versions
from tests.browser.conftest import NARROW, Sit
from tests.factories import again, make, save
from tests.fixtures import Acting
from tests.quotes.test_states import YEAR, in_status

pytestmark = pytest.mark.browser

PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


@pytest.mark.accept("A-61")
def test_a_quote_is_finalised_and_accepted_by_keyboard(sit: Sit, acting: Acting) -> None:
    with acting("claire"):
        account = make(Account, kind=AccountKind.PROSPECT)
        deal = make(Opportunity, account=account)
        quote = in_status(QuoteStatus.DRAFT, account=account, opportunity=deal)
    desk = sit("claire")
    page = desk.open(f"/quotes/show/{quote.id}")
    page.get_by_role("link", name="Finalise").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"D-{YEAR}-00001")
    expect(dialog).to_contain_text("moves to Proposal")
    dialog.get_by_role("button", name="Finalise").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"D-{YEAR}-00001")
    page.get_by_role("link", name="Accept").press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Accepted by").fill("Paul Roy")
    dialog.get_by_role("button", name="Accept").press("Enter")
    expect(page.get_by_role("heading", name="Win the opportunity")).to_be_visible()
    desk.check()
    with acting("claire"):
        assert again(account).kind == AccountKind.CLIENT


@pytest.mark.parametrize("width", [1440, 375])
def test_the_versions_fit_the_screen(sit: Sit, acting: Acting, width: int) -> None:
    with acting("claire"):
        old = in_status(QuoteStatus.SENT, title="Refonte du parc d’impression")
        new = versions.new_version(old)
        save(new, title="Refonte du parc d’impression et des périphériques")
    desk = sit("claire", **({"viewport": NARROW} if width == 375 else {}))
    page = desk.open(f"/quotes/show/{new.id}?tab=versions")
    expect(page.get_by_role("table").first).to_contain_text(f"D-{YEAR}-00001-V2")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    desk.check()
