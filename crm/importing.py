"""`crm import`: a CSV file into one entity, in somebody's name. Source: spec 4.6."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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


def import_file(
    entity: str, file: Path, map_file: Path, company: str | None, username: str, skip_bad: bool
) -> tuple[list[str], bool]:
    """Import `file` into `entity`: what there is to tell, in the person's language, and whether
    anything was written.

    Raises DomainError where it makes no sense to begin.
    """
    actor = _actor(username)
    with force_locale(actor.language), _in_places():
        report = run_import(
            _datamodel(entity),
            file,
            read_map(_text(map_file)),
            _company_id(company, actor),
            actor,
            skip_bad=skip_bad,
        )
        return list(report.lines()), report.is_written


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
def _in_places() -> Iterator[None]:
    """What is wrong with a map is told with the place where it stands."""
    try:
        yield
    except DomainError as error:
        places = [f"{place}: {sentence}" for place, sentence in error.fields.items()]
        raise DomainError("\n".join([error.message, *places]).strip()) from error
