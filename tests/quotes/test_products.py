"""/products: what fills the lines of quotes."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from sqlalchemy import select

from crm.accounts.models import Account
from crm.core.errors import DomainError
from crm.quotes.models import Product, Quote
from tests.companies.filled import posted
from tests.factories import again, make, save
from tests.fixtures import Acting, Cast, Client

D = Decimal
AsUser = Callable[[str], Client]


def made(alice: Client, company: int, code: str) -> int:
    data = {"company": company, "name": "Desk", "code": code, "prices-count": "1"}
    data |= {"prices-0-currency": "EUR", "prices-0-price": "489.50"}
    answer = alice.post("/products/add", data=data | {"active": "1"})
    assert answer.status_code == 303, answer.text
    return int(answer.headers["Location"].rsplit("/", 1)[1])


def test_who_sells_reads_products_and_who_administers_makes_them(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    number = made(as_user("alice"), cast.france, "D-160")
    claire = as_user("claire")
    assert "€489.50" in claire.get(f"/products/show/{number}").text
    assert claire.get("/products/add").status_code == 403
    assert as_user("olga").get(f"/products/show/{number}").status_code == 404
    with acting("claire") as session:
        assert session.scalars(select(Product.code)).all() == ["D-160"]


def test_a_code_is_given_once_in_a_company(as_user: AsUser, cast: Cast) -> None:
    alice = as_user("alice")
    made(alice, cast.france, "d-160")
    data = {
        "company": cast.france,
        "name": "Other",
        "code": "D-160",
        "prices-count": "1",
        "prices-0-currency": "EUR",
        "prices-0-price": "1",
    }
    refused = alice.post("/products/add", data=data)
    assert refused.status_code == 422
    assert "already used" in refused.text
    made(alice, cast.iberia, "D-160")


def test_a_line_takes_the_price_in_the_currency_of_its_quote(acting: Acting) -> None:
    prices = [{"currency": "EUR", "price": D("489.50")}, {"currency": "USD", "price": D(520)}]
    with acting("alice"):
        product = make(Product, prices=prices)
    with acting("claire"):
        account, line = make(Account), {"product": again(product)}
        assert make(Quote, account=account, lines=[line]).lines[0].unit_price == D("489.50")
        abroad = make(Quote, account=account, lines=[line], currency="USD")
        assert abroad.lines[0].unit_price == D(520)
        with_tax = make(Quote, account=account, lines=[line], prices_include_tax=True)
        assert with_tax.lines[0].unit_price == D("587.40")
    with pytest.raises(DomainError) as refused, acting("claire"):
        make(Quote, account=again(account), lines=[{"product": again(product)}], currency="GBP")
    assert set(refused.value.fields) == {"lines.0.unit_price"}


@pytest.mark.parametrize("currencies", [[], ["EUR", "EUR"]])
def test_a_product_has_a_price_and_one_in_each_currency(
    acting: Acting, currencies: list[str]
) -> None:
    prices = [{"currency": currency, "price": D(1)} for currency in currencies]
    with pytest.raises(DomainError) as refused, acting("alice"):
        make(Product, prices=prices)
    assert set(refused.value.fields) == {"prices"}


def test_an_inactive_product_stays_on_its_lines_and_is_not_offered(
    as_user: AsUser, acting: Acting
) -> None:
    with acting("alice"):
        product = make(Product)
    with acting("claire"):
        quote = make(Quote, account=make(Account), lines=[{"product": again(product)}])
    claire = as_user("claire")
    offered = "/quotes/pick/lines.product?q=pom"
    assert [one["detail"] for one in claire.get(offered).json["results"]] == ["P1"]
    with acting("alice"):
        save(again(product), active=False)
    assert claire.get(offered).json["results"] == []
    with acting("claire"):
        mine = again(quote)
        save(mine, title="Again", lines=[{"id": mine.lines[0].id, "quantity": D(2)}])
        assert again(quote).lines[0].product_id == product.id
    with pytest.raises(DomainError), acting("claire"):
        make(Quote, account=make(Account, name="Other"), lines=[{"product": again(product)}])


def test_the_api_tells_and_takes_the_prices(
    client: Client, token_of: Callable[[str], dict[str, str]], cast: Cast
) -> None:
    prices = [{"currency": "EUR", "price": "489.50"}, {"currency": "USD", "price": "520.00"}]
    body = {"name": "Desk", "code": "D-160", "company": cast.france, "prices": prices}
    made = client.post("/api/v1/products/", json=body, headers=token_of("alice"))
    assert made.status_code == 201, made.json
    url = f"/api/v1/products/{made.json['id']}"
    told = client.get(url, headers=token_of("claire")).json["result"]["prices"]
    assert [(one["currency"], D(one["price"])) for one in told] == [
        ("EUR", D("489.50")),
        ("USD", D(520)),
    ]
    refused = client.post("/api/v1/products/", json=body, headers=token_of("claire"))
    assert refused.status_code == 403
    assert client.get(url, headers=token_of("olga")).status_code == 404


def test_a_new_price_is_in_the_company_s_currency_and_an_old_currency_stays(
    as_user: AsUser, acting: Acting
) -> None:
    with acting("alice"):
        number = make(Product, prices=[{"currency": "DEM", "price": D(5)}]).id
    alice = as_user("alice")
    form = alice.get(f"/products/edit/{number}").text
    stored, blank = form.split("<template")[:2]
    assert 'value="DEM" selected' in stored
    assert 'value="EUR" selected' in blank
    assert "DEM" not in blank
    assert 'value="ADP"' not in form
    data = {**posted(form), "prices-1-currency": "EUR", "prices-1-price": "", "prices-count": "2"}
    assert alice.post(f"/products/edit/{number}", data=data).status_code == 303
    with acting("alice") as session:
        assert [one.currency for one in session.get_one(Product, number).prices] == ["DEM"]
