"""Everything that is wrong with a form is said at once, whoever finds it."""

from collections.abc import Callable, Mapping
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from crm.accounts.models import Account, AccountKind
from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from crm.quotes.models import Quote
from tests.factories import make
from tests.fixtures import Acting, Client
from tests.markup import read

AsUser = Callable[[str], Client]


def refused(browser: Client, path: str, data: Mapping[str, str]) -> list[str]:
    """The messages of the summary, label first."""
    answer = browser.post(path, data=data)
    assert answer.status_code == 422
    page = read(answer.text)[0]
    [note] = [one for one in page.all() if "data-focus" in one.attributes]
    return [one.text for one in note.all("li")]


@pytest.mark.both
def test_texts_rules_and_what_is_missing_are_reported_together(
    as_user: AsUser, acting: Acting
) -> None:
    claire = as_user("claire")
    data = {"name": "", "amount": "abc", "best_case": "5", "worst_case": "9"}
    told = refused(claire, "/opportunities/add", data)
    assert [text.split(": ")[0] for text in told] == ["Name", "Amount", "Worst case"]
    with acting("claire") as session:
        assert session.scalar(select(func.count()).select_from(Opportunity)) == 0


def test_what_was_typed_is_shown_again(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        deal = make(Opportunity, amount=Decimal(100))
    data = {"row_version": "1", "amount": "10,00,0", "best_case": "5", "worst_case": "9"}
    path = f"/opportunities/edit/{deal.id}"
    told = refused(as_user("claire"), path, data)
    # The best case is not said to be below an amount that nobody knows.
    assert [text.split(": ")[0] for text in told] == ["Amount", "Worst case"]
    page = as_user("claire").post(path, data=data).text
    assert all(f'value="{text}"' in page for text in ("10,00,0", "5", "9"))


@pytest.mark.both
def test_a_dialog_reports_texts_and_rules_together_and_does_nothing(
    as_user: AsUser, acting: Acting
) -> None:
    with acting("claire"):
        deal = make(Opportunity)
    data = {"row_version": "1", "closed_on": "31/02/2027", "amount": "10,00,0"}
    path = f"/opportunities/win/{deal.id}"
    told = refused(as_user("claire"), path, data)
    assert [text.split(": ")[0] for text in told] == ["Closed on", "Amount", "Client / Prospect"]
    page = as_user("claire").post(path, data=data).text
    assert all(f'value="{text}"' in page for text in ("31/02/2027", "10,00,0"))
    with acting("claire") as session:
        assert not session.get_one(Opportunity, deal.id).is_closed


def test_the_lines_and_their_quote_are_reported_together(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        account = make(Account, kind=AccountKind.CLIENT)
        quote = make(Quote, account=account)
    data = {
        "row_version": "1", "lines-count": "2", "issued_on": "31/01/2027",
        "valid_until": "01/01/2027",
        "lines-0-label": "Pump", "lines-0-quantity": "abc", "lines-0-unit_price": "12",
        "lines-1-label": "Valve", "lines-1-quantity": "0", "lines-1-unit_price": "12",
    }  # fmt: skip
    told = " ".join(refused(as_user("claire"), f"/quotes/edit/{quote.id}", data))
    assert "Line 1: " in told
    assert "Line 2: The quantity cannot be zero." in told
    assert "Valid until" in told


def test_a_text_of_its_country_and_a_rule_are_reported_together(as_user: AsUser) -> None:
    data = {"phone": "12", "email": "nobody", "country": "FR"}
    told = refused(as_user("claire"), "/leads/add", data)
    named = {text.split(": ")[0] for text in told}
    assert named >= {"Phone", "E-mail", "Last name", "Organisation"}


def test_a_rule_is_not_said_to_be_broken_by_what_it_has_not_seen(
    as_user: AsUser, acting: Acting
) -> None:
    told = refused(as_user("claire"), "/leads/add", {"last_name": "x" * 300})
    assert [text.split(": ")[0] for text in told] == ["Last name"]
    with acting("claire") as session:
        assert session.scalar(select(func.count()).select_from(Lead)) == 0
