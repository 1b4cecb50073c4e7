"""The country of an account's main address: kept by every change of it, filtered by in lists."""

from collections.abc import Callable
from typing import Any

import pytest

from crm.accounts.models import Account, AccountAddress
from crm.core.db import db
from tests.factories import again, make, save
from tests.fixtures import Acting, Client

pytestmark = pytest.mark.both


def country(acting: Acting, account: Any) -> str | None:
    with acting("marc"):
        found: str | None = again(account).main_country
        return found


def test_it_is_that_of_the_default_address_else_of_the_first(acting: Acting) -> None:
    france, spain = {"city": "Lyon", "country": "FR"}, {"city": "Vigo", "country": "ES"}
    with acting("marc"):
        account = make(Account, addresses=[france, {**spain, "is_default": True}])
        bare = make(Account, name="Bare")
    assert country(acting, account) == "ES"
    assert country(acting, bare) is None
    with acting("marc"):
        first, second = sorted(again(account).addresses, key=lambda one: one.id)
        second.is_default = False
    assert country(acting, account) == "FR"
    with acting("marc"):
        db.session().get_one(AccountAddress, first.id).country = "BE"
    assert country(acting, account) == "BE"
    with acting("marc"):
        version = again(account).row_version
        db.session().delete(db.session().get_one(AccountAddress, first.id))
    assert country(acting, account) == "ES"
    with acting("marc"):
        assert again(account).row_version == version
        save(again(account), addresses=[])
    assert country(acting, account) is None


def test_accounts_are_filtered_by_it_in_list_export_and_api(
    as_user: Callable[[str], Client], acting: Acting, token_of: Callable[[str], dict[str, str]]
) -> None:
    with acting("marc"):
        for name, code in (("Lyonnaise", "FR"), ("Gallega", "ES"), ("Sans", None)):
            make(Account, kind="client", name=name, addresses=[{"city": "X", "country": code}])
    marc = as_user("marc")
    page = marc.get("/clients/list/?_flt_0_main_country=ES&_flt_0_main_country=none").text
    assert (page.count("<tr data-row"), "Lyonnaise" in page) == (2, False)
    assert "Country is one of</span> Spain, (empty)" in page
    exported = marc.get("/clients/export?_flt_0_main_country=FR").text
    assert ("Lyonnaise" in exported, "Gallega" in exported) == (True, False)
    asked = "(filters:!((col:main_country,opr:not_in,value:!(FR,none))))"
    answer = marc.get("/api/v1/accounts/", query_string={"q": asked}, headers=token_of("marc"))
    assert answer.json["count"] == 1
