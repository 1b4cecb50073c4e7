"""The traps of FAB 5.3 that core closes, each asked of our pages; the docstring says what FAB does.

Those of sessions, sign-in, grants and REST are in tests/core, tests/core/api and tests/companies.
"""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from itertools import cycle, islice
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from crm.accounts.models import Source
from crm.companies.models import AppSettings
from crm.core.datamodel import DataModel
from crm.leads import services
from crm.leads.models import Lead
from tests.fixtures import Acting, Cast, Client, make_app
from tests.markup import main_form, read

Everything = Callable[[], AbstractContextManager[Session]]
Counting = Callable[[], AbstractContextManager[list[str]]]
AsUser = Callable[[str], Client]


def add_lead(**values: Any) -> Lead:
    """A lead, by the service; the caller acts."""
    return services.create(services.defaults({"last_name": "Durand", **values}))


def filled(client: Client, path: str, **typed: str) -> dict[str, Any]:
    """What a browser sends of the form at `path`, some of it typed over."""
    return {**main_form(client.get(path).text), **typed}


def titles(client: Client, path: str) -> list[str]:
    """The names in the first column of a list."""
    page, _ = read(client.get(path).text)
    rows = [row for body in page.all("tbody") for row in body.all("tr")]
    return [next(iter(row.all("a"))).text for row in rows]


# 2.1 ────────────────────────────────────────────────────────────────────────────────────────────


def test_two_threads_on_one_view_do_not_share_their_filters(
    acting: Acting, as_user: AsUser
) -> None:
    """FAB keeps one filter object on the view: one request lists what another asked for."""
    with acting("alice"):
        for city in ("Lyon", "Lille", "Paris", "Brest"):
            add_lead(last_name=f"De {city}", city=city)
    clients = {city: as_user("alice") for city in ("Lyon", "Lille", "Paris", "Brest")}

    def look(city: str) -> tuple[str, list[str]]:
        return city, titles(clients[city], f"/leads/list/?_flt_0_city={city}")

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(look, islice(cycle(clients), 64)))
    assert [(city, names) for city, names in found if names != [f"De {city}"]] == []


def test_a_filter_in_the_address_of_a_form_sets_nothing(
    acting: Acting, everything: Everything, as_user: AsUser
) -> None:
    """FAB takes `?_flt_0_source=` for the value of the field, whatever the form says."""
    with everything() as session:
        source = session.scalars(select(Source.id)).first()
    client, path = as_user("claire"), f"/leads/add?_flt_0_source={source}"
    assert client.post(path, data=filled(client, path, last_name="Petit")).status_code == 303
    with everything() as session:
        assert session.scalars(select(Lead.source_id)).one() is None


# 2.3 ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", ["100000", "9999999"])
def test_a_page_has_at_most_a_hundred_rows(size: str, acting: Acting, as_user: AsUser) -> None:
    """FAB shows as many rows as the address asks for."""
    with acting("alice"):
        for number in range(103):
            add_lead(last_name=f"Durand {number}")
    assert len(titles(as_user("alice"), f"/leads/list/?psize_LeadView={size}")) == 100


@pytest.mark.parametrize("value", ["abc", "-1", "1.5", "9" * 30, "", " 7"])
@pytest.mark.parametrize("name", ["page_LeadView", "psize_LeadView"])
def test_a_page_number_that_is_none_is_refused(name: str, value: str, as_user: AsUser) -> None:
    """FAB calls int() on it: a 500."""
    assert as_user("claire").get("/leads/list/", query_string={name: value}).status_code == 400


@pytest.mark.parametrize("column", ["owner.password", "nope", "password", "deleted_at", "'", "id)"])
def test_an_order_that_is_not_offered_is_the_default_one(
    column: str, acting: Acting, as_user: AsUser, counting: Counting
) -> None:
    """FAB sorts by any dotted path, a password's hash among them; an unknown name is a 500."""
    with acting("claire"):
        add_lead()
    with counting() as statements:
        answer = as_user("claire").get("/leads/list/", query_string={"_oc_LeadView": column})
    assert answer.status_code == 200
    assert not [one for one in statements if re.search(r"ORDER BY.*password", one)]


def test_equal_rows_stand_on_one_page_each(acting: Acting, as_user: AsUser) -> None:
    """FAB's pages have no total order: rows repeat or vanish between them."""
    with acting("claire"):
        ids = {add_lead(last_name="Martin", first_name=f"{n}").id for n in range(60)}
    client, seen, path = as_user("claire"), [], "/leads/list/?_oc_LeadView=received_on"
    while path:
        page, _ = read(client.get(path).text)
        links = [one.get("href") for one in page.all("a")]
        seen += {found[1] for one in links if (found := re.fullmatch(r"/leads/show/(\d+)", one))}
        following = [one.get("href") for one in page.all("a") if "after=" in one.get("href")]
        path = following[0] if following else ""
    assert sorted(map(int, seen)) == sorted(ids)


@pytest.mark.parametrize("token", ["x", "W10", "bm90IGpzb24", "W251bGxd", "A" * 5000])
@pytest.mark.parametrize("name", ["after", "before"])
def test_a_page_token_that_is_none_is_refused(name: str, token: str, as_user: AsUser) -> None:
    """FAB has none: its pages count off the rows before. Ours come back with the reader."""
    assert as_user("claire").get("/leads/list/", query_string={name: token}).status_code == 400


@pytest.mark.both
def test_a_page_token_of_another_order_breaks_nothing(as_user: AsUser) -> None:
    """The same: ["x", 1], which a text order would have made, where a day is compared."""
    answer = as_user("claire").get("/leads/list/?after=WyJ4IiwgMV0")
    assert answer.status_code in (200, 400)


@pytest.mark.parametrize("path", ["show", "edit"])
def test_an_id_that_no_column_holds_is_no_row(path: str, as_user: AsUser) -> None:
    """FAB hands it to the database: a 500 on PostgreSQL."""
    for pk in ("99999999999", "9" * 40, "-1", "abc", "0", "1%00"):
        assert as_user("alice").get(f"/leads/{path}/{pk}").status_code in (400, 404)


# 2.4 ────────────────────────────────────────────────────────────────────────────────────────────

JUNK = [
    ("score", 0, "abc"), ("score", 0, "NaN"), ("score", 0, "9" * 30), ("score", 9, "1"),
    ("score", 99, "1"), ("received_on", 0, "soon"), ("received_on", 0, "99999-01-01"),
    ("status", 0, "abc"), ("status", 0, "9" * 30), ("owner", 0, "-1"), ("tags", 0, "x"),
    ("status.kind", 0, "nope"), ("country", 0, "zz"), ("key_account", 0, "perhaps"),
]  # fmt: skip


@pytest.mark.both
@pytest.mark.parametrize(("column", "operator", "value"), JUNK)
def test_a_filter_that_makes_no_sense_is_named_and_lists_nothing(
    column: str, operator: int, value: str, acting: Acting, as_user: AsUser
) -> None:
    """FAB answers 500 on PostgreSQL, or takes bad text for "is empty" and shows the wrong rows."""
    with acting("claire"):
        add_lead()
    path = "/leads/list/"
    answer = as_user("claire").get(path, query_string={f"_flt_{operator}_{column}": value})
    assert answer.status_code == 200
    assert "Show the list without this filter" in answer.text
    assert "/leads/show/1" not in answer.text
    assert "DataError" not in answer.text


def test_a_nul_is_refused_everywhere(as_user: AsUser) -> None:
    """FAB hands it to PostgreSQL: a 500."""
    for query in ("_flt_0_city=%00", "search=%00", "after=%00", "x=%00"):
        assert as_user("claire").get(f"/leads/list/?{query}").status_code == 400


@pytest.mark.parametrize("text", ["%", "_", "\\", "100%", "a_b", "'", '"', "--", "😀", "%' OR 1=1"])
def test_what_is_searched_is_text_and_no_pattern(
    text: str, acting: Acting, as_user: AsUser
) -> None:
    """FAB's filters hand % and _ on to LIKE: "100%" finds everything."""
    with acting("claire"):
        add_lead(last_name="Durand")
        add_lead(last_name=f"Petit {text}")
    found = titles(as_user("claire"), "/leads/list/?" + _query(search=text))
    assert "Durand" not in found


def _query(**values: str) -> str:
    from urllib.parse import urlencode

    return urlencode(values)


# 2.5, 2.6 ───────────────────────────────────────────────────────────────────────────────────────


def test_no_page_reads_a_password_s_hash(
    acting: Acting, as_user: AsUser, counting: Counting
) -> None:
    """FAB loads whole users for every list that shows an owner."""
    with acting("claire"):
        pk = add_lead().id
    client = as_user("claire")
    with counting() as statements:
        for path in ("/leads/list/", f"/leads/show/{pk}", f"/leads/edit/{pk}", "/leads/add"):
            assert client.get(path).status_code == 200
    assert statements
    assert [one for one in statements if re.search(r"\bab_user\w*\.password\b", one)] == []


def test_a_form_does_not_grow_with_the_tables_it_links_to(
    acting: Acting, everything: Everything, as_user: AsUser, cast: Cast
) -> None:
    """FAB renders every row of a related table as an option: 4 MB for 100,000 companies."""
    client = as_user("alice")
    before = len(client.get("/leads/add").text)
    with everything() as session:
        from flask_appbuilder.security.sqla.models import User

        for number in range(200):
            session.add(
                User(
                    username=f"user{number}", email=f"user{number}@acme.example", active=True,
                    first_name="Many", last_name=f"Many {number}", language="en",
                )
            )  # fmt: skip
    assert len(client.get("/leads/add").text) < before + 200


def test_an_id_that_is_not_offered_is_refused_beside_its_field(
    acting: Acting, everything: Everything, as_user: AsUser, cast: Cast
) -> None:
    """FAB's AJAX select clears the link at an unknown id, without a word."""
    with acting("claire"):
        pk = add_lead().id
    client = as_user("claire")
    for owner in ("4711", str(cast.olga), "abc", "-1", "9" * 20):
        path = f"/leads/edit/{pk}"
        answer = client.post(path, data=filled(client, path, owner=owner))
        assert answer.status_code == 422, owner
        with everything() as session:
            assert session.scalars(select(Lead.owner_id)).one() == cast.claire


# 2.7, 2.9 ───────────────────────────────────────────────────────────────────────────────────────


def test_a_refused_save_keeps_what_was_typed_and_saves_nothing(
    everything: Everything, as_user: AsUser
) -> None:
    """FAB redirects after an error of a hook or the database, and flashes the SQL."""
    typed = {"first_name": "Zoé", "description": "Met at the fair, <b>wants</b> 3 of them"}
    answer = as_user("claire").post("/leads/add", data=typed)
    assert answer.status_code == 422
    page, _ = read(answer.text)
    inputs = {one.get("name"): one.get("value") for one in page.all("input")}
    areas = {one.get("name"): one.text for one in page.all("textarea")}
    assert inputs["first_name"] == typed["first_name"]
    assert areas["description"] == typed["description"]
    assert "INSERT" not in answer.text
    with everything() as session:
        assert session.scalar(select(func.count()).select_from(Lead)) == 0


def test_wrong_text_comes_back_as_it_was_typed(acting: Acting, as_user: AsUser) -> None:
    """FAB's fields drop a text that they cannot read."""
    with acting("claire"):
        pk = add_lead().id
    client = as_user("claire")
    path = f"/leads/edit/{pk}"
    answer = client.post(path, data=filled(client, path, received_on="31/02/2027"))
    assert answer.status_code == 422
    assert "31/02/2027" in answer.text


def test_an_emptied_field_that_its_column_needs_is_refused_beside_it(
    acting: Acting, everything: Everything, as_user: AsUser
) -> None:
    """In FAB the database says no: an error page, or its SQL in a flash."""
    with acting("claire"):
        pk = add_lead().id
    client, path = as_user("claire"), f"/leads/edit/{pk}"
    answer = client.post(path, data=filled(client, path, received_on="", city="Nantes"))
    assert answer.status_code == 422
    page, _ = read(answer.text)
    wrong = [one.get("name") for one in page.all("input") if one.get("aria-invalid") == "true"]
    assert wrong == ["received_on"]
    with everything() as session:
        assert session.get_one(Lead, pk).city is None


def test_a_refused_change_is_not_saved_by_the_next_commit(
    acting: Acting, everything: Everything, as_user: AsUser
) -> None:
    """FAB leaves the row dirty in the session: any later commit of the request saves it."""
    with acting("claire"):
        pk = add_lead().id
    client = as_user("claire")
    path = f"/leads/edit/{pk}"
    data = filled(client, path, last_name="", organization="", city="Nantes")
    assert client.post(path, data=data).status_code == 422
    assert client.post("/theme/", data={"theme": "dark"}).status_code < 400
    with everything() as session:
        assert session.get_one(Lead, pk).city is None


# 2.8 ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_second_of_two_editors_sees_both_versions(
    acting: Acting, everything: Everything, as_user: AsUser
) -> None:
    """In FAB the second save wins, and nobody is told."""
    with acting("claire"):
        pk = add_lead(city="Lyon").id
    first, second = as_user("claire"), as_user("marc")
    path = f"/leads/edit/{pk}"
    mine, theirs = filled(first, path, city="Paris"), filled(second, path, city="Brest")
    assert first.post(path, data=mine).status_code == 303
    answer = second.post(path, data=theirs)
    assert answer.status_code == 409
    assert "Paris" in answer.text
    assert "Brest" in answer.text
    with everything() as session:
        assert session.get_one(Lead, pk).city == "Paris"


def test_a_form_without_its_version_saves_nothing(
    acting: Acting, everything: Everything, as_user: AsUser
) -> None:
    """FAB knows none."""
    with acting("claire"):
        pk = add_lead(city="Lyon").id
    client, path = as_user("claire"), f"/leads/edit/{pk}"
    for version in ("", "abc", "-1", "9" * 30):
        data = filled(client, path, city="Paris", row_version=version)
        assert client.post(path, data=data).status_code == 400
    with everything() as session:
        assert session.get_one(Lead, pk).city == "Lyon"


# 2.10, 2.11 ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("method", ["delete", "restore"])
def test_a_get_changes_nothing(
    method: str, acting: Acting, everything: Everything, as_user: AsUser
) -> None:
    """FAB deletes by GET: a prefetcher or an image is enough."""
    with acting("alice"):
        pk = add_lead().id
    assert as_user("alice").get(f"/leads/{method}/{pk}").status_code == 405
    with everything() as session:
        assert session.get_one(Lead, pk).deleted_at is None


@pytest.mark.parametrize("path", ["/logout/", "/lang/fr", "/lang/", "/theme/dark", "/company/1"])
def test_no_get_signs_out_or_sets_a_language(path: str, as_user: AsUser) -> None:
    """FAB does both by GET, and /back changes the session."""
    assert as_user("claire").get(path).status_code == 405


@pytest.mark.parametrize("token", [None, "", "forged"])
def test_a_post_without_the_page_s_token_is_refused(
    token: str | None, acting: Acting, everything: Everything, as_user: AsUser
) -> None:
    """FAB guards add and edit alone: delete and actions have no token."""
    with acting("alice"):
        pk = add_lead().id
    client = as_user("alice")
    client.sends_token = False
    data = {} if token is None else {"csrf_token": token}
    for path in (f"/leads/delete/{pk}", "/leads/add", f"/leads/edit/{pk}", "/logout/"):
        assert client.post(path, data=data).status_code == 400, path
    with everything() as session:
        assert session.get_one(Lead, pk).deleted_at is None


@pytest.mark.parametrize(
    "path",
    [
        "/leads/action/muldelete/1", "/leads/action_post", "/leads/download/x", "/leads/api",
        "/leads/api/read", "/leads/api/get/1", "/back", "/users/userinfo/", "/permissions/list/",
        "/viewmenus/list/", "/registeruser/form", "/static/appbuilder/css/bootstrap.min.css",
        "/api/v1/security/users/", "/api/v1/menu/", "/roles/copy_role/1",
    ],
)  # fmt: skip
def test_what_fab_adds_unasked_is_not_there(path: str, as_user: AsUser) -> None:
    """FAB registers bulk actions by GET, files by name, a second REST and pages of its own."""
    client = as_user("alice")
    assert client.get(path).status_code in (404, 405)
    assert client.post(path).status_code in (404, 405)


def test_an_unlisted_page_of_another_lead_s_fields_is_closed(
    acting: Acting, as_user: AsUser
) -> None:
    """FAB checks a page's permission and no row: whoever may edit leads may edit every lead."""
    with acting("marc"):
        pk = add_lead(last_name="Of Marc").id
    client = as_user("claire")
    for path in (f"/leads/show/{pk}", f"/leads/edit/{pk}", f"/leads/field/{pk}/city"):
        assert client.get(path).status_code == 404, path


def test_one_who_reads_a_row_may_be_unable_to_edit_it(acting: Acting, as_user: AsUser) -> None:
    """FAB knows pages, not rows."""
    with acting("hugo"):
        pk = add_lead().id
    client = as_user("claire")  # of his team
    assert client.get(f"/leads/show/{pk}").status_code == 200
    assert client.get(f"/leads/edit/{pk}").status_code == 404
    assert client.post(f"/leads/field/{pk}/city", data={"city": "Nice"}).status_code == 404


# 2.12 ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_switch_acts_at_the_next_click_and_keeps_the_data(
    acting: Acting, everything: Everything, as_user: AsUser, cast: Cast
) -> None:
    """FAB fixes columns, forms and menu when the process starts."""
    from crm.companies.models import Agency

    with everything() as session:
        session.execute(update(AppSettings).values(manage_agencies=True))
    with acting("alice") as session:
        pk = add_lead(agency=session.get_one(Agency, cast.lyon)).id
    client = as_user("alice")
    paths = ("/leads/list/", f"/leads/show/{pk}", f"/leads/edit/{pk}", "/leads/add")
    for path in paths:
        assert "Agency" in client.get(path).text, path
    with everything() as session:
        session.execute(update(AppSettings).values(manage_agencies=False))
    for path in paths:
        assert "Agency" not in client.get(path).text, path
    for path in ("/agencies/list/", "/leads/pick/agency"):
        assert client.get(path).status_code == 404, path
    assert client.post(paths[2], data=filled(client, paths[2], agency="")).status_code == 303
    with everything() as session:
        assert session.get_one(Lead, pk).agency_id == cast.lyon, "hidden, and kept"


# 2.13 to 2.16 ───────────────────────────────────────────────────────────────────────────────────


def test_making_the_application_asks_the_database_nothing(tmp_path: Any) -> None:
    """FAB's AppBuilder makes tables, roles and permissions at each start: 830 queries and more."""
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        make_app(f"sqlite:///{tmp_path / 'none.sqlite'}", tmp_path)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert statements == []
    assert not (tmp_path / "none.sqlite").exists()


def test_a_row_can_be_made_where_nobody_is_signed_in(everything: Everything, cast: Cast) -> None:
    """FAB's AuditMixin needs a signed-in user: every insert of a command fails."""
    from crm.companies.models import Company

    with everything() as session:
        company = session.get_one(Company, cast.france)
        lead = add_lead(company=company, owner=None)
    assert lead.created_by_id is None
    assert lead.created_on.tzinfo is not None


def test_whose_row_it_is_stands_in_it(acting: Acting, cast: Cast) -> None:
    """FAB reads it from flask.g, where a request before may have left somebody else."""
    with acting("claire"):
        lead = add_lead()
    with acting("marc") as session:
        same = session.get_one(Lead, lead.id)
        services.update(same, {"city": "Lyon"})
    assert (same.created_by_id, same.changed_by_id) == (cast.claire, cast.marc)


# 3 ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_post_leads_to_the_record_and_not_to_the_page_of_another_tab(
    acting: Acting, as_user: AsUser
) -> None:
    """FAB's page history is one for a session: two tabs land on each other's page."""
    client = as_user("claire")
    data = filled(client, "/leads/add", last_name="Petit")
    client.get("/profile/")
    answer = client.post("/leads/add", data=data)
    assert answer.status_code == 303
    assert re.fullmatch(r"/leads/show/\d+", answer.location)


def test_the_host_header_builds_no_address(client: Client) -> None:
    """FAB builds redirects from it."""
    answer = client.get("/leads/list/", headers={"Host": "evil.example"})
    assert "evil.example" not in answer.headers.get("Location", "")
    assert "evil.example" not in answer.text


def test_an_error_tells_nothing_of_the_program(
    as_user: AsUser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """FAB flashes the exception with its SQL and parameters."""

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("SELECT secret FROM somewhere")

    monkeypatch.setattr(DataModel, "page", broken)
    answer = as_user("claire").get("/leads/list/")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "RuntimeError" not in answer.text
    (reference,) = re.findall(r">([0-9A-F]{8})<", answer.text)
    assert reference in caplog.text
    assert "SELECT secret" in caplog.text


@pytest.mark.parametrize("person", ["alice", "claire", "audrey", "theo", "nadia"])
def test_a_menu_shows_only_what_opens(person: str, as_user: AsUser) -> None:
    """FAB's menu shows entries whose feature is off, and asks the database for each."""
    client = as_user(person)
    page, _ = read(client.get("/profile/").text)
    links = {one.get("href").partition("?")[0] for nav in page.all("nav") for one in nav.all("a")}
    for link in sorted(link for link in links if link.startswith("/")):
        assert client.get(link, follow_redirects=True).status_code == 200, link


def test_a_rate_limit_counts_every_request_to_its_view(app: Flask) -> None:
    """FAB lets `@limit` of one method limit all addresses of the view: these are apart for it."""
    views = app.extensions["appbuilder"].baseviews
    limited = {type(view).__name__ for view in views if view.limits}
    assert limited == {
        "FeedFileView", "LoginApi", "LoginView", "PasswordView", "PublicLinkView",
    }  # fmt: skip
