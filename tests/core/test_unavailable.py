"""A database that is busy, gone or full: 503 in words, and nothing typed is lost."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from crm.cli import main
from crm.core import db as core_db
from crm.core.config import ConfigError, read_config
from crm.core.db import db, prepare_postgres
from crm.core.outage import Outage, find_outage
from crm.leads.models import Lead
from tests.core.test_transaction import As, Everything
from tests.factories import make
from tests.fixtures import PASSWORD, Acting, Client, make_app, new_client, session_cookie

BUSY = {
    "en": "The database is busy. Nothing was saved; try again in a moment.",
    "fr": "La base de données est occupée. Rien n’a été enregistré",
}
TYPED = {"organization": "Dupont & fils", "status": 1, "owner": 4}


@pytest.fixture
def busy(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`with busy(statement):` somebody else has just run this, and is not done."""
    monkeypatch.setattr(core_db, "WAIT", 0.1)

    @contextmanager
    def hold(statement: str) -> Iterator[None]:
        with app.app_context(), db.engine.connect() as connection:
            connection.execute(text(statement))
            yield
            connection.rollback()

    return hold


@pytest.fixture
def lead(acting: Acting) -> Lead:
    with acting("claire"):
        found: Lead = make(Lead, organization="Ours")
    return found


@pytest.mark.both
@pytest.mark.parametrize("language", BUSY)
def test_a_busy_database_gives_the_form_back(
    language: str, lead: Lead, as_user: As, busy: Any, everything: Everything, token_of: Any
) -> None:
    with everything() as session:
        session.execute(text(f"UPDATE ab_user SET language = '{language}'"))  # noqa: S608
    claire, token = as_user("claire"), token_of("claire")
    typed = TYPED | {"row_version": lead.row_version}
    with busy("UPDATE lead SET external_ref = NULL"):
        page = claire.post(f"/leads/edit/{lead.id}", data=typed)
        api = claire.put(
            f"/api/v1/leads/{lead.id}",
            json={"organization": "Mine", "row_version": lead.row_version}, headers=token,
        )  # fmt: skip
        button = as_user("marc").post(
            f"/leads/delete/{lead.id}", data={"row_version": lead.row_version}
        )
        assert claire.get("/leads/list/").status_code == 200, "reading goes on"
    for answer in (page, api, button):
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
    assert BUSY[language] in page.text
    assert 'value="Dupont &amp; fils"' in page.text
    assert BUSY[language] in api.json["message"]
    assert BUSY[language] in button.text
    assert claire.post(f"/leads/edit/{lead.id}", data=typed).status_code == 303, "sent again"


def test_a_sign_in_waits_for_nobody(client: Client, busy: Any, everything: Everything) -> None:
    data = {"username": "claire", "password": PASSWORD}
    with busy("UPDATE company SET city = NULL"):
        api = client.post("/api/v1/security/login", json=data | {"provider": "db"})
        answer = client.post("/login/", data=data)
    assert (answer.status_code, api.status_code) == (303, 200)
    with everything() as session:
        assert session.scalar(select(User.last_login).where(User.username == "claire")) is None


@pytest.fixture
def gone(
    request: pytest.FixtureRequest, app: Flask, database: str, tmp_path: Path
) -> tuple[Flask, str]:
    """An application whose database is not there, and the cookie of a session of Claire's."""
    url = f"sqlite:///{tmp_path / 'nowhere' / 'crm.sqlite'}"
    if database == "postgres":
        url = "postgresql+psycopg://crm@127.0.0.1:1/crm"
    return make_app(url, tmp_path), session_cookie(app, 4)


@pytest.mark.both
def test_without_a_database_every_answer_is_a_503_in_words(gone: tuple[Flask, str]) -> None:
    app, cookie = gone
    client = new_client(app)
    client.set_cookie(app.config["SESSION_COOKIE_NAME"], cookie)
    french = {"Accept-Language": "fr"}
    page = client.get("/leads/list/", headers=french)
    posted = client.post("/leads/add?company=1", data=TYPED | {"tags": ["1", "2"]})
    secret = client.post("/password/", data={"old_password": "a", "password": "s3cret-b"})
    part = client.post("/leads/field/1/city", data={"city": "x"}, headers={"HX-Request": "true"})
    api = client.get("/api/v1/leads/", headers={"Accept": "application/json"})
    login = new_client(app).post("/login/", data={"username": "claire", "password": "s3cret-b"})
    nothing = client.get("/no/such/page")
    for answer in (page, posted, secret, part, login, nothing):
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert "s3cret-b" not in answer.text
    assert "La base de données ne répond pas." in page.text
    assert '<html lang="fr"' in page.text
    assert 'action="/leads/add?company=1"' in posted.text
    assert 'name="organization" value="Dupont &amp; fils"' in posted.text
    assert posted.text.count('name="tags"') == 2
    assert part.text.startswith("The database does not answer.")
    assert api.status_code in (401, 503), "without a token nobody is looked up"
    for one in (client, new_client(app)):
        health = one.get("/health")
        assert health.status_code == 503
        assert health.json == {"status": "error", "database": "does not answer"}


def test_without_a_database_no_button_leads_to_another_server(gone: tuple[Flask, str]) -> None:
    client = new_client(gone[0])
    client.set_cookie(gone[0].config["SESSION_COOKIE_NAME"], gone[1])
    for path in ("//evil.example/x", "/\\evil.example/x"):
        page = client.get("/?y=1", environ_overrides={"PATH_INFO": path})
        assert page.status_code == 503
        assert 'href="/evil.example/x?y=1"' in page.text


def test_a_token_without_a_database_is_answered_in_json(
    gone: tuple[Flask, str], token_of: Any
) -> None:
    client = new_client(gone[0])
    for answer in (
        client.get("/api/v1/leads/", headers=token_of("claire")),
        client.post("/api/v1/leads/", json={"organization": "x"}, headers=token_of("claire")),
        client.post("/api/v1/security/login", json={
            "username": "claire", "password": PASSWORD, "provider": "db"}),
    ):  # fmt: skip
        assert answer.status_code == 503
        assert answer.json["message"].startswith("The database does not answer.")
        assert answer.headers["Retry-After"] == "5"


COMMANDS = {
    "init": "does not answer",
    "demo": "does not answer",
    "user list": "does not answer",
    "user create eva eva@acme.example Eva --role Salesperson": "does not answer",
    "user deactivate claire": "does not answer",
    "doctor": "does not answer",
    "imports": "does not answer",
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_it_in_a_line(command: str, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'nowhere' / 'crm.sqlite'}"
    done = CliRunner().invoke(
        main, command.split(), env={"DATABASE_URL": url, "INSTANCE": str(tmp_path)}
    )
    assert done.exit_code == 1, done.output
    assert COMMANDS[command] in done.output
    assert "Traceback" not in done.output


def test_a_command_on_an_empty_database_says_what_to_do(tmp_path: Path) -> None:
    env = {"DATABASE_URL": f"sqlite:///{tmp_path / 'crm.sqlite'}", "INSTANCE": str(tmp_path)}
    done = CliRunner().invoke(main, ["user", "list"], env=env)
    assert (done.exit_code, done.output) == (
        1, "Error: The database has not been set up yet: run “crm init”.\n",
    )  # fmt: skip


@pytest.mark.parametrize("command", ["init", "purge", "import-undo 1 --as admin"])
def test_a_command_without_a_place_for_its_lock_says_it_in_a_line(
    command: str, tmp_path: Path, sqlite_template: Path
) -> None:
    # A database of its own: the command's application leaves its connections open.
    shutil.copyfile(sqlite_template, tmp_path / "crm.sqlite")
    (tmp_path / "file").touch()
    env = {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'crm.sqlite'}",
        "INSTANCE": str(tmp_path / "file"),
        "SECRET_KEY": "k" * 40,
    }
    done = CliRunner().invoke(main, command.split(), env=env)
    assert done.exit_code == 1, done.output
    assert "cannot be written to" in done.output
    assert "Check its folder." in done.output


def raised(url: str, *statements: str) -> BaseException:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
    except (OperationalError, ProgrammingError) as error:
        return error
    finally:
        engine.dispose()
    raise AssertionError("nothing was raised")


def test_outages_of_sqlite_are_told_from_bugs(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.sqlite'}"
    full = raised(url, "CREATE TABLE t (x)", "PRAGMA max_page_count=2",
                  "INSERT INTO t VALUES (zeroblob(100000))")  # fmt: skip
    assert find_outage(full) is Outage.READ_ONLY
    assert find_outage(raised(url, "PRAGMA query_only=1", "CREATE TABLE u (x)")) is Outage.READ_ONLY
    assert find_outage(raised(url, "SELECT * FROM nowhere")) is Outage.EMPTY
    assert find_outage(raised(url, "SELEKT")) is None
    (tmp_path / "y.sqlite").write_bytes(b"no database at all" * 100)
    broken = OperationalError("", {}, _broken(tmp_path / "y.sqlite"))
    assert find_outage(broken) is Outage.SILENT
    assert find_outage(PoolTimeout()) is Outage.BUSY
    assert find_outage(ValueError()) is None


def _broken(path: Path) -> sqlite3.DatabaseError:
    with pytest.raises(sqlite3.DatabaseError) as caught:
        sqlite3.connect(path).execute("SELECT * FROM sqlite_master")
    return caught.value


def test_outages_of_postgresql_are_told_from_bugs(postgres_url: str) -> None:
    slow = raised(postgres_url, "SET statement_timeout = 50", "SELECT pg_sleep(5)")
    assert find_outage(slow) is Outage.BUSY
    assert find_outage(raised(postgres_url, "SELECT * FROM nothing")) is Outage.EMPTY
    assert find_outage(raised(postgres_url, "SELEKT")) is None


def test_only_statements_of_a_web_request_are_limited(postgres_url: str) -> None:
    engine = create_engine(postgres_url, pool_size=1, max_overflow=0)
    prepare_postgres(engine)

    def limit() -> str:
        with engine.connect() as connection:
            return str(connection.exec_driver_sql("SHOW statement_timeout").scalar())

    assert limit() == "0"
    with Flask(__name__).test_request_context():
        assert [limit(), limit()] == ["30s", "30s"]
        with engine.connect() as connection, pytest.raises(ProgrammingError):
            connection.exec_driver_sql("SELEKT")
        assert limit() == "30s", "a rollback does not undo it"
    assert limit() == "0", "a command, or the nightly purge, on the same connection"
    engine.dispose()


@pytest.mark.parametrize(
    "url", ["sqlite:///", "sqlite://", "sqlite:///:memory:", "sqlite:///file::memory:?uri=true",
            "sqlite:///file:x?mode=memory&uri=true"],
)  # fmt: skip
def test_a_database_in_memory_is_refused_in_a_sentence(url: str, tmp_path: Path) -> None:
    env = {"DATABASE_URL": url, "INSTANCE": str(tmp_path), "SECRET_KEY": "k" * 40}
    with pytest.raises(ConfigError, match="names no file"):
        read_config(env)


def test_an_address_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    env = {"DATABASE_URL": "postgresql://a@b:port/c", "INSTANCE": str(tmp_path)}
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config(env)
