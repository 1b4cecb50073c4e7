"""The `crm` commands; each parses its arguments and calls one service.

What is large is imported by the command that needs it: the others start without it.
"""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial, update_wrapper
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.cli import FlaskGroup, ScriptInfo

from crm import translators
from crm.core.config import Config, ConfigError
from crm.core.errors import DomainError
from crm.core.pacing import paced_imports

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _make_app() -> Flask:
    """The application; a ConfigError becomes a one-line message."""
    from crm.app import create_app

    try:
        return create_app()
    except ConfigError as error:
        raise click.ClickException(str(error)) from None


class Commands(FlaskGroup):
    """The group of our commands, without those of libraries such as `fab`, which bypass our rules.

    Migrations are written with `flask --app app db`, and applied by `crm init`.
    """

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        return click.Group.get_command(self, ctx, name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return click.Group.list_commands(self, ctx)


main = Commands(
    name="crm",
    help="Comptoir, the CRM of the back office.",
    create_app=_make_app,
    add_default_commands=False,
    add_version_option=False,
    load_dotenv=False,
)
main.add_command(translators.group)


@contextmanager
def _told() -> Iterator[None]:
    """Turn DomainError and database outages into a message and exit code 1, without a traceback."""
    try:
        yield
    except DomainError as error:
        raise click.ClickException(str(error) or "This record does not exist.") from None
    except Exception as error:
        from crm.core.outage import find_outage, unavailable

        outage = find_outage(error)
        if outage is None:
            raise
        raise click.ClickException(str(unavailable(outage))) from None


def command(name: str, group: click.Group = main) -> Callable[[Callable[..., Any]], click.Command]:
    """A command without the row filter: whoever runs commands has the database anyway."""

    def wrap(function: Callable[..., Any]) -> click.Command:
        def run(*args: Any, **kwargs: Any) -> Any:
            from crm.core.rows import unfiltered

            with _told(), unfiltered(f"crm {name}"):
                return function(*args, **kwargs)

        return group.command(name)(update_wrapper(run, function))  # Flask opens the app's context

    return wrap


@command("init")
@click.option("--demo", "with_demo", is_flag=True, help="Also fill a new database with the demo.")
def init(with_demo: bool) -> None:
    """Migrate the database, and add roles, reference data and the first admin where missing."""
    from crm.init import init as run

    password = run()
    if password is None:
        return  # not the first start
    click.echo(f"First sign-in: user admin, {_told_once(password)}")
    if with_demo:
        click.echo(_demo())


def _told_once(password: str) -> str:
    if password:
        return f"password {password} (shown once, to be changed)"
    return "the password of CRM_ADMIN_PASSWORD"


def _demo() -> str:
    from crm.demo import make

    return make()


@main.command("serve")
@click.option("--init", "with_init", is_flag=True, help="Run `crm init` first.")
@click.option("--demo", "with_demo", is_flag=True, help="Run `crm init --demo` first.")
@click.pass_context
def serve(context: click.Context, with_init: bool, with_demo: bool) -> None:
    """Serve on HOST:PORT, in WORKERS processes, with a worker beside them unless WORKER=0."""
    from crm.core.db import db
    from crm.mail import worker as mail_worker
    from crm.server import serve as run

    if with_init or with_demo:
        context.invoke(init, with_demo=with_demo)
    app = context.ensure_object(ScriptInfo).load_app()
    db.engine.dispose()  # a fork must not inherit a connection
    config: Config = app.extensions["crm.config"]
    beside = partial(mail_worker.run, app) if config.worker else None
    run(app, config.host, config.port, config.workers, beside)


@main.command("worker", with_appcontext=False)
@click.pass_context
def worker(context: click.Context) -> None:
    """Send the e-mails of the outbox and do the regular work; `crm serve` has one unless WORKER=0.

    There may be as many as there are machines.
    """
    app = context.ensure_object(ScriptInfo).load_app()
    from crm.mail.worker import run

    run(app)


@command("demo")
def demo() -> None:
    """Fill an empty database with two companies and a year of business."""
    from crm.demo import make

    click.echo(make())


@main.command("import", with_appcontext=False)
@click.argument("entity")
@click.argument("file", type=FILE)
@click.option("--map", "map_file", type=FILE, required=True, help="Which column is which field.")
@click.option("--company", "companies", multiple=True, help="The records' company: code or name.")
@click.option(
    "--as",
    "username",
    required=True,
    help="The user in whose name, and with whose rights, it runs.",
)
@click.option("--skip-bad", is_flag=True, help="Skip lines with errors and import the rest.")
@click.option("--preview", is_flag=True, help="Check the file and say what it would do, no more.")
@click.pass_context
def import_(context: click.Context, /, entity: str, **how: Any) -> None:
    """Import FILE, a CSV file with a header, into ENTITY: leads, accounts, users, …

    Every line passes the checks of the form. Nothing is imported while one of them is wrong. The
    same command resumes an interrupted import; `import-undo` undoes one.
    """
    with paced_imports():
        app = context.ensure_object(ScriptInfo).load_app()
        from crm.importing import import_file
    context.with_resource(app.app_context())
    gc.freeze()  # else the garbage collector scans the whole program every few batches
    with _told():
        lines, is_in = import_file(entity, **how)
    for line in lines:
        click.echo(line)
    sys.exit(not is_in)


@command("purge")
def purge() -> None:
    """Delete for good what was in the bin for as long as the settings say.

    A worker does so every night.
    """
    from crm.purging import purge as run

    for line in run():
        click.echo(line)


@main.command("import-undo")
@click.argument("import_id", type=int)
@click.option(
    "--as",
    "username",
    required=True,
    help="The user in whose name, and with whose rights, it runs.",
)
def import_undo(import_id: int, username: str) -> None:
    """Undo an import, finished or interrupted: `crm imports` lists them.

    Records that it made are deleted, and those that it changed are restored. What was changed
    since, or is needed by other records, stays and is reported.
    """
    from crm.importing import undo

    with _told():
        lines, is_back = undo(import_id, username)
    for line in lines:
        click.echo(line)
    sys.exit(not is_back)


@main.command("imports")
def imports() -> None:
    """List the last imports, with the numbers by which `import-undo` knows them."""
    from crm.importing import listing

    with _told():
        for line in listing():
            click.echo(line)


@main.group("search")
def search() -> None:
    """The index of the search boxes."""


@command("rebuild", search)
def search_rebuild() -> None:
    """Rebuild the index of every table, for example after rows were written outside Comptoir.

    Nobody can save to a table while its index is rebuilt: about a minute for a million rows.
    """
    from crm.core.search import rebuild

    for line in rebuild():
        click.echo(line)


@command("doctor")
@click.option("--mail", "address", help="Also send a test e-mail to this address.")
def doctor(address: str | None) -> None:
    """Report what is wrong with this installation; exit code 1 where something is."""
    from crm.doctor import examine

    findings = list(examine(address))
    for finding in findings:
        click.echo(str(finding))
    sys.exit(any(finding.is_wrong for finding in findings))


@main.group("user")
def user() -> None:
    """Users: list, create, give a password, deactivate."""


@command("list", user)
def user_list() -> None:
    """Every user with state, roles, groups and companies."""
    from crm.companies.people import commands

    for line in commands.listing():
        click.echo(line)


@command("create", user)
@click.argument("username")
@click.argument("email")
@click.argument("name")
@click.option("--role", "roles", multiple=True, help="A role's name; may be repeated.")
@click.option("--group", "groups", multiple=True, help="A group's name; may be repeated.")
@click.option("--company", "companies", multiple=True, help="A company's code; all without it.")
def user_create(username: str, email: str, name: str, **places: tuple[str, ...]) -> None:
    """Create a user; the first password is printed once."""
    from crm.companies.people import commands

    password = commands.create(username, email, name, **places)
    click.echo(f"{username}: password {password} (shown once, to be changed at the first sign-in)")


@command("password", user)
@click.argument("name")
@click.option("--must-change", is_flag=True, help="Ask for another one at the next sign-in.")
def user_password(name: str, must_change: bool) -> None:
    """Give a user a password, read from standard input."""
    from crm.companies.people import commands

    weak = commands.password(
        name, commands.read_password(f"Password of {name}: "), must_change=must_change
    )
    click.echo(f"{name} can sign in with it." + (f" It is weak: {weak}" if weak else ""))


@command("deactivate", user)
@click.argument("name")
def user_deactivate(name: str) -> None:
    """Deactivate a user: they can no longer sign in, and their records stay assigned to them."""
    from crm.companies.people import commands

    commands.deactivate(name)
    click.echo(f"{name} can no longer sign in.")
