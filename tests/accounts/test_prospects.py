"""The statuses of prospects, from every entrance. Source: spec 2.7, 3 and 5.6."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask

from crm.accounts.models import Account, AccountKind, LostReason, ProspectStatus
from crm.accounts.services import account as services
from crm.accounts.services import merging, prospects, vocabulary
from crm.companies.models import AppSettings
from crm.core.errors import DomainError
from tests.breaking import broken_everywhere
from tests.factories import again, make, save, word
from tests.fixtures import Acting, Client
from tests.imports.conftest import Load, load  # noqa: F401
from tests.pressing import press, version_now

pytestmark = pytest.mark.both
AsUser = Callable[[str], Client]
TokenOf = Callable[[str], dict[str, str]]
LOST, OVER = "This prospect is lost; reopen it first.", "A client cannot become a prospect again."
# state → action → how it is refused; "" where it is done.
STATES: dict[str, dict[str, str]] = {
    "To be processed": {"reopen": "Only a lost prospect can be reopened."},
    "Nurturing": {"reopen": "Only a lost prospect can be reopened."},
    "Lost": {"win": LOST, "lose": LOST},
    "Won": {"win": OVER, "lose": OVER, "reopen": "Only a lost prospect can be reopened."},
}
CASES = [(state, action) for state in STATES for action in ("win", "lose", "reopen")]


def switch(acting: Acting, on: bool = True) -> None:
    with acting("alice") as session:
        save(session.get_one(AppSettings, 1), manage_prospect_status=on)


@pytest.fixture
def prospect(acting: Acting) -> Callable[..., Account]:
    """`prospect("Lost")`: Claire's account in this status, while statuses are managed."""

    def make_one(status: str = "To be processed", **values: Any) -> Account:
        switch(acting)
        with acting("claire"):
            found: Account = make(Account, kind=AccountKind.PROSPECT, external_ref="1", **values)
            outcome: Any = {"lost_reason": word(LostReason, "Price")} if status == "Lost" else {}
            prospects.change_status(found, word(ProspectStatus, status), **outcome)
        return found

    return make_one


@pytest.mark.accept("A-46")
def test_a_prospect_that_is_won_is_listed_in_clients(
    as_user: AsUser, acting: Acting, prospect: Callable[..., Account]
) -> None:
    account, claire = prospect(name="Hôtel Faro"), as_user("claire")
    assert "Hôtel Faro" in claire.get("/prospects/list/").text
    assert press(claire, f"/prospects/win/{account.id}").status_code == 303
    assert "Hôtel Faro" in claire.get("/clients/list/").text
    assert "Hôtel Faro" not in claire.get("/prospects/list/").text
    assert "Won" in claire.get(f"/clients/show/{account.id}").text


@pytest.mark.accept("A-46")
def test_losing_a_prospect_needs_a_reason_that_applies(
    as_user: AsUser, acting: Acting, prospect: Callable[..., Account]
) -> None:
    account = prospect()
    with acting("alice"):
        price, need = word(LostReason, "Price"), word(LostReason, "No need")
        save(need, for_prospects=False)
    claire, url = as_user("claire"), f"/prospects/lose/{account.id}"
    page = claire.get(url).text
    assert "No need" not in page
    assert 'id="e-lost_reason"' in press(claire, url).text
    refused = unescape(press(claire, url, {"lost_reason": need.id}).text)
    assert "not" in refused
    assert press(claire, url, {"lost_reason": price.id}).status_code == 303
    with acting("claire"):
        assert (str(again(account).prospect_status), again(account).lost_reason_id) == (
            "Lost", price.id,
        )  # fmt: skip
    with acting("claire"):
        prospects.reopen(again(account))
        assert (str(again(account).prospect_status), account.kind) == (
            "To be processed", AccountKind.PROSPECT,
        )  # fmt: skip
        assert again(account).lost_reason is None


@pytest.mark.parametrize(("state", "action"), CASES)
def test_page_and_api_refuse_the_same(
    as_user: AsUser,
    client: Client,
    token_of: TokenOf,
    acting: Acting,
    prospect: Callable[..., Account],
    state: str,
    action: str,
) -> None:
    account, claire = prospect(state), as_user("claire")
    base = "/clients" if state == "Won" else "/prospects"
    with acting("claire"):
        values = {"lost_reason": word(LostReason, "Price").id} if action == "lose" else {}
    refusal, path = STATES[state].get(action, ""), f"{base}/{action}/{account.id}"
    if refusal:
        page = press(claire, path, values)
        assert refusal in unescape(claire.get(page.headers["Location"]).text)
    body = {"row_version": version_now(claire, path), **values}
    url = f"/api/v1/accounts/{account.id}/{action}"
    answer = client.post(url, json=body, headers=token_of("claire"))
    told = answer.get_json()
    if refusal:
        assert answer.status_code == 422
        said = (told["message"], *(told["errors"].get("prospect_status") or ()))
        assert refusal in said
    else:
        assert answer.status_code == 200, told


IMPORT = """
key = { field = "external_ref", found = "update" }
[columns]
ref = "external_ref"
name = "name"
kind = "kind"
status = "prospect_status"
reason = "lost_reason"
"""
MOVES = [
    (before, after, refusal)
    for before, after, refusal in (
        ("To be processed", "Nurturing", ""),
        ("To be processed", "Won", ""),
        ("To be processed", "Lost", "Choose a reason."),
        ("Lost", "Won", LOST),
        ("Lost", "Nurturing", ""),
        ("Won", "Lost", OVER),
        ("Won", "Nurturing", OVER),
    )
]


@pytest.mark.parametrize(("before", "after", "refusal"), MOVES)
def test_api_and_import_refuse_the_same(
    client: Client,
    token_of: TokenOf,
    acting: Acting,
    prospect: Callable[..., Account],
    load: Load,  # noqa: F811
    before: str,
    after: str,
    refusal: str,
) -> None:
    account = prospect(before)
    kind = "client" if before == "Won" else "prospect"
    line = f"ref,name,kind,status,reason\n1,Faro,{kind},{after},\n"
    with acting("claire"):
        status, version = word(ProspectStatus, after).id, again(account).row_version
    body = {"prospect_status": status, "row_version": version}
    if refusal:
        told = load("accounts", line, IMPORT)
        assert any(refusal in one for one in told.lines), told.lines
    answer = client.put(f"/api/v1/accounts/{account.id}", json=body, headers=token_of("claire"))
    said = [text for texts in answer.get_json().get("errors", {}).values() for text in texts]
    assert said == ([refusal] if refusal else [])


def test_an_import_makes_them_in_any_status(
    load: Load,  # noqa: F811
    acting: Acting,
) -> None:
    switch(acting)
    head = "ref,name,kind,status,reason\n"
    told = load("accounts", head + "1,Faro,prospect,Lost,Price\n2,Iris,prospect,,\n", IMPORT)
    assert told.is_written, told.lines
    with acting("alice") as session:
        lost, new = session.query(Account).order_by(Account.external_ref)
        assert [str(one.prospect_status) for one in (lost, new)] == ["Lost", "To be processed"]
        assert str(lost.lost_reason) == "Price"
    told = load("accounts", head + "3,Olé,client,Won,\n", IMPORT)
    assert any("Only a prospect has a status." in line for line in told.lines)


def test_a_client_has_no_status_and_no_form_asks_for_one(as_user: AsUser, acting: Acting) -> None:
    switch(acting)
    with acting("claire"):
        account = make(Account, kind=AccountKind.CLIENT)
        assert account.prospect_status is None
    claire = as_user("claire")
    assert 'name="prospect_status"' not in claire.get("/clients/add").text
    assert 'name="prospect_status"' not in claire.get(f"/clients/edit/{account.id}").text
    assert 'name="prospect_status"' in claire.get("/prospects/add").text


def test_switched_off_there_is_no_trace_and_the_data_are_kept(
    as_user: AsUser,
    client: Client,
    token_of: TokenOf,
    acting: Acting,
    prospect: Callable[..., Account],
) -> None:
    account = prospect("Sales qualification")
    claire, pages = as_user("claire"), ("/prospects/list/", f"/prospects/show/{account.id}",
                                        "/prospects/add", "/prospects/export")  # fmt: skip
    assert ["Sales qualification" in claire.get(one).text for one in pages] == [True] * 4
    url, token = f"/api/v1/accounts/{account.id}", token_of("claire")
    switch(acting, on=False)
    for path in pages:
        page = claire.get(path).text
        assert "Sales qualification" not in page, path
        assert "Open prospects" not in page, path
    assert "prospect_status" not in client.get(url, headers=token).get_json()["result"]
    for action in ("win", "lose", "reopen"):
        assert press(claire, f"/prospects/{action}/{account.id}").status_code == 404
        answer = client.post(f"{url}/{action}", json={"row_version": 2}, headers=token)
        assert answer.status_code == 404
    assert as_user("alice").get("/reference/prospect-statuses/list/").status_code == 404
    assert "For prospects" not in as_user("alice").get("/reference/lost-reasons/list/").text
    assert "Make a client" in claire.get(pages[1]).text
    switch(acting)
    assert "Sales qualification" in claire.get(pages[1]).text


def test_the_words_keep_their_kinds(acting: Acting, prospect: Callable[..., Account]) -> None:
    prospect("Nurturing")
    with acting("alice") as session:
        for name, change in (("Won", {"active": False}), ("Nurturing", {"kind": "lost"}),
                             ("To be processed", {"active": False})):  # fmt: skip
            with pytest.raises(DomainError):
                vocabulary.RULES.update(word(ProspectStatus, name), change)
            session.rollback()


def test_a_prospect_becomes_a_client_whatever_its_status(
    acting: Acting, prospect: Callable[..., Account]
) -> None:
    account = prospect("Lost")
    with acting("claire"):
        prospects.become_client(again(account))
    with acting("claire"):
        now = again(account)
        assert (now.kind, str(now.prospect_status), now.lost_reason) == (
            AccountKind.CLIENT, "Won", None,
        )  # fmt: skip


def test_a_win_is_done_whole_or_not_at_all(
    app: Flask, acting: Acting, prospect: Callable[..., Account]
) -> None:
    account = prospect()

    def win() -> None:
        with acting("claire"):
            prospects.win(again(account))

    assert broken_everywhere(app, win) > 3


def test_another_companys_prospect_is_out_of_reach(
    as_user: AsUser, client: Client, token_of: TokenOf, prospect: Callable[..., Account]
) -> None:
    account, olga = prospect(), as_user("olga")
    assert press(olga, f"/prospects/win/{account.id}").status_code == 404
    url = f"/api/v1/accounts/{account.id}/win"
    assert client.post(url, json={"row_version": 1}, headers=token_of("olga")).status_code == 404


def test_services_are_one(acting: Acting) -> None:
    with acting("claire"):
        made = make(Account, kind=AccountKind.PROSPECT)
        assert made.prospect_status == prospects.default_status(), "kept while it is not shown"
        with pytest.raises(DomainError) as no:
            services.update(made, {"prospect_status": None})
        assert no.value.fields == {"prospect_status": "Required field"}


def test_a_prospect_that_is_merged_with_a_client_is_a_won_one(
    acting: Acting, prospect: Callable[..., Account]
) -> None:
    lost = prospect("Lost")
    with acting("marc"):
        client = make(Account, kind=AccountKind.CLIENT)
        chosen: dict[str, Any] = {
            "kind": AccountKind.CLIENT, "nature": client.nature,
            "prospect_status": again(lost).prospect_status, "lost_reason": again(lost).lost_reason,
        }  # fmt: skip
        merging.ACCOUNTS.settle(chosen)
        assert (str(chosen["prospect_status"]), chosen["lost_reason"]) == ("Won", None)
