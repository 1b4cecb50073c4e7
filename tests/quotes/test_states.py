"""Every state × every act: the same refusal, in the same words, from page, API and import."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from crm.accounts.models import Account
from crm.companies.days import today
from crm.core.models.text import format_day
from crm.importing import import_file
from crm.quotes.models import Quote, QuoteStatus
from crm.quotes.services import moves, states, versions
from crm.quotes.services.finalising import finalise
from crm.quotes.services.states import Act
from tests.factories import again, make
from tests.fixtures import Acting, Client
from tests.pressing import press
from tests.quotes.test_services import item

AsUser = Callable[[str], Client]
TODAY = today("Europe/Paris")  # of the people who act
YEAR = TODAY.year


def in_status(status: QuoteStatus, **values: Any) -> Quote:
    """A quote of whoever acts that has come to this status by the services."""
    account = values.pop("account", None) or make(Account)
    quote: Quote = make(Quote, account=account, lines=[item("1", "100")], **values)
    if status == QuoteStatus.DRAFT:
        return quote
    if status == QuoteStatus.CANCELLED:
        moves.cancel(quote, cancellation_reason="Doublon")
        return quote
    finalise(quote)
    match status:
        case QuoteStatus.SENT:
            moves.mark_sent(quote)
        case QuoteStatus.ACCEPTED:
            moves.accept(quote, accepted_by="Paul Roy")
        case QuoteStatus.REFUSED:
            moves.refuse(quote, refusal_reason="Trop cher")
        case QuoteStatus.REPLACED:
            versions.new_version(quote)
        case QuoteStatus.EXPIRED:
            states.move(quote, Act.EXPIRE)
        case _:
            pass
    return quote


# Act → what the API and the import say for it: the status, and what it needs.
ASKED: dict[Act, dict[str, Any]] = {
    Act.EDIT: {"title": "Autre objet"},
    Act.FINALISE: {"status": "finalised"},
    Act.SEND: {"status": "sent"},
    Act.ACCEPT: {"status": "accepted", "accepted_by": "Paul Roy"},
    Act.REFUSE: {"status": "refused", "refusal_reason": "Trop cher"},
    Act.EXPIRE: {"status": "expired"},
    Act.EXTEND: {"status": "finalised", "valid_until": str(TODAY + timedelta(days=9))},
    Act.CANCEL: {"status": "cancelled", "cancellation_reason": "Doublon"},
    Act.REPLACE: {"status": "replaced"},
}
FORM: dict[Act, dict[str, str]] = {
    Act.EDIT: {"title": "Autre objet"},
    Act.ACCEPT: {"accepted_on": str(TODAY), "accepted_by": "Paul Roy"},
    Act.REFUSE: {"refusal_reason": "Trop cher"},
    Act.EXTEND: {"valid_until": str(TODAY + timedelta(days=9))},
    Act.CANCEL: {"cancellation_reason": "Doublon"},
}
BY_WORKER = (Act.EXPIRE,)  # which no page offers
MAP = 'key = { field = "external_ref", found = "update" }\n[columns]\nref = "external_ref"\n'


@pytest.fixture
def quotes(acting: Acting) -> dict[QuoteStatus, Quote]:
    """A quote of Claire's in each status."""
    with acting("claire"):
        return {status: in_status(status, external_ref=status.value) for status in QuoteStatus}


def illegal(act: Act) -> list[QuoteStatus]:
    return [status for status in QuoteStatus if status not in states.MOVES[act].before]


def words(act: Act, status: QuoteStatus) -> str:
    return str(states.OWN_REFUSALS.get(act) or states.REFUSALS[status])


def test_the_table_has_a_refusal_for_every_state_and_act() -> None:
    assert set(states.REFUSALS) == set(QuoteStatus)
    assert set(states.MOVES) == set(Act)
    assert set(ASKED) | {Act.DELETE, Act.APPROVE, Act.DUPLICATE} == set(Act)


@pytest.mark.slow("requests of eight states, for every act")
@pytest.mark.parametrize("act", [act for act in Act if illegal(act) and act not in BY_WORKER])
def test_a_page_refuses_what_the_state_does_not_allow(
    as_user: AsUser, acting: Acting, quotes: dict[QuoteStatus, Quote], act: Act
) -> None:
    claire = as_user("marc" if act is Act.APPROVE else "claire")
    for status in illegal(act):
        pk = quotes[status].id
        shown = claire.get(f"/quotes/show/{pk}").text
        assert f"/quotes/{act}/{pk}" not in shown, f"{act} is offered where it is {status}"
        answer = press(claire, f"/quotes/{act}/{pk}", FORM.get(act), follow_redirects=True)
        assert answer.status_code == (422 if act is Act.EDIT else 200)
        told = answer.text.replace("&#39;", "'")
        expected = CONTENT if act is Act.EDIT else words(act, status)
        assert expected in told, (act, status)
        with acting("claire"):
            assert again(quotes[status]).status == status


CONTENT = "This quote is finalised; create a new version to change it."


@pytest.mark.both
@pytest.mark.parametrize("act", [act for act in Act if illegal(act) and act not in BY_WORKER])
def test_the_api_refuses_the_same_in_the_same_words(
    client: Client, token_of: Callable[[str], dict[str, str]], acting: Acting,
    quotes: dict[QuoteStatus, Quote], act: Act,
) -> None:  # fmt: skip
    how = {"headers": token_of("marc" if act is Act.APPROVE else "claire")}
    for status in illegal(act):
        quote = quotes[status]
        body = {"row_version": quote.row_version, **ASKED.get(act, {})}
        address = f"/api/v1/quotes/{quote.id}"
        if act is Act.EDIT:
            answer = client.put(address, json=body, **how)
        elif act is Act.DELETE:
            answer = client.delete(address, **how)
        else:
            body.pop("status", None)
            answer = client.post(f"{address}/{act}", json=body, **how)
        assert answer.status_code == 422, (act, status)
        name, expected = ("title", CONTENT) if act is Act.EDIT else ("status", words(act, status))
        assert answer.get_json()["errors"] == {name: [expected]}, (act, status)
        with acting("claire"):
            assert again(quote).status == status


@pytest.mark.both
def test_page_api_and_import_refuse_an_acceptance_before_the_quote(
    app: Flask, client: Client, tmp_path: Path, as_user: AsUser,
    token_of: Callable[[str], dict[str, str]], acting: Acting,
) -> None:  # fmt: skip
    day = TODAY - timedelta(days=1)
    with acting("claire"):
        quote = in_status(QuoteStatus.SENT, external_ref="q", issued_on=TODAY)
    said = {"accepted_on": str(day), "accepted_by": "Paul Roy"}
    told = f"The quote is of {format_day(TODAY)}: it cannot be accepted before."
    page = press(as_user("claire"), f"/quotes/accept/{quote.id}", said)
    assert page.status_code == 422
    assert told in page.text
    body = {"row_version": quote.row_version, **said}
    url = f"/api/v1/quotes/{quote.id}/accept"
    answer = client.post(url, json=body, headers=token_of("claire"))
    assert (answer.status_code, answer.get_json()["errors"]) == (422, {"accepted_on": [told]})
    file, mapping = tmp_path / "file.csv", tmp_path / "map.toml"
    names = ("status", *said)
    mapping.write_text(MAP + "".join(f'{name} = "{name}"\n' for name in names))
    file.write_text(f"ref,{','.join(names)}\nq,accepted,{day},Paul Roy\n")
    with app.app_context():
        lines, is_written = import_file("quotes", file, mapping, ["ACME-FR"], "alice", False)
    assert not is_written
    assert any(told in line for line in lines), lines
    with acting("claire"):
        assert again(quote).status == QuoteStatus.SENT


@pytest.mark.both
def test_a_quote_of_tomorrow_is_accepted_today_whether_the_day_is_told_or_not(
    as_user: AsUser, client: Client, token_of: Callable[[str], dict[str, str]], acting: Acting
) -> None:
    later = TODAY + timedelta(days=3)
    with acting("claire"):
        first, second = (in_status(QuoteStatus.SENT, issued_on=later) for _number in range(2))
        day = moves.local_day(first)
    said = {"accepted_on": str(day), "accepted_by": "Paul Roy"}
    page = press(as_user("claire"), f"/quotes/accept/{first.id}", said)
    body = {"row_version": second.row_version, "accepted_by": "Paul Roy"}
    url = f"/api/v1/quotes/{second.id}/accept"
    told = client.post(url, json=body, headers=token_of("claire"))
    assert (page.status_code, told.status_code) == (303, 200)
    with acting("claire"):
        assert [again(one).accepted_on for one in (first, second)] == [day, day]


# To say "finalised" is to extend an expired quote, and to finalise any other.
UNSAID = {
    (QuoteStatus.EXPIRED, Act.FINALISE),
    (QuoteStatus.EXPIRED, Act.SEND),
    *((status, Act.EXTEND) for status in QuoteStatus if status != QuoteStatus.EXPIRED),
}


@pytest.mark.both
@pytest.mark.parametrize("act", [act for act in ASKED if illegal(act)])
def test_an_import_refuses_the_same_in_the_same_words(
    app: Flask, tmp_path: Path, acting: Acting, quotes: dict[QuoteStatus, Quote], act: Act
) -> None:
    asked = [
        status
        for status in illegal(act)
        if ASKED[act].get("status") != status and (status, act) not in UNSAID
    ]
    if not asked:
        return
    file, mapping = tmp_path / "file.csv", tmp_path / "map.toml"
    names = list(ASKED[act])
    mapping.write_text(MAP + "".join(f'{name} = "{name}"\n' for name in names))
    said = ",".join(ASKED[act].values())
    file.write_text("\n".join([f"ref,{','.join(names)}", *(f"{s.value},{said}" for s in asked)]))
    with app.app_context():
        lines, is_written = import_file("quotes", file, mapping, ["ACME-FR"], "alice", False)
    assert not is_written
    for number, status in enumerate(asked, 2):
        expected = CONTENT if act is Act.EDIT else words(act, status)
        assert any(f"Line {number}" in line and expected in line for line in lines), lines
