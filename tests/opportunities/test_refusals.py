"""Every state × every action: page, API and import refuse the same in the same words."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from crm.accounts.models import Account, LostReason
from crm.opportunities import services
from crm.opportunities.models import Opportunity, Stage
from tests.factories import again, make, person, save, word
from tests.fixtures import Acting, Cast, Client
from tests.imports.conftest import Load, load  # noqa: F401
from tests.pressing import press, version_now

pytestmark = pytest.mark.both
AsUser = Callable[[str], Client]

LAST = "This is the last open stage; win or lose the opportunity."
# state → action → how it is refused; "" where it is done.
STATES = {
    "New": {"reopen": "This opportunity is already open."},
    "Negotiation": {"reopen": "This opportunity is already open.", "next_stage": LAST},
    "Won": {
        **dict.fromkeys(("win", "lose", "next_stage"), "Reopen first."),
        "take_charge": "This opportunity is closed.",
    },
    "Lost": {
        **dict.fromkeys(("win", "lose", "next_stage"), "Reopen first."),
        "take_charge": "This opportunity is closed.",
    },
}
ACTIONS = ("win", "lose", "reopen", "next_stage", "take_charge", "duplicate")
MAP = """
key = { field = "external_ref", found = "update" }
[columns]
ref = "external_ref"
name = "name"
stage = "stage"
reason = "lost_reason"
"""


@pytest.fixture
def deal(acting: Acting) -> Callable[[str], int]:
    """`deal("Won")`: the id of Marc's opportunity in this stage, with an account."""

    def make_one(stage: str) -> int:
        with acting("marc"):
            found = make(Opportunity, account=make(Account), external_ref="1", owner=None)
            outcome: Any = {"lost_reason": word(LostReason, "Price")} if stage == "Lost" else {}
            services.move(found, word(Stage, stage), **outcome)
        return int(found.id)

    return make_one


def wanted(acting: Acting, action: str) -> dict[str, Any]:
    """What the dialog asks."""
    with acting("marc"):
        reason = word(LostReason, "Price").id
    return {"win": {"closed_on": "2027-01-15"},
            "lose": {"closed_on": "2027-01-15", "lost_reason": reason}}.get(action, {})  # fmt: skip


CASES = [(state, action) for state in STATES for action in ACTIONS]


@pytest.mark.parametrize(("state", "action"), CASES)
def test_page_and_api_refuse_the_same(
    as_user: AsUser,
    client: Client,
    token_of: Callable[[str], dict[str, str]],
    acting: Acting,
    deal: Callable[[str], int],
    state: str,
    action: str,
) -> None:
    pk, values = deal(state), wanted(acting, action)
    refusal = STATES[state].get(action, "")
    marc, path = as_user("marc"), f"/opportunities/{action}/{pk}"
    if refusal:
        page = press(marc, path, values)
        assert page.status_code == 303
        if refusal == LAST:  # the page asks instead
            assert page.headers["Location"] == f"/opportunities/win/{pk}"
        else:
            assert refusal in unescape(marc.get(page.headers["Location"]).text)
    body = {"row_version": version_now(marc, path), **values}
    answer = client.post(
        f"/api/v1/opportunities/{pk}/{action}", json=body, headers=token_of("marc")
    )
    told = answer.get_json()
    if refusal:
        assert answer.status_code == 422
        assert refusal in (told["message"], *(told["errors"].get("stage") or ()))
    else:
        assert answer.status_code == (201 if action == "duplicate" else 200), told


# What the stage of a PUT or of a line says.
MOVES = [("Won", "Lost"), ("Lost", "Won")]


@pytest.mark.parametrize(("before", "after"), MOVES)
def test_a_stage_is_refused_by_api_and_import_alike(
    client: Client,
    token_of: Callable[[str], dict[str, str]],
    acting: Acting,
    deal: Callable[[str], int],
    load: Load,  # noqa: F811
    before: str,
    after: str,
) -> None:
    pk = deal(before)
    with acting("marc"):
        stage, reason = word(Stage, after).id, word(LostReason, "Price").id
        version = again(Opportunity(id=pk)).row_version
    body = {"stage": stage, "row_version": version} | (
        {"lost_reason": reason, "closed_on": "2027-01-15"} if after == "Lost" else {}
    )
    answer = client.put(f"/api/v1/opportunities/{pk}", json=body, headers=token_of("marc"))
    assert answer.get_json()["errors"]["stage"] == ["Reopen first."]
    told = load("opportunities", f"ref,name,stage,reason\n1,x,{after},Price\n", MAP)
    assert any("Reopen first." in line for line in told.lines)


def test_the_api_wins_with_others_that_are_lost(
    client: Client, token_of: Callable[[str], dict[str, str]], acting: Acting
) -> None:
    with acting("claire"):
        account = make(Account)
        first, second, third = (make(Opportunity, account=account) for _ in range(3))
        stranger = make(Opportunity)
        reason = word(LostReason, "Price").id
    url, token = f"/api/v1/opportunities/{first.id}/win", token_of("claire")
    body = {"row_version": 1, "closed_on": "2027-01-15", "also_lose": [second.id]}
    no = client.post(url, json=body, headers=token).get_json()
    assert no["errors"] == {"lost_reason": ["Choose a reason."]}
    for others in ([stranger.id], [first.id], "1", [10**9]):
        bad = client.post(url, json={**body, "also_lose": others}, headers=token)
        assert list(bad.get_json()["errors"]) == ["also_lose"]
    done = client.post(url, json={**body, "lost_reason": reason}, headers=token)
    assert done.get_json()["result"]["closed_on"] == "2027-01-15"
    with acting("claire"):
        assert [str(again(one).stage) for one in (first, second, third)] == ["Won", "Lost", "New"]
        assert again(first).lost_reason is None
        assert again(first).account.kind == "client"


def test_the_api_asks_for_the_version_and_tells_what_is_wrong(
    client: Client, token_of: Callable[[str], dict[str, str]], acting: Acting
) -> None:
    with acting("claire"):
        deal = make(Opportunity)
    with acting("claire"):
        save(again(deal), name="Projet Beta")
    url, token = f"/api/v1/opportunities/{deal.id}/lose", token_of("claire")
    old = client.post(url, json={"row_version": 1}, headers=token)
    assert (old.status_code, old.get_json()["result"]["name"]) == (409, "Projet Beta")
    none = client.post(url, json={}, headers=token)
    assert list(none.get_json()["errors"]) == ["row_version"]
    body = {"row_version": 2, "cancel_events": "yes", "name": "x"}
    bad = client.post(url, json=body, headers=token)
    assert list(bad.get_json()["errors"]) == ["cancel_events", "name"]
    assert client.post(url, json={"row_version": 2}, headers=token_of("olga")).status_code == 404
    assert client.post(url, json={"row_version": 2}, headers=token_of("audrey")).status_code == 403
    assert client.post(url, json={"row_version": 2}).status_code == 401


def test_a_salesperson_takes_charge_by_the_api(
    client: Client, token_of: Callable[[str], dict[str, str]], acting: Acting, cast: Cast
) -> None:
    with acting("marc"):
        free, taken = make(Opportunity, owner=None), make(Opportunity, owner=person(cast.hugo))
    token, url = token_of("claire"), "/api/v1/opportunities/{}/take_charge"
    body = {"row_version": 1}
    assert client.post(url.format(free.id), json=body, headers=token).status_code == 200
    no = client.post(url.format(taken.id), json=body, headers=token)
    assert no.get_json()["message"] == "This record is assigned to somebody else."
