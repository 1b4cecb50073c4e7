"""Each person's own order of the home page, and what they hide."""

import re

import pytest

from crm.leads.models import Lead
from crm.opportunities.models import Opportunity
from tests.factories import make, person
from tests.fixtures import Client

pytestmark = pytest.mark.both


def keys(client: Client, url: str = "/") -> list[str]:
    """The blocks of a page, from top to bottom."""
    marks = client.get(url).text.split('id="b-')[1:]
    return [mark.split('"')[0] for mark in marks]


@pytest.fixture
def claire(as_user, acting, cast) -> Client:
    with acting("claire"):
        make(Lead, organization="Élan", owner=person(cast.claire))
        make(Opportunity, name="Projet")
    return as_user("claire")


def test_a_block_moves_and_stays_there(claire, as_user) -> None:
    before = keys(claire)
    assert before[:2] == ["month", "day"]
    assert 'formaction="/home/day/before/month"' in claire.get("/").text
    assert claire.post("/home/day/before/month").headers["Location"] == "/#b-day"
    moved = ["day", "month", *before[2:]]
    assert keys(claire) == moved
    assert keys(as_user("claire")) == moved, "when one signs in again"
    assert keys(as_user("hugo"))[:2] == ["month", "day"], "everybody has their own"


def test_a_move_is_undone_where_it_came_from(claire) -> None:
    before = keys(claire)
    claire.post("/home/leads/before/events")
    page = claire.get("/").text
    undo = page.split('form="act" formaction="/home/leads/')[-1].split('"')[0]
    claire.post(f"/home/leads/{undo}")
    assert keys(claire) == before


def test_a_block_is_hidden_and_shown_again(claire) -> None:
    before = keys(claire)
    claire.post("/home/idle/hide")
    page = claire.get("/").text
    assert "“Opportunities without next step” hidden" in page
    assert 'formaction="/home/idle/show"' in page
    assert keys(claire) == [key for key in before if key != "idle"]
    arranged = claire.get("/home/").text
    assert "Hidden" in arranged
    answer = claire.post("/home/idle/show?from=list")
    assert answer.headers["Location"] == "/home/#b-idle"
    assert keys(claire) == before


def test_what_is_not_there_is_not_moved(claire) -> None:
    for url in ("nothing/hide", "nothing/show", "idle/before/nothing", "nothing/after/idle"):
        assert claire.post(f"/home/{url}").status_code == 404
    assert claire.post("/home/idle/before/idle").status_code == 303
    assert claire.get("/home/idle/hide").status_code == 405


def test_all_blocks_are_hidden(claire) -> None:
    for key in keys(claire, "/home/"):
        claire.post(f"/home/{key}/hide")
    assert keys(claire) == []
    assert "/home/" in claire.get("/").text


def test_blocks_below_the_first_are_fetched_after_the_page(claire, as_user, acting, cast) -> None:
    with acting("claire"):
        for number in range(7):
            make(Lead, organization=f"Piste {number}", owner=person(cast.claire))
    page = claire.get("/").text
    later = re.findall(r'data-later="(/home/[^"]+)"', page)
    assert later[-2:] == ["/home/leads", "/home/opportunities"]
    assert page.count('<ul class="c-items">') >= 2
    lines = claire.get("/home/leads", headers={"HX-Request": "true"}).text
    assert lines.count("<li") == 6
    assert "Piste 6" in lines
    assert "<html" not in lines
    without_scripts = claire.get("/home/leads")
    assert without_scripts.headers["Location"].startswith("/leads/list/?_flt_0_owner=me")
    hugos = as_user("hugo").get("/home/leads", headers={"HX-Request": "true"}).text
    assert "Piste" not in hugos
    for key in ("month", "nothing", "unassigned"):
        assert claire.get(f"/home/{key}").status_code == 404
    assert as_user("nadia").get("/home/leads").status_code == 404
    claire.post("/home/leads/before/month")
    assert "/home/leads" not in re.findall(r'data-later="([^"]+)"', claire.get("/").text)
