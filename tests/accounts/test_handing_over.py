"""One account is handed over, with or without its open work. Source: spec 1.3 and 5.5."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from crm.accounts.models import Account, LostReason
from crm.accounts.services.handing_over import hand_over
from crm.calendar.models import Event
from crm.companies.models import AppSettings, Group
from crm.core.types import utcnow
from crm.opportunities import services as opportunities
from crm.opportunities.models import Opportunity
from tests.breaking import broken_everywhere
from tests.factories import again, make, person, save, word
from tests.fixtures import Acting, Cast, Client
from tests.pressing import press

pytestmark = pytest.mark.both
AsUser = Callable[[str], Client]


@pytest.fixture
def work(acting: Acting, cast: Cast) -> dict[str, Any]:
    """Claire's account with two open opportunities, a lost one, and two planned events."""
    with acting("claire"):
        account = make(Account)
        deals = [make(Opportunity, account=account) for _ in range(3)]
        opportunities.lose(deals[2], lost_reason=word(LostReason, "Price"))
        start = utcnow() + timedelta(days=1)
        times = {"starts_at": start, "ends_at": start + timedelta(hours=1)}
        event = make(Event, account=account, **times)
        private = make(Event, account=account, visibility="private", **times)
    return {"account": account, "deals": deals, "event": event, "private": private}


def owners(acting: Acting, work: dict[str, Any]) -> list[int]:
    """Of the account, its opportunities and its public event."""
    with acting("alice"):
        rows = [work["account"], *work["deals"], work["event"]]
        return [again(row).owner_id for row in rows]


def test_the_dialog_says_what_goes_along_and_does_it(
    as_user: AsUser, acting: Acting, cast: Cast, work: dict[str, Any]
) -> None:
    marc, url = as_user("marc"), f"/clients/change_owner/{work['account'].id}"
    page = marc.get(url, follow_redirects=True).text
    assert "2 open opportunities" in page
    assert "1 planned event" in page
    url = url if "/clients/" in page else url.replace("clients", "prospects")
    data = {"owner": cast.hugo, "shown": ["opportunities", "events"]}
    only_deals = {**data, "tick-opportunities": "1"}
    assert press(marc, url, only_deals).status_code == 303
    claire, hugo = cast.claire, cast.hugo
    assert owners(acting, work) == [hugo, hugo, hugo, claire, claire]
    with acting("claire"):
        assert again(work["private"]).owner_id == claire


def test_by_the_api_it_is_said_what_goes_along(
    client: Client,
    token_of: Callable[[str], dict[str, str]],
    acting: Acting,
    cast: Cast,
    work: dict[str, Any],
) -> None:
    url, token = f"/api/v1/accounts/{work['account'].id}/change_owner", token_of("marc")
    none = client.post(url, json={"row_version": 1}, headers=token).get_json()
    assert none["errors"] == {"owner": ["Required field"]}
    body = {"row_version": 1, "owner": cast.hugo, "events": True}
    assert client.post(url, json=body, headers=token).status_code == 200
    claire, hugo = cast.claire, cast.hugo
    assert owners(acting, work) == [hugo, claire, claire, claire, hugo]


def test_it_needs_the_scope_company(
    as_user: AsUser,
    client: Client,
    token_of: Callable[[str], dict[str, str]],
    cast: Cast,
    work: dict[str, Any],
) -> None:
    claire, pk = as_user("claire"), work["account"].id
    page = claire.get(f"/prospects/show/{pk}", follow_redirects=True).text
    assert "change_owner" not in page
    assert claire.get(f"/prospects/change_owner/{pk}").status_code == 403
    body = {"row_version": 1, "owner": cast.hugo}
    answer = client.post(
        f"/api/v1/accounts/{pk}/change_owner", json=body, headers=token_of("claire")
    )
    assert answer.status_code == 403
    assert as_user("olga").get(f"/prospects/change_owner/{pk}").status_code in (403, 404)


def test_only_to_whom_the_settings_allow(
    as_user: AsUser, acting: Acting, cast: Cast, work: dict[str, Any]
) -> None:
    with acting("alice") as session:
        settings = session.get_one(AppSettings, 1)
        save(
            settings, assignable_users="groups", assignable_groups=[session.get(Group, cast.sales)]
        )
    marc, pk = as_user("marc"), work["account"].id
    base = "clients" if marc.get(f"/clients/show/{pk}").status_code == 200 else "prospects"
    data = {"owner": cast.marc, "shown": ["opportunities", "events"]}
    assert press(marc, f"/{base}/change_owner/{pk}", data).status_code == 422
    assert owners(acting, work)[0] == cast.claire


def test_a_hand_over_is_done_whole_or_not_at_all(
    app: Flask, acting: Acting, cast: Cast, work: dict[str, Any]
) -> None:
    def act() -> None:
        with acting("marc"):
            kinds = ("opportunities", "events")
            hand_over(again(work["account"]), owner=person(cast.hugo), along=kinds)

    assert broken_everywhere(app, act) > 10
    claire, hugo = cast.claire, cast.hugo
    assert owners(acting, work) == [hugo, hugo, hugo, claire, hugo]
