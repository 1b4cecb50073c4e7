"""/quotes: drafts, their lines, and what these come to."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from decimal import Decimal

import pytest

from crm.accounts.models import Account, Contact
from crm.opportunities.models import Opportunity
from crm.quotes.models import Quote, VatRate
from tests.factories import again, make, word
from tests.fixtures import Acting, Cast, Client
from tests.pressing import press

AsUser = Callable[[str], Client]
LINES = (("3", "19.99", "10", "20%"), ("1.5", "45.33", "", "20%"), ("7", "3.335", "5", "5.5%"),
         ("1", "100", "", "0%"))  # fmt: skip


@pytest.fixture
def account(acting: Acting) -> Account:
    """A client of Claire's."""
    with acting("claire"):
        found: Account = make(Account)
    return found


def posted(acting: Acting, *lines: tuple[str, str, str, str]) -> dict[str, object]:
    """What the form sends for lines of quantity, price, discount and VAT rate."""
    data: dict[str, object] = {"lines-count": len(lines), "currency": "EUR"}
    with acting("claire"):
        for number, (quantity, price, discount, rate) in enumerate(lines):
            said = {
                "kind": "item", "label": f"Article {number}", "quantity": quantity,
                "unit_price": price, "discount_percent": discount,
                "vat_rate": word(VatRate, rate).id,
            }  # fmt: skip
            data |= {f"lines-{number}-{name}": value for name, value in said.items()}
    return data


@pytest.mark.accept("A-56")
def test_a_quote_is_typed_and_adds_up_to_the_cent(
    as_user: AsUser, acting: Acting, cast: Cast, account: Account
) -> None:
    data = posted(acting, *LINES) | {"account": account.id, "owner": cast.claire, "title": "Parc"}
    claire = as_user("claire")
    made = claire.post("/quotes/add", data=data)
    assert made.status_code == 303
    page = claire.get(made.headers["Location"]).text
    nets = ("€53.97", "€68.00", "€22.18", "€100.00")
    totals = ("€244.15", "€25.61", "€269.76", "€24.39", "€1.22")
    for amount in (*nets, *totals):
        assert amount in page, amount


def test_totals_follow_what_is_typed(as_user: AsUser, acting: Acting) -> None:
    data = posted(acting, *LINES)
    figures = as_user("claire").post("/quotes/preview", data=data).json
    assert figures["total_excl"] == "€244.15"
    assert figures["total_incl"] == "€269.76"
    assert [figures[f"lines-{n}-total_excl"] for n in range(2)] == ["€53.97", "€68.00"]
    half = data | {"lines-0-quantity": "abc", "global_discount": "500"}
    assert as_user("claire").post("/quotes/preview", data=half).status_code == 200


def test_a_wrong_line_is_told_beside_its_field_and_keeps_what_was_typed(
    as_user: AsUser, acting: Acting, cast: Cast, account: Account
) -> None:
    data = posted(acting, LINES[0], LINES[1]) | {"account": account.id, "owner": cast.claire}
    refused = as_user("claire").post("/quotes/add", data={**data, "lines-1-quantity": "0"})
    assert refused.status_code == 422
    assert 'id="e-lines-1-quantity"' in refused.text
    assert 'value="19.99"' in refused.text


def test_a_line_is_taken_out_by_emptying_it(
    as_user: AsUser, acting: Acting, cast: Cast, account: Account
) -> None:
    data = posted(acting, LINES[0], LINES[3]) | {"account": account.id, "owner": cast.claire}
    claire = as_user("claire")
    pk = int(claire.post("/quotes/add", data=data).headers["Location"].rpartition("/")[2])
    with acting("claire"):
        quote = again(Quote(id=pk))
        version, ids = quote.row_version, [line.id for line in quote.lines]
    data |= {
        "issued_on": "2027-01-10", "valid_until": "2027-02-10", "row_version": version,
        "lines-0-id": ids[0], "lines-1-id": ids[1], "lines-1-label": "", "lines-1-quantity": "",
        "lines-1-unit_price": "", "lines-1-vat_rate": "",
    }  # fmt: skip
    assert claire.post(f"/quotes/edit/{pk}", data=data).status_code == 303
    with acting("claire"):
        quote = again(Quote(id=pk))
        assert [line.id for line in quote.lines] == ids[:1]
        assert quote.total_excl == Decimal("53.97")


@pytest.mark.accept("A-21")
@pytest.mark.accept("A-55")
def test_a_quote_from_an_opportunity_is_filled_in(
    as_user: AsUser, acting: Acting, account: Account
) -> None:
    with acting("claire"):
        own = again(account)
        paul = make(Contact, first_name="Paul", links=[{"account": own}])
        deal = make(Opportunity, account=own, contact=paul, amount=Decimal(8000))
    claire = as_user("claire")
    assert f"/quotes/add?opportunity={deal.id}" in claire.get(f"/opportunities/show/{deal.id}").text
    form = claire.get(f"/quotes/add?opportunity={deal.id}").text
    for words in ("Projet Alpha", "Paul Roy", "Faro", 'value="8000.00"'):
        assert words in form, words


def test_no_quote_without_an_account(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        deal = make(Opportunity)
    claire = as_user("claire")
    assert "/quotes/add?" not in claire.get(f"/opportunities/show/{deal.id}?tab=history").text
    assert claire.get(f"/quotes/add?opportunity={deal.id}").status_code == 200
    refused = claire.post(f"/quotes/add?opportunity={deal.id}", data={"lines-count": 0})
    assert 'id="e-account"' in refused.text


def test_a_draft_goes_to_the_bin_and_comes_back_with_its_lines(
    as_user: AsUser, acting: Acting, cast: Cast, account: Account
) -> None:
    data = posted(acting, LINES[0]) | {"account": account.id, "owner": cast.claire}
    claire = as_user("claire")
    url = claire.post("/quotes/add", data=data).headers["Location"]
    pk = url.rpartition("/")[2]
    assert press(claire, f"/quotes/delete/{pk}").status_code == 303
    assert claire.get(url).status_code == 404
    assert press(claire, f"/quotes/restore/{pk}").status_code == 303
    assert "€53.97" in claire.get(url).text


def test_another_companys_quote_does_not_exist(
    as_user: AsUser, acting: Acting, account: Account
) -> None:
    with acting("claire"):
        quote = make(Quote, account=again(account))
    olga = as_user("olga")
    for path in (f"show/{quote.id}", f"edit/{quote.id}"):
        assert olga.get(f"/quotes/{path}").status_code == 404
    assert press(olga, f"/quotes/delete/{quote.id}").status_code == 404
    assert olga.get(f"/quotes/add?account={account.id}").status_code == 404
    refused = olga.post("/quotes/add", data={"account": account.id, "lines-count": 0})
    assert 'id="e-account"' in refused.text


def test_statements_stay_few(
    as_user: AsUser,
    acting: Acting,
    account: Account,
    counting: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    with acting("claire"):
        rate = word(VatRate, "20%")
        line = {"label": "A", "quantity": Decimal(1), "unit_price": Decimal(5), "vat_rate": rate}
        quotes = [make(Quote, account=again(account), lines=[line] * 4) for _ in range(8)]
    pk = quotes[0].id
    for address, budget in (("list/", 8), (f"show/{pk}", 14), (f"edit/{pk}", 12), ("add", 12)):
        with counting() as statements:
            assert as_user("claire").get(f"/quotes/{address}").status_code == 200
        assert len(statements) <= budget, address


def test_a_discount_by_amount_says_its_currency(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        line = {
            "label": "Pump",
            "quantity": Decimal(1),
            "unit_price": Decimal(100),
            "discount_amount": Decimal(50),
        }
        quote = make(Quote, account=make(Account), currency="USD", lines=[line])
    claire = as_user("claire")
    assert ">$50.00</td>" in claire.get(f"/quotes/show/{quote.id}").text
    form = claire.get(f"/quotes/edit/{quote.id}").text
    assert "<span>USD</span>" in form.partition('id="f-lines-0-discount_amount"')[2][:400]
