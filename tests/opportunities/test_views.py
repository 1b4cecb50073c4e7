"""/opportunities: stages, winning and losing, recurring revenue, the client's notes."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, timedelta
from decimal import Decimal

import pytest

from crm.accounts.models import Account, AccountKind, LostReason
from crm.companies.days import today
from crm.companies.models import AppSettings
from crm.opportunities.models import Opportunity, Stage
from tests.factories import again, make, person, save, word
from tests.fixtures import Acting, Cast, Client
from tests.pressing import press

AsUser = Callable[[str], Client]


@pytest.fixture
def deal(acting: Acting) -> Opportunity:
    """Claire's opportunity with a prospect."""
    with acting("claire"):
        account = make(Account, kind=AccountKind.PROSPECT, notes="Décide en mars.\n\nPaie à 30 j.")
        found: Opportunity = make(Opportunity, account=account, amount=Decimal(18500))
    return found


def switch(acting: Acting, **settings: bool) -> None:
    """Turn switches of the settings, as Alice would."""
    with acting("alice") as session:
        save(session.get_one(AppSettings, 1), **settings)


def test_the_stage_bar_moves_it_among_open_stages(
    as_user: AsUser, acting: Acting, deal: Opportunity
) -> None:
    with acting("claire"):
        proposal, won = word(Stage, "Proposal").id, word(Stage, "Won").id
    claire = as_user("claire")
    assert (
        f"/opportunities/move/{deal.id}/{proposal}"
        in claire.get(f"/opportunities/show/{deal.id}").text
    )
    assert press(claire, f"/opportunities/move/{deal.id}/{proposal}").status_code == 303
    with acting("claire"):
        assert again(deal).probability == 50, "the stage proposes its own"
    asked = press(claire, f"/opportunities/move/{deal.id}/{won}")
    assert asked.headers["Location"] == f"/opportunities/win/{deal.id}"
    with acting("claire"):
        assert again(deal).stage_id == proposal, "winning is asked for, not done"


@pytest.mark.accept("A-47")
def test_winning_one_loses_those_that_were_ticked(
    as_user: AsUser, acting: Acting, deal: Opportunity
) -> None:
    with acting("claire"):
        account = again(deal).account
        ticked = make(Opportunity, name="Projet Beta", account=account)
        left = make(Opportunity, name="Projet Gamma", account=account)
        reason = word(LostReason, "Price").id
    claire, url = as_user("claire"), f"/opportunities/win/{deal.id}"
    page = claire.get(url).text
    assert "Projet Beta" in page
    assert "Faro becomes a client." in page
    assert "Keep it open" in page
    data = {"closed_on": "2027-01-15", "amount": "18,000.00", f"tick-{ticked.id}": "1"}
    refused = press(claire, url, data)
    assert refused.status_code == 422, "the ticked one needs a reason"
    with acting("claire"):
        assert not again(deal).is_closed, "all or nothing"
    assert press(claire, url, {**data, "lost_reason": reason}).status_code == 303
    with acting("claire"):
        assert (again(deal).closed_on, again(deal).amount) == (date(2027, 1, 15), Decimal(18000))
        assert again(ticked).lost_reason_id == reason
        assert not again(left).is_closed
        assert again(deal).account.kind == AccountKind.CLIENT


def test_winning_without_an_account_asks_for_one(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        deal = make(Opportunity)
        account = make(Account)
    claire, url = as_user("claire"), f"/opportunities/win/{deal.id}"
    refused = press(claire, url, {"closed_on": "2027-01-15"})
    assert 'id="e-account"' in refused.text
    data = {"closed_on": "2027-01-15", "account": account.id}
    assert press(claire, url, data).status_code == 303


@pytest.mark.accept("A-48")
@pytest.mark.accept("A-49")
def test_losing_asks_for_a_reason_and_reopening_takes_it_back(
    as_user: AsUser, acting: Acting, deal: Opportunity
) -> None:
    with acting("claire"):
        reason = word(LostReason, "Price").id
    claire = as_user("claire")
    refused = press(claire, f"/opportunities/lose/{deal.id}", {"closed_on": "2027-01-15"})
    assert 'id="e-lost_reason"' in refused.text
    data = {"closed_on": "2027-01-15", "lost_reason": reason}
    assert press(claire, f"/opportunities/lose/{deal.id}", data).status_code == 303
    lost = claire.get(f"/opportunities/show/{deal.id}").text
    assert "Reopen" in lost
    assert "/opportunities/win/" not in lost
    press(claire, f"/opportunities/reopen/{deal.id}")
    with acting("claire"):
        now = again(deal)
        assert (now.is_closed, now.closed_on, now.probability) == (False, None, 10)


@pytest.mark.accept("A-12")
def test_recurring_revenue_leaves_no_trace_while_it_is_off(
    as_user: AsUser, acting: Acting, deal: Opportunity
) -> None:
    claire = as_user("claire")
    paths = ("/opportunities/list/", f"/opportunities/show/{deal.id}", "/opportunities/add")
    for path in paths:
        assert "ecurring" not in claire.get(path).text, path
    assert "ecurring" not in claire.get("/opportunities/export").text
    assert claire.get(f"/opportunities/field/{deal.id}/recurring_amount").status_code == 404
    assert claire.post("/opportunities/preview").status_code == 404
    switch(acting, manage_recurring=True)
    for path in paths:
        assert "ecurring" in claire.get(path).text, path
    assert "Recurring total" in claire.get("/opportunities/export").text


@pytest.mark.accept("A-51")
@pytest.mark.accept("A-52")
def test_recurring_figures_follow_what_is_typed(as_user: AsUser, acting: Acting) -> None:
    switch(acting, manage_recurring=True)
    typed = {
        "currency": "EUR", "recurring_amount": "1,200.00", "recurring_period": "3",
        "recurring_duration": "18", "recurring_start_on": "31/08/2027",
    }  # fmt: skip
    figures = as_user("claire").post("/opportunities/preview", data=typed).json
    assert figures["recurring_total"] == "€7,200.00"
    assert figures["recurring_monthly"] == "€400.00"
    assert figures["recurring_end_on"] == "28 Feb 2029"
    nothing = as_user("claire").post("/opportunities/preview", data={"recurring_amount": "abc"})
    assert nothing.json["recurring_total"] == ""


@pytest.mark.accept("A-13")
def test_an_empty_duration_is_the_default_one(as_user: AsUser, acting: Acting, cast: Cast) -> None:
    switch(acting, manage_recurring=True)
    data = {
        "name": "Contrat", "stage": 1, "owner": cast.claire, "currency": "EUR",
        "recurring_amount": "450.00", "recurring_period": "1",
    }  # fmt: skip
    made = as_user("claire").post("/opportunities/add", data=data)
    page = as_user("claire").get(made.headers["Location"]).text
    assert "€5,400.00" in page


@pytest.mark.accept("A-06")
@pytest.mark.accept("A-07")
@pytest.mark.accept("A-08")
def test_the_clients_notes_are_read_live_while_the_switch_is_on(
    as_user: AsUser, acting: Acting, deal: Opportunity
) -> None:
    claire, url = as_user("claire"), f"/opportunities/show/{deal.id}"
    assert "Décide en mars." not in claire.get(url).text
    switch(acting, show_customer_description=True)
    page = claire.get(url).text
    assert "Décide en mars." in page
    assert "Open the Information tab" in page
    found = claire.get("/opportunities/list/?_flt_0_account.notes=mars").text
    assert "Projet Alpha" in found
    with acting("claire"):
        save(again(deal).account, notes="Décide en mai.")
    assert "Décide en mai." in claire.get(url).text
    with acting("claire"):
        save(again(deal).account, notes=None)
    assert "No notes yet" in claire.get(url).text
    switch(acting, show_customer_description=False)
    assert "Client description" not in claire.get(url).text
    assert "Client description" not in claire.get("/opportunities/list/").text


def test_the_memo_is_for_those_who_may_edit(
    as_user: AsUser, acting: Acting, deal: Opportunity
) -> None:
    with acting("claire"):
        save(again(deal), memo="Marge serrée")
    url = f"/opportunities/show/{deal.id}"
    assert "Marge serrée" in as_user("claire").get(url).text
    for address in (url, f"{url}?tab=history", "/opportunities/export"):
        assert "Marge serrée" not in as_user("hugo").get(address).text, address
    assert "Marge serrée" not in as_user("marc").get("/opportunities/export").text


def test_sums_are_told_per_currency(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        for currency in ("EUR", "EUR", "GBP"):
            make(Opportunity, amount=Decimal(100), currency=currency)
    page = as_user("claire").get("/opportunities/list/").text
    assert "€200.00" in page
    assert "£100.00" in page


def test_what_is_overdue_says_so(as_user: AsUser, acting: Acting) -> None:
    with acting("claire"):
        make(Opportunity, expected_close_on=today() - timedelta(days=2))
    assert "Overdue" in as_user("claire").get("/opportunities/list/").text


def test_a_closed_one_keeps_its_figures(as_user: AsUser, acting: Acting, deal: Opportunity) -> None:
    with acting("claire"):
        reason = word(LostReason, "Price").id
    claire = as_user("claire")
    data = {"closed_on": "2027-01-15", "lost_reason": reason}
    press(claire, f"/opportunities/lose/{deal.id}", data)
    form = claire.get(f"/opportunities/edit/{deal.id}").text
    assert 'name="amount"' not in form
    assert 'name="description"' in form


@pytest.mark.accept("A-24")
def test_another_companys_opportunity_does_not_exist(as_user: AsUser, deal: Opportunity) -> None:
    olga, pk = as_user("olga"), deal.id
    for path in (f"show/{pk}", f"edit/{pk}", f"win/{pk}", f"lose/{pk}", f"field/{pk}/amount"):
        assert olga.get(f"/opportunities/{path}").status_code == 404, path
    for path in (f"win/{pk}", f"lose/{pk}", f"reopen/{pk}", f"move/{pk}/2", f"take_charge/{pk}"):
        assert olga.post(f"/opportunities/{path}").status_code == 404, path
    assert olga.get("/opportunities/show/99999999999").status_code == 404


def test_statements_stay_few(
    as_user: AsUser,
    acting: Acting,
    cast: Cast,
    counting: Callable[[], AbstractContextManager[list[str]]],
    deal: Opportunity,
) -> None:
    switch(acting, manage_recurring=True, show_customer_description=True, manage_agencies=True)
    with acting("marc"):
        for _ in range(12):
            make(Opportunity, owner=person(cast.hugo), account=again(deal).account)
    marc = as_user("marc")
    budgets = {
        "/opportunities/list/": 8,
        f"/opportunities/show/{deal.id}": 14,
        f"/opportunities/edit/{deal.id}": 12,
        "/opportunities/add": 12,
    }
    for address, budget in budgets.items():
        with counting() as statements:
            assert marc.get(address).status_code == 200
        assert len(statements) <= budget, address


def test_without_script_a_picker_takes_the_one_row_of_a_name(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("claire"):
        account = make(Account, name="Librairie Garance")
    claire = as_user("claire")
    assert 'name="account_search"' in claire.get("/opportunities/add").text
    typed = {"name": "Mobilier", "account": "", "currency": "EUR", "owner": cast.claire}
    made = claire.post("/opportunities/add", data=typed | {"account_search": "garance"})
    assert made.status_code == 303
    assert "Librairie Garance" in claire.get(made.headers["Location"]).text
    vague = claire.post("/opportunities/add", data=typed | {"account_search": "nowhere"})
    assert vague.status_code == 422
    assert "“nowhere” does not match one record" in vague.text
    assert account.name in claire.get("/clients/list/").text + claire.get("/prospects/list/").text
