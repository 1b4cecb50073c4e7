"""A private event of Hugo's, and every address: nobody else reads a word or a number of it."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from crm.accounts.models import Account
from crm.calendar import services
from crm.calendar.models import Event, Visibility
from crm.core.db import db
from crm.leads.models import Lead
from tests.factories import again, make
from tests.fixtures import Acting, Cast, Client
from tests.pressing import press

AsUser = Callable[[str], Client]
START = datetime.now(UTC).replace(microsecond=0, second=0, minute=0) + timedelta(days=3)
WORDS = ("Zqobjet", "Zqlieu", "Zqdetail", "Zqbilan", "zqinvite", "Zqvideo")
BUSY = re.compile(r'<section class="c-gap-t" aria-labelledby="busy".*?</section>', re.DOTALL)
OTHERS = ("alice", "marc", "claire", "ines", "audrey", "olga")


@pytest.fixture
def account(acting: Acting) -> Account:
    """A prospect that everybody of the company reads."""
    with acting("hugo"):
        found: Account = make(Account)
    return found


@pytest.fixture
def private(acting: Acting, account: Account) -> Event:
    with acting("hugo"):
        found: Event = make(
            Event,
            subject="Zqobjet",
            location="Zqlieu",
            description="<p>Zqdetail</p>",
            outcome="Zqbilan",
            video_url="https://Zqvideo.example/",
            visibility=Visibility.PRIVATE,
            account=again(account),
            starts_at=START,
            ends_at=START + timedelta(hours=1),
            participants=[{"email": "zqinvite@acme.example"}],
        )
    return found


def reads(event: Event, account: Account, cast: Cast) -> Iterator[str]:
    """Addresses that are about events, with all that could lead to this one."""
    pk = event.id
    for page in ("show", "edit", "history", "menu", "neighbors", "mark_done", "details"):
        yield f"/events/{page}/{pk}"
    columns = {
        "type": "meeting", "status": "planned", "owner": cast.hugo, "account": account.id,
        "visibility": "private", "availability": "busy", "company": cast.france,
    }  # fmt: skip
    for place in ("list", "export", "totals", "counts"):
        path = f"/events/{place}" + ("" if place == "export" else "/")
        yield path
        for name, value in columns.items():
            yield f"{path}?_flt_0_{name}={value}"
        for word in (*WORDS, "obje", "Zq"):
            yield f"{path}?search={word}"
        for order in ("subject", "starts_at", "owner", "agency"):
            yield f"{path}?_oc_EventView={order}&_od_EventView=desc"
    yield "/events/bin/"
    yield f"/prospects/show/{account.id}"
    yield f"/prospects/show/{account.id}?tab=events.account"
    yield f"/prospects/history/{account.id}"
    yield f"/prospects/row_menu/{account.id}"
    yield from ("/", "/notices/", "/outbox/list/", "/leads/list/", "/calendar/")
    yield from (f"/search?q={word}" for word in WORDS)
    around = {"from": START - timedelta(days=3), "to": START + timedelta(days=3)}
    moments = "&".join(f"{n}={m:%Y-%m-%dT%H:%M:%S}%2B00:00" for n, m in around.items())
    yield f"/calendar/rows?people={cast.hugo}&{moments}"
    yield f"/calendar/rows?people={cast.hugo}&types=meeting&{moments}"


def words_in(text: str) -> list[str]:
    """The words of the event in an answer."""
    return [word for word in WORDS if word.lower() in text.lower()]


@pytest.mark.both
@pytest.mark.accept("A-76")
@pytest.mark.parametrize("person", OTHERS)
def test_no_page_shows_a_word_of_it(
    person: str, private: Event, account: Account, as_user: AsUser, cast: Cast
) -> None:
    client, own = as_user(person), as_user("hugo")
    seen = 0
    for path in reads(private, account, cast):
        answer = client.get(path)
        assert answer.status_code < 500, path
        asked = path.partition("search=")[2] or path.partition("q=")[2]
        text = answer.get_data(as_text=True).replace(asked, "") if asked else answer.text
        assert words_in(text) == [], path
        if f"/{private.id}" in path and path.startswith("/events/"):
            assert answer.status_code in (403, 404), path
        seen += "Zqobjet" in own.get(path).get_data(as_text=True) if person == "claire" else 0
    assert seen > 10 or person != "claire", "the words would be found"


def without_number(text: str) -> str:
    """A page without what differs each time: tokens and numbers of requests."""
    return re.sub(r'(content|value|nonce)="[^"]{20,}"|\?v=\w+', "", text)


@pytest.mark.parametrize("person", ["alice", "claire"])
def test_every_answer_is_as_if_there_were_none_but_its_time(
    app: Flask,
    person: str,
    private: Event,
    account: Account,
    as_user: AsUser,
    acting: Acting,
    cast: Cast,
) -> None:
    """Counts, orders, filters and searches: with the event and without it, the same page."""
    client = as_user(person)
    paths = [one for one in reads(private, account, cast) if "rows" not in one]
    seen = {path: told(client, path) for path in paths}
    with acting("hugo") as session:
        session.delete(again(private))
    for limiter in app.extensions["limiter"]:
        limiter.reset()  # the second half of the answers is within the same minute
    for path, before in seen.items():
        assert told(client, path) == before, path


def told(client: Client, path: str) -> tuple[int, str]:
    answer = client.get(path)
    text = without_number(answer.get_data(as_text=True))
    return answer.status_code, " ".join(BUSY.sub("", text).split())


@pytest.mark.accept("A-76")
@pytest.mark.parametrize("person", ["claire", "alice"])
def test_the_list_the_calendar_and_the_api_say_when_he_is_busy(
    person: str, private: Event, as_user: AsUser, token_of: Any, client: Client, cast: Cast
) -> None:
    page = as_user(person).get("/events/list/").get_data(as_text=True)
    part = page.partition("Private times of others")[2]
    assert "Busy" in part
    assert "Hugo Henry" in part
    assert "<a " not in part.partition("</section>")[0]
    for asked in ("?search=Busy", "?_flt_0_type=meeting", "?_oc_EventView=subject"):
        assert "Private times" not in as_user(person).get(f"/events/list/{asked}").text, asked
    assert "Private times" in as_user(person).get(f"/events/list/?_flt_0_owner={cast.hugo}").text
    assert "Private times" not in as_user(person).get("/events/list/?_flt_0_owner=me").text
    around = {"from": START - timedelta(days=1), "to": START + timedelta(days=1)}
    asked = {**{n: m.isoformat() for n, m in around.items()}, "people": str(cast.hugo)}
    rows = as_user(person).get("/calendar/rows", query_string=asked).json
    assert rows["id"] == []
    assert rows["busy"] == [[24 * 60, 60, 0, cast.hugo, "Busy"]]
    narrowed = {**asked, "types": "meeting"}
    assert as_user(person).get("/calendar/rows", query_string=narrowed).json["busy"] == []
    found = api(client, token_of(person), "/api/v1/events/")
    time = {
        "starts_at": f"{START:%Y-%m-%dT%H:%M:%S}Z",
        "ends_at": f"{START + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}Z",
        "all_day": False, "owner": cast.hugo, "availability": "busy",
    }  # fmt: skip
    assert (found["count"], found["ids"], found["busy"]) == (0, [], [time])


def api(client: Client, token: Any, path: str) -> dict[str, Any]:
    answer = client.get(path, headers=token)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


@pytest.mark.both
@pytest.mark.parametrize("person", OTHERS)
def test_the_api_neither_finds_nor_changes_it(
    person: str, private: Event, account: Account, token_of: Any, client: Client
) -> None:
    token = token_of(person)
    path = f"/api/v1/events/{private.id}"
    assert client.get(path, headers=token).status_code == 404
    assert client.delete(path, headers=token).status_code in (403, 404)
    change = {"row_version": 1, "subject": "Autre"}
    assert client.put(path, json=change, headers=token).status_code in (403, 404)
    filters = [
        {"col": "visibility", "opr": "eq", "value": "private"},
        {"col": "type", "opr": "eq", "value": "meeting"},
        {"col": "account", "opr": "rel_o_m", "value": account.id},
    ]
    asked: list[dict[str, Any]] = [{"search": word} for word in WORDS]
    asked += [{"filters": [one]} for one in filters]
    asked += [{"order_column": "changed_on"}, {"order_column": "subject"}]
    for q in asked:
        answer = client.get("/api/v1/events/", query_string={"q": json.dumps(q)}, headers=token)
        if answer.status_code != 200:
            assert answer.status_code in (400, 422), q
            continue
        assert (answer.json["count"], answer.json["busy"]) == (0, []), q
        assert words_in(answer.text) == []
    assert client.get("/api/v1/events/_deleted", headers=token).json["result"] == []


@pytest.mark.parametrize("person", ["alice", "marc", "claire"])
def test_nobody_acts_on_it(person: str, private: Event, as_user: AsUser, acting: Acting) -> None:
    client = as_user(person)
    acts = ("mark_done", "cancel", "reopen", "take_charge", "delete", "restore", "edit")
    for act in acts:
        answer = client.post(f"/events/{act}/{private.id}", data={"row_version": "1"})
        assert answer.status_code in (403, 404), act
        assert words_in(answer.text) == []
    with acting("hugo"):
        assert again(private).row_version == private.row_version


def test_it_stays_with_who_is_deactivated(
    private: Event, as_user: AsUser, acting: Acting, cast: Cast, everything: Any
) -> None:
    with acting("hugo"):
        make(Event, subject="Publique")
    alice, address = as_user("alice"), f"/users/deactivate/{cast.hugo}"
    dialog = alice.get(address).get_data(as_text=True)
    assert "as nobody else sees them: 1 planned event." in dialog
    assert words_in(dialog) == []
    data = {"owner": str(cast.claire), "shown": "events", "tick.events": "1"}
    assert press(alice, address, data).status_code == 303
    with acting("claire"):
        assert list(db.session.scalars(select(Event.subject))) == ["Publique"]
    with everything() as session:
        assert session.scalar(select(Event.owner_id).where(Event.id == private.id)) == cast.hugo


def test_the_sign_and_the_word_stand_where_one_sees_it(
    private: Event, account: Account, as_user: AsUser
) -> None:
    hugo = as_user("hugo")
    for path in (
        "/events/list/", f"/events/show/{private.id}", f"/prospects/show/{account.id}",
    ):  # fmt: skip
        page = hugo.get(path).get_data(as_text=True)
        assert "Private" in page, path
        assert "#i-lock" in page, path


def test_a_form_refuses_to_make_anothers_event_private(acting: Acting, as_user: AsUser) -> None:
    with acting("claire"):
        event = make(Event)
    page = press(as_user("marc"), f"/events/edit/{event.id}", {"visibility": "private"})
    assert "Only the person to whom it is assigned can change who sees it." in page.text


def test_the_next_event_of_a_record_leaves_it_out(
    private: Event, account: Account, as_user: AsUser, acting: Acting
) -> None:
    with acting("claire"):
        assert db.session.scalar(select(func.max(Account.next_event_at))) is None
        later = make(Event, account=again(account), subject="Publique", starts_at=START)
        assert later.account.next_event_at == START
    assert "Publique" in as_user("alice").get(f"/prospects/show/{account.id}").text
    with acting("hugo"):
        services.update(again(private), {"visibility": Visibility.PUBLIC})
        assert db.session.scalar(select(func.count()).select_from(Lead)) == 0


@pytest.mark.both
def test_a_purged_one_is_reported_to_its_owner_alone(
    acting: Acting, everything: Any, token_of: Any, client: Client
) -> None:
    with acting("marc"):
        private, public = make(Event, visibility=Visibility.PRIVATE), make(Event)
        for one in (private, public):
            services.delete(one)
    deleted = "/api/v1/events/_deleted"
    for is_purged in (False, True):
        if is_purged:
            with everything() as session:
                for pk in (private.id, public.id):
                    session.delete(session.get(Event, pk))
        for person, mine in (("alice", [public.id]), ("marc", [private.id, public.id])):
            told = api(client, token_of(person), deleted)["result"]
            assert sorted(one["id"] for one in told) == mine, (person, is_purged)


@pytest.mark.parametrize("person", ["alice", "claire"])
def test_no_address_of_events_and_calendar_knows_its_id(
    person: str, private: Event, as_user: AsUser, app: Flask
) -> None:
    """All of them, those that come later too."""
    client = as_user(person)
    rules = [
        rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(("/events/", "/calendar/")) and rule.arguments == {"pk"}
    ]
    assert len(rules) > 10
    for rule in rules:
        path = re.sub(r"<[^>]*>", str(private.id), rule.rule)
        for method in sorted({"GET", "POST"} & (rule.methods or set())):
            answer = client.open(path, method=method, data={"row_version": "1"})
            assert answer.status_code in (403, 404), (method, path)
            assert words_in(answer.text) == [], (method, path)
