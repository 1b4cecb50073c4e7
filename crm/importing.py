"""`crm import`: a CSV file into one entity, in somebody's name. Source: spec 4.6."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import or_, select

from crm import navigation
from crm.companies.models import AppSettings, Company, User
from crm.core.actor import Actor, acting_as
from crm.core.datamodel import DataModel
from crm.core.db import db
from crm.core.errors import DomainError, NotFound
from crm.core.locks import exclusive
from crm.core.models import spec_of
from crm.core.security import load_actor
from crm.core.transfer import ImportJob, ImportRun, ImportUndo, read_map, run_import
from crm.core.types import fold
from crm.duplicates.importing import finder_of


def import_file(
    entity: str,
    file: Path,
    map_file: Path,
    companies: Sequence[str],
    username: str,
    skip_bad: bool,
    preview: bool = False,
) -> tuple[list[str], bool]:
    """Import `file` into `entity`. Returns the report and whether it succeeded.

    With `skip_bad` valid lines are imported, else all or none; with `preview` none. Raises
    DomainError where the import cannot begin.
    """
    actor = _actor(username)
    with force_locale(actor.language or "en"), _in_places():
        text = _text(map_file)
        datamodel = _datamodel(entity)
        order = ImportJob(
            entity,
            datamodel,
            file,
            text,
            _company_id(companies, actor),
            actor,
            again=lambda: _find_actor(username),
            switched_off=partial(_switched_off, entity),
            skip_bad=skip_bad,
            find_doubles=finder_of(datamodel.obj),
            is_preview=preview,
        )
        with _alone():
            report = run_import(order, read_map(text))
        is_in = (report.is_written or preview) and (skip_bad or not report.refused)
        return list(report.lines()), is_in


def undo(import_id: int, username: str) -> tuple[list[str], bool]:
    """Undo an import. Returns the report, and whether everything was undone.

    Raises DomainError where there is no such import.
    """
    actor = _actor(username)
    with force_locale(actor.language or "en"), _alone():
        told = ImportUndo(import_id, _datamodel_for).run(lambda: _actor(username))
        return told.lines(), not told.kept


def listing() -> Iterator[str]:
    """The last imports, the newest first."""
    for run in db.session.scalars(select(ImportRun).order_by(ImportRun.id.desc()).limit(20)):
        counts = f"{run.created} created, {run.updated} updated"
        when = f"{run.started_at:%Y-%m-%d %H:%M}"
        yield f"{run.id}: {when}  {run.state}  {run.entity}  {run.file}: {counts}"


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the import lock: a run without an end is then known to be interrupted."""
    with exclusive(current_app.extensions["crm.config"], "import", waits=False) as is_ours:
        if not is_ours:
            raise DomainError(_("Another import is running; wait until it has finished."))
        yield


def _datamodel_for(model: type[Any]) -> DataModel:
    """The DataModel of a table, without Rules where it has no page."""
    return navigation.datamodel_for(model) or DataModel(model)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise DomainError(_("The map is not UTF-8.")) from error


def _datamodel(entity: str) -> DataModel:
    try:
        return navigation.datamodel_of(entity)
    except LookupError as error:
        raise NotFound(_("The entity “%(name)s” does not exist.", name=entity)) from error


def _switched_off(entity: str, actor: Actor) -> dict[str, str]:
    """field → the setting that is off. Raises DomainError where the entity's own setting is off."""
    view = navigation.view_of(entity)
    if view.setting is not None and not actor.is_enabled(view.setting):
        words = spec_of(AppSettings, view.setting).label
        raise DomainError(_("Switched off by the setting “%(name)s”.", name=words))
    return {
        name: str(spec_of(AppSettings, switch).label)
        for name, switch in view.setting_columns.items()
        if not actor.is_enabled(switch)
    }


def _actor(username: str) -> Actor:
    """The actor of the import, read without the row filter, as there is no actor yet."""
    actor = _find_actor(username)
    if actor is None:
        raise NotFound(_("There is no active user “%(name)s”.", name=username))
    return actor


def _find_actor(username: str) -> Actor | None:
    user_id = db.session.scalar(select(User.id).where(User.username == username.strip().lower()))
    return load_actor(user_id, User.active.is_(True)) if user_id is not None else None


def _company_id(names: Sequence[str], actor: Actor) -> int | None:
    """The id of the company of this code or name, among the actor's; None without a name."""
    if not names:
        return None
    if len(names) > 1:
        raise DomainError(_("Choose one company: an import fills one only."))
    name = names[0]
    with acting_as(actor):
        wanted = or_(Company.code == name.strip().upper(), Company.name_key == fold(name))
        found = db.session.scalar(select(Company.id).where(wanted))
    if found is None:
        raise NotFound(_("The company “%(name)s” does not exist.", name=name))
    return found


@contextmanager
def _in_places() -> Iterator[None]:
    """Prefix the errors of a map with the place in the file."""
    try:
        yield
    except DomainError as error:
        places = [f"{place}: {sentence}" for place, sentence in error.fields.items()]
        raise DomainError("\n".join([error.message, *places]).strip()) from error
