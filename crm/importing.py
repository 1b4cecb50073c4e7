"""`crm import`: a CSV file into one entity, in somebody's name. Source: spec 4.6."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from flask.cli import with_appcontext
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import or_, select

from crm import navigation
from crm.companies.models import Company, User
from crm.core.actor import Actor, acting_as
from crm.core.datamodel import DataModel
from crm.core.db import db
from crm.core.errors import DomainError, NotFound
from crm.core.security import load_actor
from crm.core.transfer import read_map, run_import
from crm.core.types import fold

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("import")
@click.argument("entity")
@click.argument("file", type=EXISTING)
@click.option(
    "--map", "map_file", type=EXISTING, required=True, help="Which column is which field."
)
@click.option("--company", help="Code or name of the company of the records.")
@click.option("--as", "username", required=True, help="In whose name, and with whose rights.")
@click.option(
    "--skip-bad", is_flag=True, help="Leave lines out that are wrong, and import the rest."
)
@with_appcontext
def command(
    entity: str, file: Path, map_file: Path, company: str | None, username: str, skip_bad: bool
) -> None:
    """Import FILE, a CSV file with a header, into ENTITY: leads, accounts, opportunities, users, …

    Every line passes the checks of the form. Nothing is imported while one line is wrong, unless
    --skip-bad. The map is a TOML file; the README explains it.
    """
    with _told():
        actor = _actor(username)
        with force_locale(actor.language):
            report = run_import(
                _datamodel(entity),
                file,
                read_map(_text(map_file)),
                _company_id(company, actor),
                actor,
                skip_bad=skip_bad,
            )
            for line in report.lines():
                click.echo(line)
    if not report.is_written:
        raise SystemExit(1)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DomainError(_("The map is not UTF-8.")) from error


def _datamodel(entity: str) -> DataModel:
    try:
        return navigation.datamodel_of(entity)
    except LookupError as error:
        raise NotFound(_("There is no entity “%(name)s”.", name=entity)) from error


def _actor(username: str) -> Actor:
    """The person in whose name the import runs; the row filter knows nobody yet."""
    user_id = db.session.scalar(select(User.id).where(User.username == username.strip().lower()))
    actor = load_actor(user_id, User.active.is_(True)) if user_id is not None else None
    if actor is None:
        raise NotFound(_("There is no active user “%(name)s”.", name=username))
    return actor


def _company_id(name: str | None, actor: Actor) -> int | None:
    """The company of this code or name, among those that the actor may see."""
    if name is None:
        return None
    with acting_as(actor):
        wanted = or_(Company.code == name.strip().upper(), Company.name_key == fold(name))
        found = db.session.scalar(select(Company.id).where(wanted))
    if found is None:
        raise NotFound(_("There is no company “%(name)s”.", name=name))
    return found


@contextmanager
def _told() -> Iterator[None]:
    """A refusal is a sentence and exit code 1, no trace."""
    try:
        yield
    except DomainError as error:
        places = [f"{place}: {sentence}" for place, sentence in error.fields.items()]
        lines = [*([error.message] if error.message else []), *places]
        raise click.ClickException("\n".join(lines)) from None
