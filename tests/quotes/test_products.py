"""/products: what fills the lines of quotes."""

from collections.abc import Callable

from sqlalchemy import select

from crm.quotes.models import Product
from tests.fixtures import Acting, Cast, Client

AsUser = Callable[[str], Client]


def made(alice: Client, company: int, code: str) -> int:
    data = {"company": company, "name": "Desk", "code": code, "price": "489.50", "currency": "EUR"}
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
        "price": "1",
        "currency": "EUR",
    }
    refused = alice.post("/products/add", data=data)
    assert refused.status_code == 422
    assert "already used" in refused.text
    made(alice, cast.iberia, "D-160")
