"""In progress and won on an account's record: by currency, each with its rows. Source: spec 5.2."""

from collections.abc import Callable
from html import unescape

import pytest

from crm.accounts.models import Account, AccountKind
from crm.opportunities import services
from crm.opportunities.models import Opportunity
from tests.factories import again, make
from tests.fixtures import Acting, Client

AsUser = Callable[[str], Client]


@pytest.mark.both
def test_amounts_stand_by_currency_and_lead_to_their_rows(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        account: Account = make(Account, kind=AccountKind.CLIENT, name="Faro")
        for name, amount, currency in (("A", 100, "EUR"), ("B", 20, "EUR"), ("C", 7, "USD")):
            make(
                Opportunity, name=f"Sale {name}", account=account, amount=amount, currency=currency
            )
        won: Opportunity = make(Opportunity, name="Sale D", account=account, amount=400)
        services.win(again(won))
    claire = as_user("claire")
    page = unescape(claire.get(f"/clients/show/{account.id}").text)
    panel = page.partition('<dl class="c-stat">')[2].partition("</dl>")[0]
    assert panel.count("In progress") == 2
    assert panel.count("Won") == 1
    for text in ("€120.00", "$7.00", "€400.00"):
        assert text in panel
    lists = {
        part.partition(">")[2].partition("<")[0]: claire.get(part.partition('"')[0]).text
        for part in panel.split('href="')[1:]
    }
    shown = {
        sum_: [name for name in "ABCD" if f"Sale {name}" in text] for sum_, text in lists.items()
    }
    assert shown == {"€120.00": ["A", "B"], "$7.00": ["C"], "€400.00": ["D"]}
