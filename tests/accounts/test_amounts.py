"""In progress and won of an account as fields, by currency, in the API and in exports. Spec 5.2."""

import csv
from collections.abc import Callable
from typing import Any

import pytest

from crm.accounts.models import Account, AccountKind, LostReason
from crm.opportunities import services
from crm.opportunities.models import Opportunity
from tests.factories import again, make, person, word
from tests.fixtures import Acting, Cast, Client

AsUser = Callable[[str], Client]
TokenOf = Callable[[str], dict[str, str]]
API = "/api/v1/accounts/"

pytestmark = pytest.mark.both


@pytest.fixture
def faro(acting: Acting, cast: Cast) -> Account:
    """Claire's client: 120 € and 7 $ in progress, 400 € won, 50 € lost, and 900 € of Marc's."""
    with acting("marc"):
        account: Account = make(
            Account, name="Faro", kind=AccountKind.CLIENT, owner=person(cast.claire)
        )
        make(Opportunity, account=account, amount=900, owner=person(cast.marc))
        make(Account, name="Zeno", kind=AccountKind.CLIENT, owner=person(cast.claire))
    with acting("claire"):
        account = again(account)
        for amount, currency in ((100, "EUR"), (20, "EUR"), (7, "USD"), (None, "EUR")):
            make(Opportunity, account=account, amount=amount, currency=currency)
        services.win(make(Opportunity, account=account, amount=400))
        lost = make(Opportunity, account=account, amount=50)
        services.lose(lost, lost_reason=word(LostReason, "Price"))
    return account


def test_the_api_tells_them_for_the_rows_that_the_reader_sees(
    client: Client, token_of: TokenOf, faro: Account
) -> None:
    def told(name: str) -> tuple[Any, Any]:
        row = client.get(f"{API}{faro.id}", headers=token_of(name)).json["result"]
        return row["open_amount"], row["won_amount"]

    assert told("claire") == ({"EUR": "120.00", "USD": "7.00"}, {"EUR": "400.00"})
    assert told("marc") == ({"EUR": "1020.00", "USD": "7.00"}, {"EUR": "400.00"})
    listed = client.get(API, headers=token_of("claire")).json["result"]
    found = {row["name"]: (row["open_amount"], row["won_amount"]) for row in listed}
    assert found == {"Faro": told("claire"), "Zeno": ({}, {})}


def test_they_are_not_written(client: Client, token_of: TokenOf, faro: Account) -> None:
    body = {"row_version": faro.row_version, "won_amount": {"EUR": "1.00"}}
    answer = client.put(f"{API}{faro.id}", json=body, headers=token_of("claire"))
    assert answer.status_code == 422
    assert answer.json["errors"] == {"won_amount": ["This field is read-only."]}


def adds(statement: str) -> bool:
    """Whether a statement adds up opportunities."""
    return "opportunity.amount" in statement and "GROUP BY opportunity.currency" in statement


def test_an_export_has_them_at_the_cost_of_one_statement(
    as_user: AsUser, acting: Acting, counting: Any, faro: Account
) -> None:
    claire = as_user("claire")

    def exported() -> tuple[dict[str, tuple[str, str]], int]:
        with counting() as statements:
            text = claire.get("/clients/export").get_data(as_text=True)
        rows = csv.DictReader(text.removeprefix("\ufeff").splitlines())
        found = {row["Name"]: (row["In progress"], row["Won"]) for row in rows}
        return found, sum(map(adds, statements))

    assert exported() == ({"Faro": ("€120.00, $7.00", "€400.00"), "Zeno": ("", "")}, 1)
    with acting("claire"):
        for _number in range(20):
            make(Account, kind=AccountKind.CLIENT)
    assert exported()[1] == 1


def test_a_list_of_the_api_takes_one_statement_for_them(
    client: Client, token_of: TokenOf, counting: Any, faro: Account
) -> None:
    headers = token_of("claire")
    with counting() as statements:
        client.get(API, headers=headers)
    assert sum(map(adds, statements)) == 1
