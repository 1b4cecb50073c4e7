"""The bell of the top bar, the list under it, and what one wants to be told of."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.accounts.models import Account, AccountKind
from crm.companies.models import User
from crm.core.types import utcnow
from crm.leads.models import Lead
from crm.notices.kinds import ANSWERED, ASSIGNED, IMPORTED, MAIL_FAILED, QUOTE_ANSWERED
from crm.notices.models import Notice, NoticeChoice
from crm.notices.views import CHOSEN
from tests import markup
from tests.factories import make, person
from tests.fixtures import Acting, Cast, Client
from tests.markup import Element
from tests.pressing import press

As = Callable[[str], Client]
Everything = Callable[[], AbstractContextManager[Session]]


def bell(text: str) -> Element:
    page, _ = markup.read(text)
    return next(one for one in page.all("button") if "data-bell" in one.attributes)


@pytest.fixture
def two(acting: Acting, cast: Cast) -> list[int]:
    """Two leads that Marc gave to Claire, one after the other."""
    found = []
    for name in ("Durand", "Roche"):
        with acting("marc"):
            found.append(make(Lead, organization=name, owner=person(cast.claire)).id)
    return found


def notices(session: Session) -> list[Notice]:
    return list(session.scalars(select(Notice).order_by(Notice.id)))


def test_the_bell_counts_what_was_not_read(as_user: As, two: list[int]) -> None:
    claire = as_user("claire")
    assert bell(claire.get("/leads/list/").text).get("aria-label") == "Notifications: 2 unread"
    assert claire.get("/notices/count").get_json() == {
        "shown": "2", "label": "Notifications: 2 unread",
    }  # fmt: skip
    assert bell(as_user("hugo").get("/").text).get("aria-label") == "Notifications"


def test_the_bell_speaks_french(as_user: As, two: list[int], everything: Everything) -> None:
    with everything() as session:
        session.execute(update(User).values(language="fr"))
    claire = as_user("claire")
    assert claire.get("/notices/count").get_json()["label"] == "Notifications\u00a0: 2 non lues"
    assert "Marc Morel vous a assigné la piste Roche" in claire.get("/notices/latest").text


def test_the_bell_counts_to_ninety_nine(as_user: As, everything: Everything, cast: Cast) -> None:
    with everything() as session:
        session.add_all(
            Notice(user_id=cast.claire, kind=IMPORTED, cause=str(number), args={})
            for number in range(120)
        )
    assert as_user("claire").get("/notices/count").get_json()["shown"] == "99+"


def test_the_bell_takes_one_statement_and_its_list_few(
    as_user: As, two: list[int], counting: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    claire = as_user("claire")
    with counting() as statements:
        claire.get("/notices/count")
    assert len(statements) == 2  # who asks
    assert sum("notice" in one for one in statements) == 1
    with counting() as statements:
        assert "Roche" in claire.get("/notices/list/").text
    assert len(statements) <= 5


def test_asking_for_the_count_writes_nothing(as_user: As, app: Flask) -> None:
    claire = as_user("claire")
    claire.get("/")
    with claire.session_transaction() as session:
        session.permanent = True
    read = {"Sec-Fetch-Dest": "empty"}  # as a browser says of what a script asks for
    answer = claire.get("/notices/count", headers=read)
    assert "Set-Cookie" not in answer.headers
    assert answer.content_length is not None
    assert answer.content_length < 100


def test_a_notice_is_read_by_its_person_alone(
    as_user: As, two: list[int], everything: Everything
) -> None:
    with everything() as session:
        first, second = (one.id for one in notices(session))
    for name in ("hugo", "marc", "alice", "olga"):
        assert as_user(name).post(f"/notices/read/{first}").status_code == 404
        assert as_user(name).post("/notices/all_read").status_code == 303
    claire = as_user("claire")
    assert claire.post(f"/notices/read/{first}", headers={"HX-Request": "true"}).status_code == 204
    assert claire.post(f"/notices/read/{first}").status_code == 303
    with everything() as session:
        assert [one.read_at is None for one in notices(session)] == [False, True]
    assert "Durand" not in claire.get("/notices/list/").text
    assert "Durand" in claire.get("/notices/list/?show=all").text
    claire.post("/notices/all_read")
    assert claire.get("/notices/count").get_json()["shown"] == ""
    assert "No unread notifications" in claire.get("/notices/list/").text
    with everything() as session:
        assert second in [one.id for one in notices(session) if one.read_at]


def test_all_are_read_but_those_that_came_since_the_list_was_shown(
    as_user: As, two: list[int], acting: Acting, cast: Cast, everything: Everything
) -> None:
    claire = as_user("claire")
    for path in ("/notices/list/", "/notices/latest"):
        page = claire.get(path).text
        newest = re.search(r'(?:name="newest" value|data-latest)="(\d+)"', page)
        assert newest
        with acting("marc"):
            make(Lead, organization=f"Late {path}", owner=person(cast.claire))
        claire.post("/notices/all_read", data={"newest": newest[1]})
        with everything() as session:
            assert [one.read_at is None for one in notices(session)][-2:] == [False, True]


def test_no_path_leads_to_the_notices_of_others(as_user: As, two: list[int]) -> None:
    for name in ("hugo", "olga", "alice", "nadia"):
        other = as_user(name)
        for path in ("/notices/list/", "/notices/list/?show=all", "/notices/latest", "/"):
            answer = other.get(path)
            assert answer.status_code == 200
            assert "assigned you" not in answer.text
        assert other.get("/notices/list/?show=all&before=999").status_code == 200


def test_long_lists_have_pages(as_user: As, everything: Everything, cast: Cast) -> None:
    names = ("file", "entity", "created", "updated", "refused")
    with everything() as session:
        session.add_all(
            Notice(user_id=cast.claire, kind=IMPORTED, cause=str(number), read_at=utcnow(),
                   args=dict(zip(names, (f"nr-{number:02}.csv", "leads", 1, 0, 0), strict=True)))
            for number in range(60)
        )  # fmt: skip
    claire, path, seen = as_user("claire"), "/notices/list/?show=all", 0
    while path:
        page, _ = markup.read(claire.get(path).text)
        seen += sum("c-notice" in one.get("class").split() for one in page.all("li"))
        path = next((one.get("href") for one in page.all("a") if one.get("rel") == "next"), "")
    assert seen == 60
    assert claire.get("/notices/list/?before=x").status_code == 400


def test_every_way_to_assign_tells(
    as_user: As, token_of: Callable[[str], dict[str, str]], acting: Acting, cast: Cast
) -> None:
    marc = as_user("marc")
    with acting("marc"):
        lead = make(Lead, owner=None)
    as_claire = {"owner": str(cast.claire)}
    assert press(marc, f"/leads/field/{lead.id}/owner", data=as_claire).status_code < 400
    as_hugo = {"owner": cast.hugo, "row_version": 2}
    api = f"/api/v1/leads/{lead.id}"
    assert marc.put(api, json=as_hugo, headers=token_of("marc")).status_code == 200
    assert press(marc, f"/leads/take_charge/{lead.id}").status_code == 303
    told = [as_user(name).get("/notices/count").get_json()["shown"] for name in ("claire", "hugo")]
    assert told == ["1", "1"]
    assert marc.get("/notices/count").get_json()["shown"] == ""


def test_a_person_handed_a_colleague_s_records_is_told_once(
    as_user: As, acting: Acting, cast: Cast
) -> None:
    with acting("hugo"):
        for number in range(3):
            make(Lead, organization=f"Nr {number}", owner=person(cast.hugo))
        make(Account, kind=AccountKind.CLIENT, owner=person(cast.hugo))
    values = {"owner": str(cast.claire), "tick-leads": "1", "tick-accounts": "1"}
    answer = press(as_user("alice"), f"/users/deactivate/{cast.hugo}", data=values)
    assert answer.status_code == 303
    told = as_user("claire").get("/notices/latest").text
    assert "Alice Arnaud assigned you 3 leads" in told
    assert "Alice Arnaud assigned you the client Faro" in told


def ticks(client: Client) -> dict[str, bool]:
    """The boxes of the page of choices: name → whether it is ticked."""
    page, _ = markup.read(client.get("/notices/choices").text)
    boxes = [one for one in page.all("input") if one.get("type") == "checkbox"]
    return {one.get("name"): "checked" in one.attributes for one in boxes}


def test_one_chooses_what_one_is_told_of(as_user: As, everything: Everything, cast: Cast) -> None:
    claire, default = as_user("claire"), ticks(as_user("hugo"))
    assert ticks(claire) == default == {
        f"{place}-{kind}": place == "page" for kind in CHOSEN for place in ("page", "mail")
    }  # fmt: skip
    assert "claire@acme.example" in claire.get("/notices/choices").text
    chosen = {
        f"page-{IMPORTED}": "1",
        f"page-{ANSWERED}": "1",
        f"mail-{ASSIGNED}": "1",
        "page-other": "1",
    }
    assert claire.post("/notices/choices", data=chosen).status_code == 303
    with everything() as session:
        columns = (NoticeChoice.user_id, NoticeChoice.kind, NoticeChoice.in_page)
        found = session.execute(select(*columns, NoticeChoice.by_mail))
        assert {tuple(one) for one in found} == {
            (cast.claire, ASSIGNED, False, True), (cast.claire, MAIL_FAILED, False, False),
            (cast.claire, QUOTE_ANSWERED, False, False),
        }  # fmt: skip
    assert {name for name, on in ticks(claire).items() if on} == chosen.keys() - {"page-other"}
    assert ticks(as_user("hugo")) == default


def test_what_is_told_stays_text(as_user: As, acting: Acting, cast: Cast) -> None:
    with acting("marc"):
        make(Lead, organization="<script>alert(1)</script> 100 %(who)s", owner=person(cast.claire))
    text = as_user("claire").get("/notices/latest").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; 100 %(who)s" in text
