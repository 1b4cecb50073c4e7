"""Saved reports on one's home page and at the end of dashboards."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from sqlalchemy import delete, select

from crm.core.saved import services
from crm.core.saved.models import SavedKind, saved_view_group
from crm.core.saved.services import Given
from crm.reporting.models import ReportPin
from crm.reporting.own import pins
from tests.fixtures import Acting, Cast, Client, written_once
from tests.reporting.boards_world import plant

pytestmark = pytest.mark.both
AsUser = Callable[[str], Client]
PART = {"HX-Request": "true"}
BY_STATUS = {"filters": [["owner", 0, ["me"]]], "by": ["status"], "measure": "", "look": ""}


@written_once
def planted(acting: Acting, cast: Cast, everything: Any) -> None:
    plant(acting, cast, everything)


@pytest.fixture
def shared(acting: Acting, cast: Cast, planted: None) -> int:
    """A report of leads that Claire shares with her group."""
    with acting("claire"):
        given = Given("Leads by status", frozenset({cast.sales}))
        return services.create(SavedKind.REPORT, "leads", BY_STATUS, given).id


def pinned(client: Client, url: str) -> list[str]:
    """Where the reports pinned to a page are fetched."""
    return re.findall(r'data-later="(/reporting/pins/[^"]+)"', client.get(url).text)


def keys(client: Client, url: str = "/") -> list[str]:
    return re.findall(r'id="b-([^"]+)"', client.get(url).text)


def part(client: Client, url: str) -> str:
    answer = client.get(url, headers=PART)
    assert answer.status_code == 200
    return unescape(answer.text)


def test_a_report_is_pinned_to_home_moved_hidden_and_unpinned(as_user: AsUser, shared: int) -> None:
    claire, key = as_user("claire"), f"report-{shared}"
    page = claire.get(f"/reporting/own/open/{shared}", follow_redirects=True).text
    add = f"/reporting/pins/{shared}/home/add?from=report"
    assert f'formaction="{add}"' in page
    answer = claire.post(add)
    assert answer.headers["Location"] == f"/reporting/own/open/{shared}"
    page = claire.get(answer.headers["Location"], follow_redirects=True).text
    assert "“Leads by status” pinned to: Home" in page
    assert f'formaction="/reporting/pins/{shared}/home/remove?from=report"' in page
    assert keys(claire)[-1] == key
    assert pinned(claire, "/") == [f"/reporting/pins/{shared}/home"]
    assert claire.post(f"/home/{key}/before/month").status_code == 303
    assert keys(claire)[0] == key
    assert claire.post(f"/home/{key}/hide").status_code == 303
    assert key not in keys(claire)
    assert pinned(claire, "/") == []
    assert claire.post(f"/home/{key}/show").status_code == 303
    removed = claire.post(f"/reporting/pins/{shared}/home/remove", follow_redirects=True)
    assert "“Leads by status” unpinned from: Home" in removed.text
    assert f'formaction="/reporting/pins/{shared}/home/add"' in removed.text, "to undo it"
    assert key not in keys(claire)
    claire.post(f"/reporting/pins/{shared}/home/add")
    assert keys(claire)[0] == key, "it comes back where it stood"


def test_every_reader_pins_a_shared_report_and_sees_their_own_rows(
    as_user: AsUser, shared: int
) -> None:
    hugo = as_user("hugo")
    assert hugo.post(f"/reporting/pins/{shared}/home/add").status_code == 303
    (url,) = pinned(hugo, "/")
    found = dict(
        re.findall(r'<td class="r num"><a href="([^"]+)">([^<]+)</a></td>', part(hugo, url))
    )
    assert found
    for address, count in found.items():
        assert hugo.get(address).text.count("data-row=") == int(count)
    assert pinned(as_user("claire"), "/") == []


def test_a_report_keeps_its_filters_at_the_end_of_a_board(as_user: AsUser, shared: int) -> None:
    claire, board = as_user("claire"), "/reporting/boards/leads?period=last_year"
    assert claire.post(f"/reporting/pins/{shared}/leads/add").status_code == 303
    assert keys(claire, board)[-1] == f"report-{shared}"
    (url,) = pinned(claire, board)
    html = part(claire, url)
    assert "With the filters of the report, not those of this dashboard." in html
    assert "Leads" in html
    assert f"/reporting/own/lists/leads/csv?by=status&report={shared}&_flt_0_owner=me" in html
    back = claire.post(f"/reporting/pins/{shared}/leads/remove?period=last_year")
    assert back.headers["Location"] == board
    undo = f'formaction="/reporting/pins/{shared}/leads/add?period=last_year"'
    assert undo in claire.get(board).text
    assert pinned(claire, board) == []
    assert pinned(as_user("hugo"), board) == []


def test_what_is_gone_is_quietly_not_there(
    as_user: AsUser, acting: Acting, cast: Cast, shared: int, everything: Any
) -> None:
    claire, hugo = as_user("claire"), as_user("hugo")
    for place in ("home", "leads"):
        hugo.post(f"/reporting/pins/{shared}/{place}/add")

    def places() -> list[int]:
        return [len(pinned(hugo, url)) for url in ("/", "/reporting/boards/leads?compare=0")]

    assert places() == [1, 1]
    claire.post(f"/reporting/own/edit/{shared}", data={"name": "Mine", "row_version": "1"})
    assert places() == [0, 0]
    assert hugo.get(f"/reporting/pins/{shared}/home").status_code == 404
    with acting("claire") as session:
        services.change(shared, Given("Ours again", frozenset({cast.sales})), 2)
        session.flush()
    assert places() == [1, 1], "shared again, it is there again"
    claire.post(f"/reporting/own/delete/{shared}")
    assert places() == [0, 0]
    assert hugo.post("/home/idle/hide").status_code == 303
    claire.post(f"/reporting/own/restore/{shared}")
    assert places() == [1, 1]
    with everything() as session:
        session.execute(delete(services.SavedView).where(services.SavedView.id == shared))
        assert session.scalars(select(ReportPin)).all() == []


def test_whose_list_one_may_no_longer_read_is_not_there(
    as_user: AsUser, shared: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    claire = as_user("claire")
    claire.post(f"/reporting/pins/{shared}/home/add")
    monkeypatch.setattr("crm.reporting.own.subjects.ENTITIES", ("opportunities",))
    assert pinned(claire, "/") == []
    assert claire.get(f"/reporting/pins/{shared}/home").status_code == 404


def test_what_is_not_there_is_not_pinned(as_user: AsUser, shared: int, acting: Acting) -> None:
    with acting("claire"):
        filters = {"filters": [["owner", 0, ["me"]]], "search": "", "order": []}
        of_list = services.create(SavedKind.LIST, "leads", filters, Given("A filter")).id
    for url in (f"{shared}/nowhere", f"{of_list}/home", "999999/home"):
        for act in ("add", "remove"):
            assert as_user("claire").post(f"/reporting/pins/{url}/{act}").status_code == 404
        assert as_user("claire").get(f"/reporting/pins/{url}").status_code == 404
    for somebody in ("olga", "nadia"):
        answer = as_user(somebody).post(f"/reporting/pins/{shared}/home/add")
        assert answer.status_code == 404, somebody
    assert as_user("claire").get(f"/reporting/pins/{shared}/home/add").status_code == 405


def test_pinning_twice_is_once_and_a_page_has_an_end(
    as_user: AsUser, shared: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    claire = as_user("claire")
    for _time in range(2):
        claire.post(f"/reporting/pins/{shared}/home/add")
    assert len(pinned(claire, "/")) == 1
    monkeypatch.setattr(pins, "MOST", 0)
    answer = claire.post(f"/reporting/pins/{shared}/leads/add?from=report", follow_redirects=True)
    assert "0 reports are pinned there already" in answer.text
    assert pinned(claire, "/reporting/boards/leads?compare=0") == []


def test_pins_cost_one_statement_however_many_there_are(
    as_user: AsUser, acting: Acting, shared: int, counting: Any
) -> None:
    claire = as_user("claire")

    def cost(url: str) -> int:
        claire.get(url)
        with counting() as statements:
            claire.get(url)
        return len(statements)

    urls = ("/", "/reporting/boards/leads?compare=0")
    before = [cost(url) for url in urls]
    with acting("claire"):
        for number in range(5):
            given = Given(f"Report {number}")
            pk = services.create(SavedKind.REPORT, "leads", BY_STATUS, given).id
            for place in ("home", "leads"):
                pins.pin(pk, place)
    assert [cost(url) for url in urls] == before
    assert cost(f"/reporting/pins/{shared}/home") <= 6


def test_what_is_no_longer_shared_takes_no_room(
    as_user: AsUser,
    acting: Acting,
    shared: int,
    everything: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hugo = as_user("hugo")
    hugo.post(f"/reporting/pins/{shared}/home/add")
    with acting("hugo"):
        mine = services.create(SavedKind.REPORT, "leads", BY_STATUS, Given("Mine")).id
    monkeypatch.setattr(pins, "MOST", 1)
    hugo.post(f"/reporting/pins/{mine}/home/add")
    assert pinned(hugo, "/") == [f"/reporting/pins/{shared}/home"]
    with everything() as session:
        session.execute(delete(saved_view_group))
    hugo.post(f"/reporting/pins/{mine}/home/add")
    assert pinned(hugo, "/") == [f"/reporting/pins/{mine}/home"]


def test_pinned_again_it_is_seen_though_it_was_hidden(as_user: AsUser, shared: int) -> None:
    claire, pin = as_user("claire"), f"/reporting/pins/{shared}/home"
    claire.post(f"{pin}/add")
    claire.post(f"/home/report-{shared}/hide")
    claire.post(f"{pin}/remove?from=report")
    claire.post(f"{pin}/add?from=report")
    assert pinned(claire, "/") == [pin]
