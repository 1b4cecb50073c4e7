"""What can be done to a catalogue, whoever asks. Source: spec 10."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, event, select

from crm.catalog import files
from crm.catalog.models import Catalog
from crm.companies.choices import candidates_of
from crm.companies.defaults import current_user_or_none, fill_company, set_default
from crm.companies.demo import demo_erasing
from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import create_row, update_row
from crm.core.db import db
from crm.core.errors import DomainError


def defaults(values: dict[str, Any]) -> dict[str, Any]:
    """The company chosen in the top bar, and the creator. An empty company means all of them."""
    set_default(values, "company", lambda: fill_company({}))
    set_default(values, "owner", current_user_or_none)
    return values


def create(values: Mapping[str, Any]) -> Catalog:
    """A new catalogue; `file` is an upload or a StoredFile. Raises DomainError by field.

    Pages store the file before the transaction, as reading it takes seconds.
    """
    if values.get("file") is None:
        raise DomainError(_("Choose a PDF file."), field="file")
    catalog: Catalog = create_row(Catalog, _kept(values), RULES)
    return catalog


def update(catalog: Catalog, values: Mapping[str, Any]) -> None:
    """Change a catalogue; a new file replaces the former one. Raises DomainError."""
    rest = {name: value for name, value in values.items() if name != "file" or value is not None}
    before = catalog.file
    update_row(catalog, _kept(rest), RULES)
    if catalog.file != before:
        files.discard(before)


@event.listens_for(Catalog, "after_delete")
def _file_goes_too(mapper: Any, connection: Any, catalog: Catalog) -> None:
    """Delete the file of a purged catalogue, once the transaction is committed."""
    files.discard(catalog.file)


@demo_erasing.connect
def _files_of_the_demo_go_too(table: str, ids: Select[int]) -> None:
    """Delete the files of the demo's catalogues, which go by a statement."""
    if table == Catalog.__tablename__:
        for name in db.session.scalars(select(Catalog.file).where(Catalog.id.in_(ids))):
            files.discard(name)


def _kept(values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with the file stored, and its name, size and pages."""
    if values.get("file") is None:
        return dict(values)
    given = values["file"]
    stored = given if isinstance(given, files.StoredFile) else files.store(given)
    return {
        **values,
        "file": stored.name,
        "file_name": stored.file_name,
        "file_size": stored.size,
        "pages": stored.pages,
    }


def candidates(relation: str, values: Mapping[str, Any]) -> ColumnElement[bool] | None:
    """Companies in use, and the people who work for the one chosen."""
    return candidates_of(Catalog, relation, values)


RULES = Rules(defaults=defaults, create=create, update=update, candidates=candidates)
