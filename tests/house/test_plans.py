"""Lists, tabs and pickers stay quick however many rows there are: what the databases do for them.

On a company of 20,000 leads, as an administrator, as a seller, and as one with hardly any rows.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, inspect, select

from crm.accounts import tree
from crm.accounts.models import Account
from crm.companies.actors import load_actor
from crm.core import rows
from crm.core.actor import acting_as
from crm.core.datamodel.filters import TEAM, FilterFormat, condition
from crm.core.datamodel.narrowing import narrowed
from crm.core.datamodel.orders import complete_order
from crm.core.datamodel.paging import SORTED, PageRequest
from crm.core.db import db
from crm.core.forms.options import search_candidates
from crm.core.models import Child, Record, target_of
from crm.core.search import find
from crm.core.views.record import belongs_to
from crm.leads.models import Lead
from tests.crowd import make_crowd
from tests.fixtures import make_app, read_cast
from tests.plans import watching

LEADS = 20_000
STRICTER = 0.6
SELLER = 20  # the id of one of the owners
CAST_TEAM = 1  # the id of a group: Claire and Hugo


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def crowded(
    request: pytest.FixtureRequest, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("crowded")
    if request.param == "sqlite":
        shutil.copyfile(sqlite_template, folder / "crm.sqlite")
        app = make_app(f"sqlite:///{folder / 'crm.sqlite'}", folder)
    else:
        wanted = ("postgres", "worker", "postgres_template")
        server, worker, template = (request.getfixturevalue(name) for name in wanted)
        app = make_app(server.create(f"crowded_{worker}", template), folder)
    make_crowd(app, LEADS)
    with app.app_context():
        if request.param == "postgres":  # as if every table were too large to be read whole
            event.listen(db.engine, "connect", _without_seqscan)
        db.engine.dispose()
    yield app
    with app.app_context():
        db.engine.dispose()


def _without_seqscan(connection: Any, record: Any) -> None:
    connection.execute("SET enable_seqscan = off")
    connection.commit()


def lists(app: Flask) -> list[Any]:
    """The views of business tables."""
    return [
        view
        for view in app.extensions["appbuilder"].baseviews
        if hasattr(view, "list_page") and hasattr(view.datamodel.obj, "deleted_at")
    ]


@contextmanager
def acting(app: Flask, person: str) -> Iterator[None]:
    """A request of this person."""
    user_id = read_cast(app).people[person]
    with app.test_request_context():
        actor = load_actor(user_id)
        assert actor is not None
        with acting_as(actor):
            yield
        db.session.remove()


def looked_at(
    app: Flask,
    person: str,
    work: Callable[[Any], Iterator[str]],
    only: str = "",
    times: float = 1,
) -> list[str]:
    """What is wrong with the statements of each step of `work`, which tells its name after it.

    `times` as many steps and rows are allowed as usual, and ten times that for a search.
    """
    times *= 10 if work in (searches, searched_pickers) else 1
    with acting(app, person), watching(db.engine, times) as watch:
        return [
            f"{view.route_base} {name}: {wrong}"
            for view in lists(app)
            if (not only or view.route_base == only) and rows.may_any("read", view.datamodel.obj)
            for name in work(view)
            for wrong in watch.taken()
        ]


def pages(view: Any) -> Iterator[str]:
    """The first page of a list in each order, the last one, and the first two of each filter."""
    if "list" in view.exclude_route_methods:
        return  # it is shown in tabs alone
    model, where = view.datamodel.obj, view.base_conditions()
    base = complete_order(model, [], view.base_order)
    statement = view.datamodel.select(*where)
    few = view.datamodel.totals(statement).count <= SORTED
    for name in view.visible(view.order_columns):
        order = complete_order(model, [(name, "asc")], view.base_order)
        view.datamodel.page(statement, order, PageRequest(few=few))
        yield f"by {name}"
    view.datamodel.page(statement, base, PageRequest(backwards=True, few=few))
    yield "last page"
    filters = {"all": where, **{one.key: view.preset_where(one) for one in view.visible_presets()}}
    if hasattr(model, "owner_id"):
        filters["of a seller"] = [*where, model.owner_id.in_([SELLER])]
        filters["of a seller or nobody"] = [*where, filtered(model, "owner", SELLER, "none")]
        filters["of a team"] = [*where, filtered(model, TEAM, CAST_TEAM)]
    for name, conditions in filters.items():
        statement = view.datamodel.select(*conditions)
        few = view.datamodel.totals(statement).count <= SORTED
        found = view.datamodel.page(statement, base, PageRequest(few=few))
        yield name
        view.datamodel.page(statement, base, PageRequest(cursor=found.after, few=few))
        yield f"{name}, second page"


def filtered(model: type[Any], name: str, *values: object) -> Any:
    """The condition of a filter by some of its values."""
    return condition(model, name, 0, [str(value) for value in values], FilterFormat("UTC")).where


def bins(view: Any) -> Iterator[str]:
    if not view.can("delete") or "bin" in view.exclude_route_methods:
        return
    model = view.datamodel.obj
    mine = (*view.base_conditions(), *view.bin_conditions(), rows.criteria(model, "delete"))
    statement = view.datamodel.select(*mine, in_bin=True)
    view.datamodel.page(statement, [("deleted_at", "desc")], PageRequest(25))
    yield "bin"


def tabs(view: Any) -> Iterator[str]:
    """The list on the record of a row that many others hang on."""
    model, session = view.datamodel.obj, view.datamodel.session
    order = complete_order(model, [], view.base_order)
    for relation in view.tab_of:
        target = target_of(model, relation)
        parent = next(filter(None, (session.get(target, pk) for pk in range(1, 400))), None)
        if parent is None:
            continue
        statement = view.datamodel.select(belongs_to(model, relation, parent))
        few = view.datamodel.totals(statement).count <= SORTED
        view.datamodel.page(statement, order, PageRequest(25, few=few))
        yield f"tab of {relation}"


def pickers(view: Any) -> Iterator[str]:
    """What each relation of a form or a filter may be set to."""
    for name in picked(view):
        search_candidates(view.datamodel, name, "", {})
        yield f"picker of {name}"


def picked(view: Any) -> Iterator[str]:
    """The relations that a form or a filter of a list asks for."""
    model = view.datamodel.obj
    for name in dict.fromkeys([*view.add_columns, *view.search_columns]):
        if name in inspect(model).relationships and _is_picked(target_of(model, name)):
            yield name


def _is_picked(target: type[Any]) -> bool:
    """Children and files are chosen in no picker."""
    return not issubclass(target, Child) and getattr(target, "__linked_by_id__", True)


# A word that many rows have, one that few have, a part inside one, one of each, one of none.
TYPED = ("garage", "someone4711", "omeone471", "contrat 4711", "nothing")


def searches(view: Any) -> Iterator[str]:
    """The first page of what is typed into the box."""
    model, where = view.datamodel.obj, view.base_conditions()
    order = complete_order(model, [], view.base_order)
    for typed in TYPED:
        match = find(view.datamodel.session, model, typed, *where)
        assert match is not None
        statement = view.datamodel.select(*where, match.where)
        few = match.is_few or view.datamodel.totals(statement).count <= SORTED
        view.datamodel.page(statement, order, PageRequest(few=few))
        yield f"search for {typed}"


def searched_pickers(view: Any) -> Iterator[str]:
    """What a relation may be set to that has this word."""
    for name in picked(view):
        if issubclass(target_of(view.datamodel.obj, name), Record):
            for typed in TYPED[:3]:
                search_candidates(view.datamodel, name, typed, {})
                yield f"picker of {name} with {typed}"


@pytest.mark.slow("explains every statement of every list")
@pytest.mark.parametrize(
    ("work", "person"),
    [
        (pages, "alice"),
        (pages, "claire"),
        (pages, "olga"),
        (bins, "alice"),
        (tabs, "claire"),
        (pickers, "claire"),
        (searches, "alice"),
        (searched_pickers, "claire"),
    ],
)
def test_no_statement_reads_or_sorts_a_whole_table(
    crowded: Flask, work: Callable[[Any], Iterator[str]], person: str
) -> None:
    assert looked_at(crowded, person, work) == []


@pytest.mark.parametrize("index", ["ix_lead_by_received_on", "ix_lead_by_owner_id_received_on"])
def test_an_index_that_is_taken_away_is_missed(crowded: Flask, index: str) -> None:
    person = "alice" if "owner" not in index else "claire"
    # What a statement costs without it depends on what was read before: hence a narrower limit.
    usual = looked_at(crowded, person, pages, "/leads", STRICTER)
    table = Lead.__table__
    taken = next(one for one in table.indexes if one.name == index)
    table.indexes.remove(taken)
    with crowded.app_context(), db.engine.begin() as connection:
        taken.drop(connection)
    try:
        assert set(looked_at(crowded, person, pages, "/leads", STRICTER)) - set(usual)
    finally:
        table.indexes.add(taken)
        with crowded.app_context(), db.engine.begin() as connection:
            taken.create(connection)


@pytest.mark.parametrize("person", ["alice", "claire"])
def test_pages_along_an_index_are_those_of_the_sorted_list(crowded: Flask, person: str) -> None:
    """Forwards and backwards, each row once, in every order; on one opportunity of 197."""
    with acting(crowded, person):
        view = next(view for view in lists(crowded) if view.route_base == "/opportunities")
        model = view.datamodel.obj
        statement = view.datamodel.select(*view.base_conditions(), model.id % 197 == 0)
        for name, way in product(view.order_columns, ("asc", "desc")):
            order = complete_order(model, [(name, way)], view.base_order)
            ids = [
                row.id
                for row in view.datamodel.page(statement, order, PageRequest(200, few=True)).rows
            ]
            assert ids
            backwards = (way == "asc") is (person == "alice")
            assert turned(view, statement, order, len(ids) // 2, backwards) == ids, (name, way)


def turned(view: Any, statement: Any, order: Any, size: int, backwards: bool) -> list[int]:
    """The rows of a list, page after page from one of its ends."""
    ids: list[int] = []
    found = view.datamodel.page(statement, order, PageRequest(size, backwards=backwards))
    while True:
        page = [row.id for row in found.rows]
        ids = [*page, *ids] if backwards else [*ids, *page]
        token = found.before if backwards else found.after
        if not token:
            return ids
        found = view.datamodel.page(statement, order, PageRequest(size, token, backwards=backwards))


@pytest.mark.parametrize("person", ["alice", "claire", "olga"])
def test_the_tree_of_an_account_reads_its_branch_alone(crowded: Flask, person: str) -> None:
    """From the top of a tree of hundreds, and from its last leaf."""
    with acting(crowded, person), watching(db.engine) as watch:
        for order in (Account.id.asc(), Account.id.desc()):
            found = select(Account).where(Account.parent_id.is_not(None)).order_by(order).limit(1)
            account = db.session.scalars(found).unique().one()
            watch.taken()  # that of the test
            above, below = tree.parents(account), tree.subsidiaries(account)
            assert watch.taken() == []
            if person == "alice":
                assert above.accounts or below.nodes


# List, field, and what the index that leads to its few rows is called.
NARROW = (
    ("/leads", "do_not_call", "1", "ix_lead_do_not_call"),
    ("/contacts", "do_not_email", "1", "ix_contact_do_not_email"),
    ("/opportunities", "recurring_amount", "1", "ix_opportunity_recurring_amount"),
    ("/opportunities", "account", "7", "ix_opportunity_account_id"),
    ("/opportunities", "amount", "49900", "ix_opportunity_by_amount"),
    ("/events", "lead", "7", "ix_event_lead_id"),
)


@pytest.mark.parametrize(("path", "name", "text", "index"), NARROW)
@pytest.mark.parametrize("person", ["alice", "claire"])
def test_a_filter_that_few_rows_pass_is_counted_and_read_along_its_index(
    crowded: Flask, path: str, name: str, text: str, index: str, person: str
) -> None:
    with acting(crowded, person):
        view = next(view for view in lists(crowded) if view.route_base == path)
        model, session = view.datamodel.obj, db.session()
        where = condition(model, name, 0, [text], FilterFormat("UTC")).where
        statement = view.datamodel.select(where)
        plain = sorted(session.scalars(statement.with_only_columns(model.id)))
        if db.engine.dialect.name == "sqlite":
            narrow = narrowed(statement.with_only_columns(model.id), model)
            assert f"INDEXED BY {index}" in str(narrow.compile(db.engine))
        assert view.datamodel.totals(statement).count == len(plain)
        order = complete_order(model, [], view.base_order)
        page = view.datamodel.page(statement, order, PageRequest(len(plain) + 1, few=True))
        assert sorted(row.id for row in page.rows) == plain
