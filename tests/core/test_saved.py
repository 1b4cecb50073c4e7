"""Saved filters: private or shared with groups, the default of a list, and what went away."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import func, select, update

from crm.companies.models import Agency, AppSettings
from crm.core.errors import DomainError, NotFound
from crm.core.saved import jobs, services
from crm.core.saved.models import SavedKind, SavedView
from crm.core.saved.services import Given
from crm.core.types import utcnow
from crm.leads.models import Lead
from tests.factories import make, person
from tests.fixtures import Acting, Cast, Client

AsUser = Callable[[str], Client]
FILTERS = "_flt_0_status.kind=open&_flt_0_owner=none"
LAYOUT = {"filters": [["status.kind", 0, ["open"]]], "search": "", "order": []}
ADD = f"/saved_filters/add?list=leads&{FILTERS}"


def saved(acting: Acting, who: str, name: str = "Open ones", **said: Any) -> int:
    """A saved filter of leads; its id."""
    layout, entity = said.pop("layout", LAYOUT), said.pop("entity", "leads")
    with acting(who):
        return services.create(SavedKind.LIST, entity, layout, Given(name, **said)).id


def menu(page: str) -> list[str]:
    """The saved filters of the sidebar."""
    side = page.partition('class="c-side"')[2].partition("</nav>")[0]
    return re.findall(r'<a class="c-nav-item" href="/saved_filters/open/\d+"[^>]*>.*?'
                      r'<span class="c-cut">([^<]*)</span>', side)  # fmt: skip


def test_a_filtered_list_is_saved_and_opened_from_the_menu(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("marc"):
        make(Lead, last_name="Nobody", owner=None)
        make(Lead, last_name="Mine", owner=person(cast.claire))
    claire = as_user("claire")
    page = unescape(claire.get(f"/leads/list/?{FILTERS}&search=nob").text)
    link = re.search(r'href="(/saved_filters/add[^"]*)"', page)
    assert link is not None
    form = claire.get(link[1]).text
    said = "Status is Open · Assigned to is Unassigned · “nob”"
    assert said in unescape(form), re.findall(r'<p class="c-muted">(.*?)</p>', form)
    answer = claire.post(link[1], data={"name": "  Nobody’s   leads "})
    assert answer.status_code == 303
    opened = claire.get(answer.headers["Location"])
    assert opened.status_code == 302
    shown = claire.get(opened.headers["Location"])
    assert shown.text.count("<tr data-row") == 1
    assert menu(shown.text) == ["Nobody’s leads"]
    assert 'aria-current="page" data-go><svg' in shown.text
    assert "Save this filter" not in shown.text  # it is as it was saved
    assert menu(as_user("hugo").get("/leads/list/").text) == []


def test_nothing_is_offered_to_be_saved_without_a_filter_or_of_a_shipped_one(
    as_user: AsUser,
) -> None:
    claire = as_user("claire")
    for address in ("", "?_flt_0_status.kind=open", "?_flt_0_nope=1"):
        assert "Save this filter" not in claire.get(f"/leads/list/{address}").text
    assert (
        "There is no filter to save"
        in claire.post("/saved_filters/add?list=leads", data={"name": "All"}).text
    )
    assert claire.get("/saved_filters/add?list=nope").status_code == 404
    assert claire.get("/saved_filters/add?list=users").status_code == 404
    wrong = claire.post("/saved_filters/add?list=leads&_flt_0_nope=1", data={"name": "X"})
    assert "does not exist here" in wrong.text


def test_a_changed_list_is_saved_under_the_same_name_or_another(
    as_user: AsUser, acting: Acting
) -> None:
    pk, claire = saved(acting, "claire"), as_user("claire")
    changed = f"/leads/list/?_flt_1_status.kind=open&saved={pk}"
    assert claire.get(changed).text.count("Save this filter") == 0  # a shipped one, "closed"
    page = unescape(claire.get(f"{changed}&_flt_0_owner=me").text)
    assert "Save “Open ones”" in page
    address = re.search(
        r'formaction="(/saved_filters/update[^"]*)" name="row_version" value="1"', page
    )
    assert address is not None
    assert claire.post(address[1], data={"row_version": "1"}).status_code == 303
    with acting("claire"):
        kept = services.fetch(pk)
        assert kept.layout["filters"] == [["status.kind", 1, ["open"]], ["owner", 0, ["me"]]]
        assert kept.row_version == 2
    stale = claire.post(address[1], data={"row_version": "1"}, follow_redirects=True)
    assert "changed in the meantime" in stale.text
    assert "Save “Open ones”" not in unescape(stale.text), "a second click would save over it"


def test_a_second_save_after_a_conflict_shows_both_versions(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    pk, claire = saved(acting, "claire"), as_user("claire")
    first = {"name": "First <b>", f"group-{cast.sales}": "1", "row_version": "1"}
    assert claire.post(f"/saved_filters/edit/{pk}", data=first).status_code == 303
    stale = claire.post(
        f"/saved_filters/edit/{pk}", data={"name": "Second", "is_default": "1", "row_version": "1"}
    )
    assert 'value="Second"' in stale.text
    assert "Saved in the meantime: First &lt;b&gt;" in stale.text
    assert stale.text.count("Saved in the meantime: Yes") >= 1, "the group"
    assert stale.text.count("Saved in the meantime: No") >= 1, "the menu"
    wrong = claire.post(f"/saved_filters/edit/{pk}", data={"name": "", "row_version": "2"})
    assert "Saved in the meantime" not in wrong.text


def test_what_is_shared_is_read_by_members_and_changed_by_its_owner_alone(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    pk = saved(acting, "claire", group_ids=frozenset({cast.sales, cast.support}))
    private = saved(acting, "claire", "Private")
    with acting("claire"):  # of her own groups alone
        assert [group.id for group in services.fetch(pk).groups] == [cast.sales]
    hugo, marc = as_user("hugo"), as_user("marc")
    assert menu(hugo.get("/").text) == ["Open ones"]
    assert hugo.get(f"/saved_filters/open/{pk}").status_code == 302
    listed = hugo.get("/saved_filters/list/").text
    assert ("Shared by Claire Colin" in listed, "Private" in listed) == (True, False)
    assert "/saved_filters/edit/" not in listed
    for method, path in (
        ("get", f"edit/{pk}"), ("post", f"edit/{pk}"), ("post", f"delete/{pk}"),
        ("post", f"update/{pk}?{FILTERS}"), ("post", f"restore/{pk}"), ("get", f"open/{private}"),
        ("get", f"edit/{private}"), ("post", f"delete/{private}"),
    ):  # fmt: skip
        data = {"name": "Mine now", "row_version": "1"}
        answer = getattr(hugo, method)(
            f"/saved_filters/{path}", **({"data": data} if method == "post" else {})
        )
        assert answer.status_code == 404, path
    for other in (marc, as_user("alice"), as_user("olga")):
        assert other.get(f"/saved_filters/open/{pk}").status_code == 404
        assert menu(other.get("/").text) == []
    page = hugo.get(f"/leads/list/?_flt_0_owner=me&saved={pk}").text
    assert ("Save this filter" in page, "Save “" in page) == (True, False)


def test_it_is_renamed_shared_and_made_the_default(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    pk, other = saved(acting, "claire"), saved(acting, "claire", "Other", is_default=True)
    claire = as_user("claire")
    assert claire.get("/leads/").headers["Location"] == f"/saved_filters/open/{other}"
    form = claire.get(f"/saved_filters/edit/{pk}").text
    assert f'name="group-{cast.sales}"' in form
    assert f'name="group-{cast.support}"' not in form
    data = {"name": "Ouvertes", f"group-{cast.sales}": "1", f"group-{cast.support}": "1"}
    data |= {"is_default": "1", "row_version": "1"}
    assert claire.post(f"/saved_filters/edit/{pk}", data=data).status_code == 303
    with acting("claire"):
        row = services.fetch(pk)
        assert (row.name, row.is_default, [one.id for one in row.groups]) == (
            "Ouvertes", True, [cast.sales],
        )  # fmt: skip
        assert not services.fetch(other).is_default
        version = row.row_version
    assert claire.get("/leads/").headers["Location"] == f"/saved_filters/open/{pk}"
    assert f'href="/saved_filters/open/{pk}" data-go' in claire.get("/").text
    assert "/saved_filters" not in as_user("hugo").get("/leads/").headers["Location"]
    stale = claire.post(f"/saved_filters/edit/{pk}", data={**data, "name": "Again"})
    assert stale.status_code == 422
    assert "changed in the meantime" in stale.text
    taken = claire.post(f"/saved_filters/edit/{pk}", data={"name": "OTHER", "row_version": version})
    assert "one with this name" in taken.text
    for wrong in ("", "   ", "\x00", "x" * 81):
        answer = claire.post(
            f"/saved_filters/edit/{pk}", data={"name": wrong, "row_version": version}
        )
        assert answer.status_code == 422, wrong


def test_a_deleted_one_comes_back_and_is_purged_after_a_day(
    as_user: AsUser, acting: Acting, everything: Callable[[], Any], app: Any
) -> None:
    pk, claire = saved(acting, "claire", is_default=True), as_user("claire")
    answer = claire.post(f"/saved_filters/delete/{pk}", follow_redirects=True)
    assert f'formaction="/saved_filters/restore/{pk}"' in answer.text
    assert claire.get(f"/saved_filters/open/{pk}").status_code == 404
    assert menu(claire.get("/").text) == []
    assert "saved_filters" not in claire.get("/leads/").headers["Location"]
    claire.post(f"/saved_filters/restore/{pk}")
    assert menu(claire.get("/").text) == ["Open ones"]
    claire.post(f"/saved_filters/delete/{pk}")
    again = saved(acting, "claire")
    refused = claire.post(f"/saved_filters/restore/{pk}", follow_redirects=True)
    assert "one with this name" in refused.text
    with everything() as session:
        old = utcnow() - services.KEPT - timedelta(minutes=1)
        session.execute(update(SavedView).where(SavedView.id == pk).values(deleted_at=old))
    with app.app_context():
        jobs.purge_nightly()
    with everything() as session:
        assert list(session.scalars(select(SavedView.id))) == [again]


def test_what_went_away_is_said_and_the_rest_opens(
    as_user: AsUser, acting: Acting, everything: Callable[[], Any], cast: Cast
) -> None:
    filters = [
        ["agency", 0, [str(cast.lyon), "none"]], ["owner", 0, ["99999"]], ["gone", 0, ["1"]],
        ["owner.groups", 0, [str(cast.sales), "88888"]], ["status.kind", 0, ["open"]],
        ["received_on", 6, ["x"]], ["status.kind", 77, ["open"]], ["nature", 2, []],
    ]  # fmt: skip
    pk = saved(
        acting, "claire", layout={"filters": filters, "search": "z", "order": ["gone", "asc"]}
    )
    claire = as_user("claire")
    answer = claire.get(f"/saved_filters/open/{pk}")
    assert answer.headers["Location"] == (
        f"/leads/list/?saved={pk}&search=z&_flt_0_owner.groups={cast.sales}&_flt_0_status.kind=open"
    )
    page = unescape(claire.get(answer.headers["Location"]).text)
    assert "“Open ones” opens without what no longer exists or is out of your reach" in page
    for label in ("Agency", "Assigned to", "gone", "Team", "Received on"):
        assert label in page.partition("out of your reach: ")[2].partition("</p>")[0]
    with everything() as session:
        session.execute(update(AppSettings).values(manage_agencies=True))
        assert session.get(Agency, cast.lyon) is not None
    again = claire.get(f"/saved_filters/open/{pk}").headers["Location"]
    assert f"_flt_0_agency={cast.lyon}&_flt_0_agency=none" in again


def test_a_list_out_of_reach_opens_no_saved_filter(as_user: AsUser, acting: Acting) -> None:
    pk = saved(acting, "claire", entity="users")
    nowhere = saved(acting, "claire", "Nowhere", entity="nope")
    claire = as_user("claire")
    for one in (pk, nowhere, 999999):
        assert claire.get(f"/saved_filters/open/{one}").status_code == 404
    page = claire.get("/saved_filters/list/").text
    assert page.count('<td class="hide-s">Not available') == 2
    assert menu(page) == []


def test_hostile_names_are_texts(as_user: AsUser) -> None:
    claire = as_user("claire")
    hostile = "<script>alert(1)</script>%(name)s{{7*7}}“\"'"
    answer = claire.post(ADD, data={"name": hostile}, follow_redirects=True)
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text
    assert hostile in unescape(answer.text)
    assert hostile in unescape(claire.get("/saved_filters/list/").text)
    for junk in ("x", "-1", "9" * 30, "1%00", "1 OR 1"):
        assert claire.get(f"/leads/list/?saved={junk}&_flt_0_owner=me").status_code in (200, 400)
    assert claire.post(ADD, data={}).status_code == 422
    assert claire.post("/saved_filters/edit/1", data={"row_version": "9" * 30}).status_code in (
        404, 422,
    )  # fmt: skip


@pytest.mark.both
def test_two_tabs_that_save_one_name_at_once_are_told_so(
    as_user: AsUser, acting: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As each sees the rows before the other has written its own."""
    first = saved(acting, "claire", is_default=True)
    claire = as_user("claire")
    monkeypatch.setattr(services, "_refuse_name", lambda *_: None)
    monkeypatch.setattr(services, "_clear_default", lambda *_: None)
    refused = claire.post(ADD, data={"name": "OPEN ones"})
    assert refused.status_code == 422
    assert "already used" in refused.text
    refused = claire.post(ADD, data={"name": "Another", "is_default": "1"})
    assert refused.status_code == 422
    with acting("claire") as session:
        assert list(session.scalars(select(SavedView.id))) == [first]


def test_two_hundred_of_them_cost_no_statement_more(
    as_user: AsUser, acting: Acting, counting: Callable[[], Any]
) -> None:
    claire = as_user("claire")
    claire.get("/leads/list/")
    with counting() as before:
        claire.get("/leads/list/")
    with acting("claire"):
        for number in range(services.MOST):
            services.create(SavedKind.LIST, "leads", LAYOUT, Given(f"Filter {number:03}"))
        with pytest.raises(DomainError):
            services.create(SavedKind.LIST, "leads", LAYOUT, Given("One more"))
    with counting() as after:
        page = claire.get("/leads/list/").text
    assert len(after) == len(before)
    assert len(menu(page)) == 12
    with counting() as listing:
        assert claire.get("/saved_filters/list/").text.count("/saved_filters/delete/") == 200
    assert len(listing) <= 8


@pytest.mark.both
def test_rows_are_read_by_owner_and_members_and_go_with_their_owner(
    acting: Acting, everything: Callable[[], Any], cast: Cast
) -> None:
    shared = saved(acting, "claire", group_ids=frozenset({cast.sales}))
    saved(acting, "claire", "Private")
    mine = saved(acting, "hugo", "Open ones", is_default=True)
    with acting("hugo") as session:
        assert set(session.scalars(select(SavedView.id))) == {shared, mine}
        with pytest.raises(NotFound):
            services.fetch(shared, "edit")
    with acting("marc") as session:
        assert session.scalar(select(func.count()).select_from(SavedView)) == 0
    with pytest.raises(DomainError), acting("claire"):
        services.create(SavedKind.LIST, "leads", LAYOUT, Given("öpen ÓNES"))
    saved(acting, "claire", "Open ones", entity="clients")
    with everything() as session:
        session.delete(session.get_one(User, cast.hugo))
    with everything() as session:
        assert mine not in set(session.scalars(select(SavedView.id)))


def test_it_is_french_for_the_french(as_user: AsUser, everything: Callable[[], Any]) -> None:
    with everything() as session:
        session.execute(update(User).values(language="fr"))
    claire = as_user("claire")
    assert "Enregistrer ce filtre" in claire.get(f"/leads/list/?{FILTERS}").text
    answer = claire.post(ADD, data={"name": "À moi"}, follow_redirects=True)
    assert "Filtres enregistrés" in answer.text
    assert "Filtre «\u00a0À moi\u00a0» enregistré" in unescape(answer.text)


def tabs(page: str) -> list[tuple[str, bool, bool]]:
    """The saved filters above the list: name, whether current, whether with a lock."""
    nav = re.search(r'<nav class="c-tabs".*?</nav>', page, re.DOTALL)
    assert nav is not None
    return [
        (unescape(name), "aria-current" in given, "#i-lock" in given)
        for given, name in re.findall(
            r'(<a class="c-tab" href="/saved_filters/open/.*?)<span class="c-cut">([^<]*)<', nav[0]
        )
    ]


def counted(client: Client, page: str) -> dict[str, str]:
    """The numbers that the tabs of a page fetch."""
    url = re.search(r'hx-get="(/leads/counts/[^"]*)"', page)
    assert url is not None
    found = re.findall(r'id="count-([^"]+)"[^>]*>([^<]*)<', client.get(unescape(url[1])).text)
    return dict(found)


@pytest.mark.both
def test_saved_filters_are_tabs_with_the_number_of_the_rows_they_open(
    as_user: AsUser, acting: Acting, cast: Cast
) -> None:
    with acting("claire"):
        for name in ("Roche", "Roux", "Petit"):
            make(Lead, last_name=name, owner=person(cast.claire))
    with acting("hugo"):
        make(Lead, last_name="Ours", owner=person(cast.hugo))
    mine = {"filters": [["owner", 0, ["me"]]], "search": "", "order": []}
    searched = {"filters": [], "search": "rou", "order": ["last_name", "desc"]}
    gone = {"filters": [["owner", 0, [str(cast.claire), "99999"]]], "search": "", "order": []}
    pk = saved(acting, "claire", "Mine", layout=mine, group_ids=frozenset({cast.sales}))
    pks = [
        pk,
        *(saved(acting, "claire", n, layout=one) for n, one in (("Rou", searched), ("X", gone))),
    ]
    saved(acting, "claire", "Elsewhere", entity="opportunities")
    claire, hugo = as_user("claire"), as_user("hugo")
    page = claire.get(f"/leads/list/?_flt_0_owner=me&saved={pk}").text
    assert tabs(page) == [("Mine", True, False), ("Rou", False, True), ("X", False, True)]
    numbers = counted(claire, page)
    for one in pks:
        opened = claire.get(f"/saved_filters/open/{one}", follow_redirects=True).text
        assert numbers[f"saved-{one}"] == str(opened.count("<tr data-row")), one
    assert numbers[f"saved-{pk}"] == "3"
    assert "open" in numbers, "the presets have theirs as before"
    theirs = hugo.get("/leads/list/").text
    assert tabs(theirs) == [("Mine", False, False)], "shared, and of their own rows"
    assert counted(hugo, theirs)[f"saved-{pk}"] == "1"
    assert "count-saved-" not in hugo.get(f"/leads/counts/?saved={pks[1]}").text.replace(
        f"count-saved-{pk}", ""
    )


def test_of_many_saved_filters_some_are_tabs_and_the_open_one_among_them(
    as_user: AsUser, acting: Acting
) -> None:
    pks = [saved(acting, "claire", f"F{n}") for n in range(7)]
    claire = as_user("claire")
    assert [name for name, *_ in tabs(claire.get("/leads/list/").text)] == [
        f"F{n}" for n in range(5)
    ]
    page = claire.get(f"/leads/list/?_flt_0_owner=me&saved={pks[6]}").text
    assert [name for name, current, _lock in tabs(page) if current] == ["F6"]
    assert f"saved-{pks[6]}" in counted(claire, page)


def test_the_plus_saves_what_no_tab_has(as_user: AsUser) -> None:
    claire = as_user("claire")
    for query, is_there in (("", False), ("?_flt_0_status.kind=open", False), ("?search=ro", True)):
        page = unescape(claire.get(f"/leads/list/{query}").text)
        found = re.search(r'id="plus"><a href="(/saved_filters/add[^"]*)"', page)
        assert (found is not None) is is_there, query
