"""An application on a database of its own, the cast of the acceptance list, ways to act as them.

- `database` is "sqlite", or in the files of BOTH "sqlite" and then "postgres".
- `app`, `client`, `as_user("claire")`, `token_of("claire")`: every request stands alone, commits
  for real, and carries the token that a page of ours would have given it.
- `with acting("claire") as session:` what services do in somebody's name, committed at the end.
- `with everything() as session:` the rows as they are, past the filter.
- `with counting() as statements:` the SQL of the block.
- `@written_once`: a fixture whose rows several tests begin with; written once, copied from then on.
"""

import contextvars
import inspect
import os
import re
import secrets
import shutil
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial, wraps
from pathlib import Path
from typing import Any, NoReturn

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from flask.testing import FlaskClient
from flask_appbuilder.security.sqla.models import Group, Role, User
from flask_jwt_extended import create_access_token
from itsdangerous import URLSafeTimedSerializer
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import event, select
from sqlalchemy.orm import Session
from werkzeug.security import generate_password_hash
from werkzeug.test import TestResponse

from crm.app import create_app
from crm.companies.actors import load_actor
from crm.companies.models import Agency, Company
from crm.companies.people import users
from crm.companies.services import company as companies
from crm.core.actor import acting_as, find_actor
from crm.core.config import Config
from crm.core.datamodel.saving import create_row, update_row
from crm.core.db import db, transaction
from crm.core.rows import unfiltered
from crm.core.security import SessionUser, hash_password, passwords
from crm.core.security.manager import EPOCH
from crm.init import init
from tests.servers import FOLDER, Postgres, locked

# The tests of these files, and those marked `both`, are about rows: they run on both databases.
BOTH = ("test_models.py", "test_services.py", "test_api.py", "test_rows.py", "test_datamodel.py")
PASSWORD = "nine herons over the quay"
QUICK = "scrypt:256:8:1"  # of the hashes of passwords in tests
SECRET = "a key that only the tests know, and it is long enough"
READS = ("GET", "HEAD", "OPTIONS")
AROUND = ("BEGIN", "ROLLBACK", "PRAGMA", "SET LOCAL")  # what transactions say for themselves
WRITES = re.compile(r"(?:INSERT INTO|UPDATE) (\w+)")

Acting = Callable[[str], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Cast:
    """The ids of the people, companies, groups and agencies of the acceptance list."""

    france: int = 0
    iberia: int = 0
    sales: int = 0  # a team: Claire and Hugo
    support: int = 0  # Nadia
    lyon: int = 0
    lille: int = 0
    people: dict[str, int] = field(default_factory=dict)

    def __getattr__(self, name: str) -> int:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(f"nobody of the cast is called {name!r}") from None


# username → first name, last name, role's code, groups, companies.
PEOPLE: dict[str, tuple[str, str, str, tuple[str, ...], tuple[str, ...]]] = {
    "alice": ("Alice", "Arnaud", "admin", (), ("ACME-FR", "ACME-ES")),
    "marc": ("Marc", "Morel", "manager", (), ("ACME-FR",)),
    "claire": ("Claire", "Colin", "salesperson", ("Sales",), ("ACME-FR",)),
    "hugo": ("Hugo", "Henry", "salesperson", ("Sales",), ("ACME-FR",)),
    "nadia": ("Nadia", "Noël", "", ("Support",), ("ACME-FR",)),  # a group without roles: no rights
    "ines": ("Inès", "Imbert", "assistant", (), ("ACME-FR",)),
    "audrey": ("Audrey", "Aubert", "auditor", (), ("ACME-FR",)),
    "theo": ("Théo", "Texier", "translator", (), ("ACME-FR",)),
    "olga": ("Olga", "Ortega", "salesperson", (), ("ACME-ES",)),
}


class Client(FlaskClient):
    """A browser without a screen.

    Each request runs in a context of its own, as under a server: no session, actor or language of
    the test or of the request before can leak into it.
    """

    sends_token = True  # the CSRF token that a page would have carried
    kept_token = ""  # of a session that is known already

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        if self.sends_token and kwargs.get("method", "GET") not in READS:
            headers = dict(kwargs.pop("headers", None) or {})
            token = self.kept_token or self.csrf_token()
            kwargs["headers"] = {"X-CSRFToken": token, **headers}
        kwargs.setdefault("buffered", True)
        return contextvars.Context().run(super().open, *args, **kwargs)

    def csrf_token(self) -> str:
        """The token that a form of this session's next page would carry."""
        return contextvars.Context().run(self._csrf_token)

    def _csrf_token(self) -> str:
        with self.session_transaction() as session:
            kept = session.setdefault("csrf_token", secrets.token_hex(20))
        keys = self.application.config["WTF_CSRF_SECRET_KEY"]
        return str(URLSafeTimedSerializer(keys, salt="wtf-csrf-token").dumps(kept))


@dataclass
class World:
    """One application of this worker, and the database that every test finds as new."""

    app: Flask
    cast: Cast
    renew: Callable[[set[str]], None]
    path: Path | None = None  # of a SQLite database whose rows can be kept
    written: set[str] = field(default_factory=set)  # the tables; "" is all of them
    sessions: dict[str, tuple[str, str]] = field(default_factory=dict)  # (cookie, CSRF token)

    def start(self) -> None:
        """Undo what the last test wrote; forget whom it kept out."""
        if self.written:
            with self.app.app_context():
                db.engine.dispose()
            self.renew(self.written)
            self.written.clear()
        for limiter in self.app.extensions["limiter"]:
            limiter.reset()

    def begin_with(self, name: str, plant: Callable[[], None]) -> None:
        """Write what `plant` writes, or copy what it wrote for an earlier test of this worker.

        Nothing is copied over what the test has written already, nor on PostgreSQL.
        """
        if self.path is None or self.written:
            plant()
            return
        kept = self.path.with_name(f"{name}.sqlite")
        if kept.exists():
            with self.app.app_context():
                db.engine.dispose()
            replace_database(kept, self.path)
            self.written.add("")
            return
        plant()
        with closing(sqlite3.connect(self.path)) as now, closing(sqlite3.connect(kept)) as copy:
            now.backup(copy)  # with what is still in the WAL

    def browser(self, person: str) -> Client:
        """A browser in which somebody is signed in, the same session each time."""
        name = self.app.config["SESSION_COOKIE_NAME"]
        if person not in self.sessions:
            first = signed_in(self.app, self.cast.people[person])
            token, cookie = first.csrf_token(), first.get_cookie(name)
            assert cookie is not None
            self.sessions[person] = (cookie.value, token)
        client = new_client(self.app)
        kept, client.kept_token = self.sessions[person]
        client.set_cookie(name, kept)
        return client

    def watch(self) -> None:
        """Notice what is written, to leave alone what was only read."""

        def look(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
            if not statement.startswith(("SELECT", *AROUND)):
                found = WRITES.match(statement)  # a DELETE reaches other tables in cascade
                self.written.add(found[1] if found else "")

        with self.app.app_context():
            # All tests of a worker together have more statements than SQLAlchemy keeps.
            db.engine.update_execution_options(compiled_cache={})
            event.listen(db.engine, "before_cursor_execute", look)
            if db.engine.dialect.name == "sqlite":
                event.listen(db.engine, "connect", _hurry)


def _hurry(connection: Any, record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")  # no test outlives a power cut


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "both: about rows, so run on SQLite and on PostgreSQL")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what is about rows on both databases."""
    if "database" not in metafunc.fixturenames:
        return
    names: list[Any] = ["sqlite"]
    if metafunc.definition.path.name in BOTH or metafunc.definition.get_closest_marker("both"):
        names.append(pytest.param("postgres", marks=pytest.mark.postgres))
    metafunc.parametrize("database", names, indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """The kind of database of this test."""
    return str(request.param)


@pytest.fixture(scope="session")
def worlds() -> dict[str, World]:
    """The applications that this worker has made so far, by kind of database."""
    return {}


@pytest.fixture
def world(
    database: str,
    worlds: dict[str, World],
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> World:
    """The application of this test's kind of database, and a database as new."""
    if database not in worlds:
        make = _postgres_world if database == "postgres" else _sqlite_world
        worlds[database] = make(request, tmp_path_factory.mktemp(database))
    worlds[database].start()
    return worlds[database]


@pytest.fixture
def app(world: World) -> Flask:
    """The application, on migrated tables with what ships and the cast."""
    return world.app


@pytest.fixture
def cast(world: World) -> Cast:
    """The ids of the cast."""
    return world.cast


@pytest.fixture
def client(app: Flask) -> Client:
    """Somebody who is not signed in."""
    return new_client(app)


def written_once(plant: Callable[..., None]) -> Callable[..., None]:
    """A fixture of the rows that `plant` writes, once for all tests of a worker.

    It returns nothing, and writes nowhere but to the database.
    """

    @wraps(plant)
    def begin(world: World, **given: Any) -> None:
        world.begin_with(f"{plant.__module__}.{plant.__name__}", partial(plant, **given))

    asked = inspect.signature(plant).parameters.values()
    of_world = inspect.Parameter("world", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    del begin.__wrapped__  # pytest would look there for what is asked
    begin.__signature__ = inspect.Signature([of_world, *asked])  # type: ignore[attr-defined]
    return pytest.fixture(begin)


@pytest.fixture
def another_app(world: World) -> Iterator[Callable[..., Flask]]:
    """`another_app(proxies=1)`: the application set up otherwise, on the same database."""
    made: list[Flask] = []

    def make(**config: Any) -> Flask:
        config_of = world.app.extensions["crm.config"]
        made.append(make_app(config_of.database_url, config_of.instance, **config))
        world.written.add("")
        return made[-1]

    yield make
    for other in made:
        with other.app_context():
            db.session.remove()
            db.engine.dispose()


def new_client(app: Flask) -> Client:
    """A browser that knows nothing yet."""
    client = app.test_client()
    assert isinstance(client, Client)
    return client


@pytest.fixture
def as_user(app: Flask, cast: Cast) -> Callable[[str], Client]:
    """`as_user("claire")`: a browser in which she is signed in."""

    def sign_in(name: str) -> Client:
        return signed_in(app, cast.people[name])

    return sign_in


def signed_in(app: Flask, user_id: int) -> Client:
    """A browser in which this user is signed in."""
    client = new_client(app)
    client.set_cookie(app.config["SESSION_COOKIE_NAME"], session_cookie(app, user_id))
    return client


def session_cookie(app: Flask, user_id: int) -> str:
    """The cookie of a session in which this user is signed in."""
    with app.app_context():
        epoch = db.session.scalar(select(User.session_epoch).where(User.id == user_id))
    signed_in = SessionUser(user_id, epoch, f"test-{user_id}")
    serializer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert serializer is not None
    return str(serializer.dumps({"_user_id": signed_in.get_id(), "_fresh": True}))


@pytest.fixture
def token_of(app: Flask, cast: Cast) -> Callable[[str], dict[str, str]]:
    """`token_of("claire")`: the header by which the API knows her."""

    def make(name: str) -> dict[str, str]:
        return token_header(app, cast.people[name])

    return make


def token_header(app: Flask, user_id: int) -> dict[str, str]:
    """The header by which the API knows this user."""
    with app.app_context():
        epoch = db.session.scalar(select(User.session_epoch).where(User.id == user_id))
    with app.test_request_context(environ_overrides={EPOCH: epoch}):
        token = create_access_token(identity=str(user_id), fresh=True)
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def acting(app: Flask, cast: Cast) -> Acting:
    """`with acting("claire") as session:` in her name; one commit at the end.

    What was read stays readable after it.
    """

    @contextmanager
    def act(name: str) -> Iterator[Session]:
        with app.app_context():
            actor = load_actor(cast.people[name])
            assert actor is not None, f"{name} may not act"
            db.session.rollback()
            with acting_as(actor), _committed() as session:
                yield session

    return act


@pytest.fixture
def everything(app: Flask) -> Callable[[], AbstractContextManager[Session]]:
    """`with everything() as session:` all rows of all companies; one commit at the end."""

    @contextmanager
    def open_all() -> Iterator[Session]:
        reason = "a test looks at the rows themselves"
        with app.app_context(), unfiltered(reason), _committed() as session:
            yield session

    return open_all


@contextmanager
def _committed() -> Iterator[Session]:
    with transaction() as session:
        session.expire_on_commit = False
        yield session


@contextmanager
def statements_of(app: Flask, *left_out: str) -> Iterator[list[str]]:
    """The SQL of the block, but for what begins with one of `left_out`."""
    statements: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith(left_out):
            statements.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def counting(app: Flask) -> Callable[[], AbstractContextManager[list[str]]]:
    """`with counting() as statements:` the SQL that reaches the database meanwhile."""
    return lambda: statements_of(app, *AROUND)


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Hash passwords as the product does, but for a hundredth of the work."""
    quick = partial(generate_password_hash, method=QUICK)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "generate_password_hash", quick)
        patch.setattr(passwords, "NOBODY", quick("nobody"))
        yield


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Refuse to leave the machine, instead of remembering it in every review."""
    stock = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if self.family == socket.AF_UNIX or address[0] in ("127.0.0.1", "::1", "localhost"):
            stock(self, address)
            return
        _refuse(address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        yield


def _refuse(address: Any) -> NoReturn:
    raise ConnectionRefusedError(f"a test reached for {address}")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database with the cast: made by the first worker that asks, copied by all."""
    template = Path(os.environ[FOLDER]) / "template.sqlite"
    with locked(template.with_suffix(".lock")):
        if not template.exists():
            folder = tmp_path_factory.mktemp("template")
            fill(make_app(f"sqlite:///{folder / 'draft.sqlite'}", folder))
            shutil.copy(folder / "draft.sqlite", template.with_suffix(".new"))
            template.with_suffix(".new").rename(template)
    return template


def _sqlite_world(request: pytest.FixtureRequest, folder: Path) -> World:
    template = request.getfixturevalue("sqlite_template")
    path = folder / "crm.sqlite"
    replace_database(template, path)
    app = make_app(f"sqlite:///{path}", folder)
    return _world(app, lambda written: replace_database(template, path), path)


def replace_database(kept: Path, path: Path) -> None:
    """Put the SQLite database `kept` at `path`, to which nobody is connected."""
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.copyfile(kept, path)


@pytest.fixture(scope="session")
def postgres_template(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a migrated database with the cast, and with copies of its tables."""
    name = "crm_template"
    ready = Path(os.environ[FOLDER]) / "postgres.template"
    with locked(ready.with_suffix(".lock")):
        if not ready.exists():
            app = make_app(postgres.create(name), tmp_path_factory.mktemp("template"))
            fill(app)
            keep_copies(app)
            ready.touch()
    return name


def _postgres_world(request: pytest.FixtureRequest, folder: Path) -> World:
    wanted = ("postgres", "worker", "postgres_template")
    server, worker, template = (request.getfixturevalue(name) for name in wanted)
    app = make_app(server.create(f"crm_{worker}_tests", template), folder)
    return _world(app, renewing(app))


def renewing(app: Flask) -> Callable[[set[str]], None]:
    """What undoes the writing to some tables of a PostgreSQL database with copies."""

    def renew(written: set[str]) -> None:
        # A copy of the whole database takes half a second; of the tables written, a moment.
        tables = set(db.metadata.tables) if "" in written else written
        with app.app_context(), db.engine.begin() as connection:
            for statement in _copies_back(sorted(tables)):
                connection.exec_driver_sql(statement)

    return renew


def keep_copies(app: Flask) -> None:
    """Copy every table of a PostgreSQL database into a schema of its own."""
    with app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA kept")
        for table in db.metadata.tables:
            connection.exec_driver_sql(f"CREATE TABLE kept.{table} AS TABLE public.{table}")
    with app.app_context():
        db.engine.dispose()


def _copies_back(tables: list[str]) -> Iterator[str]:
    yield "SET LOCAL session_replication_role = replica"  # no foreign key meanwhile
    for name in tables:
        yield f"DELETE FROM {name}"  # noqa: S608  a name of our own metadata
        yield f"INSERT INTO {name} SELECT * FROM kept.{name}"  # noqa: S608
        if "id" in db.metadata.tables[name].c:
            sequence = f"pg_get_serial_sequence('{name}', 'id')"
            yield f"SELECT setval({sequence}, coalesce(max(id), 0) + 1, false) FROM {name}"  # noqa: S608


def _world(app: Flask, renew: Callable[[set[str]], None], path: Path | None = None) -> World:
    world = World(app, read_cast(app), renew, path)
    world.watch()
    return world


def make_app(url: str, folder: Path, **config: Any) -> Flask:
    """An application on the database at `url`."""
    plain = Config(
        instance=folder,
        database_url=url,
        secret_key=SECRET,
        files=str(folder / "files"),
        public_url="http://localhost",
        admin_password=PASSWORD,
        testing=True,
    )
    app = create_app(replace(plain, **config))
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(os.environ[FOLDER])
    app.test_client_class = Client
    return app


def fill(app: Flask) -> None:
    """Migrate the database of `app`, and let the cast in."""
    with app.app_context():
        init()
        with unfiltered("the cast comes before anybody acts"), transaction():
            _engage()
        db.session.remove()
        db.engine.dispose()


def _engage() -> None:
    assert find_actor() is None
    french = {"language": "fr", "currency": "EUR", "time_zone": "Europe/Paris"}
    spanish = {**french, "country": "ES", "language": "en", "time_zone": "Europe/Madrid"}
    first = db.session.scalars(select(Company)).one()
    update_row(first, {"name": "ACME France", "code": "ACME-FR", "country": "FR", **french})
    places = {
        "ACME-FR": first,
        "ACME-ES": companies.create({"name": "ACME Iberia", "code": "ACME-ES", **spanish}),
    }
    groups = {
        "Sales": create_row(Group, {"name": "Sales", "is_team": True}),
        "Support": create_row(Group, {"name": "Support"}),
    }
    for name in ("Lyon", "Lille"):
        create_row(Agency, {"name": name, "company": places["ACME-FR"]})
    roles = {role.code: role for role in db.session.scalars(select(Role))}
    kept = hash_password(PASSWORD)
    for username, (first, last, role, of_groups, of_companies) in PEOPLE.items():
        user = users.create(
            {
                "username": username,
                "email": f"{username}@acme.example",
                "first_name": first,
                "last_name": last,
                "active": True,
                "language": "en",
                "roles": [roles[role]] if role else [],
                "groups": [groups[name] for name in of_groups],
                "companies": [places[code] for code in of_companies],
            }
        )
        user.password = kept


def read_cast(app: Flask) -> Cast:
    """The cast that `fill` let in."""
    with app.app_context(), unfiltered("who is who"):
        ids = {name: pk for name, pk in db.session.execute(select(User.username, User.id))}  # noqa: C416
        places = {row.code: row.id for row in db.session.scalars(select(Company))}
        groups = {row.name: row.id for row in db.session.scalars(select(Group))}
        agencies = {row.name: row.id for row in db.session.scalars(select(Agency))}
        db.session.remove()
        db.engine.dispose()
    return Cast(
        places["ACME-FR"], places["ACME-ES"], groups["Sales"], groups["Support"],
        agencies["Lyon"], agencies["Lille"], ids,
    )  # fmt: skip
