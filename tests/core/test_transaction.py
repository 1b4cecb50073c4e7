"""transaction(): the only place that writes and, on SQLite, takes the one write lock."""

import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select, text, update
from sqlalchemy.orm import Session

from crm.catalog.models import CatalogType
from crm.companies.people import users
from crm.core.api.reading import Reader
from crm.core.db import db, transaction
from crm.core.files import inspecting
from crm.core.forms.parsing import ParsingForm
from crm.core.rows import unfiltered
from crm.core.security import manager
from crm.core.security.identity import EndedSession
from crm.leads.models import Lead
from crm.quotes import totals
from tests.catalog.test_services import pdf
from tests.factories import make, word
from tests.fixtures import PASSWORD, Acting, Client

As = Callable[[str], Client]
Everything = Callable[[], AbstractContextManager[Session]]
Locks = Callable[[], AbstractContextManager[list[str]]]
LEAD = {"organization": "Dupont SA", "status": 1, "owner": 2, "company": 1}


def after(patch: pytest.MonkeyPatch, owner: Any, name: str, then: Callable[[], object]) -> None:
    """Do something else, once, just when `owner.name` is done: somebody else's request."""
    stock, left = getattr(owner, name), [then]

    def patched(*args: Any, **kwargs: Any) -> Any:
        done = stock(*args, **kwargs)
        if left:
            left.pop()()
        return done

    patch.setattr(owner, name, patched)


def elsewhere(app: Flask, statement: str, *values: object) -> None:
    """Write through another connection; an error at once where somebody holds the lock."""
    with app.app_context(), db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA busy_timeout=100")
        connection.execute(text(statement.format(*values)))
        connection.commit()


@pytest.fixture
def locks(app: Flask) -> Locks:
    """`with locks() as taken:` each BEGIN IMMEDIATE, and each statement that wrote."""

    @contextmanager
    def watch() -> Iterator[list[str]]:
        taken: list[str] = []

        def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
            if statement.startswith(("BEGIN IMMEDIATE", "INSERT", "UPDATE", "DELETE")):
                taken.append(" ".join(statement.split()[:2]))

        with app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield taken
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return watch


def test_what_writes_outside_is_an_error(app: Flask, acting: Acting) -> None:
    with acting("claire"):
        pk = make(Lead).id
    with app.app_context():
        with pytest.raises(RuntimeError, match="inside transaction"):
            db.session.execute(update(Lead).where(Lead.id == pk).values(organization="X"))
        db.session.add(EndedSession(key="x"))
        with pytest.raises(RuntimeError, match="inside transaction"):
            db.session.flush()


def test_transactions_do_not_nest(app: Flask) -> None:
    with (
        app.app_context(),
        transaction(),
        pytest.raises(RuntimeError, match="within"),
        transaction(),
    ):
        pass


@pytest.mark.both
def test_loaded_rows_stay_loaded_unless_somebody_saved_them(app: Flask, acting: Acting) -> None:
    with acting("claire"):
        pks = [make(Lead).id for _number in range(2)]
    with app.app_context(), unfiltered("the rows themselves"):
        same, saved = db.session.scalars(select(Lead).where(Lead.id.in_(pks)).order_by(Lead.id))
        elsewhere(app, "UPDATE lead SET organization='New', row_version=9 WHERE id={}", pks[1])
        with transaction():
            assert "organization" in same.__dict__
            assert saved.organization == "New"


def test_reading_takes_no_lock(as_user: As, acting: Acting, locks: Locks) -> None:
    with acting("claire"):
        pk = make(Lead).id
    claire = as_user("claire")
    pages = (
        "/", "/leads/list/", f"/leads/show/{pk}", f"/leads/edit/{pk}", "/leads/add", "/profile/",
        "/leads/pick/owner?q=cl", f"/leads/field/{pk}/organization", "/login/",
    )  # fmt: skip
    with locks() as taken:
        for address in pages:
            assert claire.get(address).status_code in (200, 302), address
        for address in ("/quotes/preview", "/opportunities/preview"):
            assert claire.post(address, data={"lines-count": "0"}).status_code in (200, 404), (
                address
            )
    assert taken == []


def test_a_save_takes_the_lock_once_and_writes_under_it(
    as_user: As, locks: Locks, client: Client
) -> None:
    with locks() as taken:
        assert as_user("alice").post("/leads/add", data=LEAD).status_code == 303
    assert taken[0] == "BEGIN IMMEDIATE"
    assert taken.count("BEGIN IMMEDIATE") == 1
    with locks() as taken:
        client.post("/login/", data={"username": "claire", "password": PASSWORD})
        client.post("/logout/")
    assert taken[0] == "BEGIN IMMEDIATE"
    assert taken.count("BEGIN IMMEDIATE") == 2, "the sign-in's time, the sign-out"


WHILE: dict[str, tuple[Any, str, Callable[[Client, dict[str, Any]], Any], int]] = {
    "a form is read": (
        ParsingForm, "read", lambda client, ids: client.post("/leads/add", data=LEAD), 303,
    ),
    "a body is read": (
        Reader, "read", lambda client, ids: client.post(
            "/api/v1/leads/", json=LEAD, headers=ids["token"]), 201,
    ),
    "a PDF is read": (
        inspecting, "inspect", lambda client, ids: client.post("/catalogs/add", data={
            "file": (io.BytesIO(pdf()), "Tarif.pdf"), "name": "Tarif", "type": ids["type"],
            "language": "fr", "company": ids["company"]}), 303,
    ),
    "a preview is computed": (
        totals, "of", lambda client, ids: client.post(
            "/quotes/preview", data={"lines-count": "1", "lines-0-label": "Pump"}), 200,
    ),
    "a password is checked": (
        manager, "verify_password", lambda client, ids: client.post(
            "/api/v1/security/login",
            json={"username": "claire", "password": PASSWORD, "provider": "db"}), 200,
    ),
    "a password is hashed": (
        users, "hash_password", lambda client, ids: client.post("/password/", data={
            "old_password": PASSWORD, "password": "eight swans on a lake",
            "confirm": "eight swans on a lake"}), 303,
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WHILE)
def test_others_write_while(
    what: str, app: Flask, as_user: As, acting: Acting, token_of: Any,
    everything: Everything, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    elsewhere(app, "UPDATE app_settings SET manage_catalogs = 1")
    with acting("alice"):
        ids = {"type": word(CatalogType, "Price list").id, "company": 1}
    written: list[bool] = []

    def write() -> None:
        elsewhere(app, "UPDATE company SET city = 'Lyon' WHERE id = 2")
        written.append(True)

    owner, name, request, status = WHILE[what]
    after(monkeypatch, owner, name, write)
    assert request(as_user("alice"), ids | {"token": token_of("alice")}).status_code == status
    assert written
