"""What can be done to a catalogue, whoever asks. Source: spec 10."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, func, select
from werkzeug.datastructures import FileStorage

from crm.catalog.models import Catalog, CatalogVersion
from crm.companies.choices import candidates_of
from crm.companies.defaults import current_user_or_none, fill_company, set_default
from crm.core.datamodel.rules import Rules
from crm.core.datamodel.saving import create_row, update_row
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.files import storage
from crm.core.files.checking import PDF, Checked, Upload, check
from crm.core.files.models import StoredFile
from crm.core.files.storing import keep, keep_made
from crm.core.rows import unfiltered
from crm.mail.models import Message, MessageState


@dataclass(frozen=True)
class Document:
    """A stored PDF with the picture of its first page."""

    file: StoredFile
    cover: StoredFile
    pages: int


def store(upload: Upload) -> Document:
    """Check and keep a PDF; before the transaction, as reading it takes seconds.

    Raises DomainError on `file`.
    """
    checked = check(upload, PDF)
    return Document(keep(checked), _cover(checked), checked.pages)


def first_page(catalog: Catalog) -> StoredFile:
    """The cover made from the present file; before the transaction, too."""
    with storage.read(catalog.file.key) as content:
        checked = check(FileStorage(content, catalog.file.file_name), PDF)
    checked.content.close()
    return _cover(checked)


def _cover(checked: Checked) -> StoredFile:
    return keep_made(checked.cover, f"{checked.file_name}.png", "image/png")


def defaults(values: dict[str, Any]) -> dict[str, Any]:
    """The company chosen in the top bar, and the creator. An empty company means all of them."""
    set_default(values, "company", lambda: fill_company({}))
    set_default(values, "owner", current_user_or_none)
    return values


def create(values: Mapping[str, Any]) -> Catalog:
    """A new catalogue; `file` is an upload or a Document. Raises DomainError by field."""
    if values.get("file") is None:
        raise DomainError(_("Choose a PDF file."), field="file")
    catalog: Catalog = create_row(Catalog, _with_document(values), RULES)
    return catalog


def update(catalog: Catalog, values: Mapping[str, Any]) -> None:
    """Change a catalogue; its former file becomes a version. Raises DomainError."""
    rest = {name: value for name, value in values.items() if name != "file" or value is not None}
    former, pages = catalog.file_id, catalog.pages
    update_row(catalog, _with_document(rest), RULES)
    if catalog.file_id != former:
        db.session.add(CatalogVersion(catalog=catalog, file_id=former, pages=pages))


def versions(catalog: Catalog) -> Sequence[CatalogVersion]:
    """The former files of a catalogue that was fetched, newest first."""
    of_it = select(CatalogVersion).where(CatalogVersion.catalog_id == catalog.id)
    return db.session.scalars(of_it.order_by(CatalogVersion.id.desc())).all()


def _with_document(values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with the file stored, and what is copied from it; a cover that is given stays."""
    if values.get("file") is None:
        return dict(values)
    given = values["file"]
    document = given if isinstance(given, Document) else store(given)
    return {
        **values,
        "file": document.file,
        "cover": values.get("cover") or document.cover,
        "file_name": document.file.file_name,
        "file_size": document.file.size,
        "pages": document.pages,
    }


def candidates(relation: str, values: Mapping[str, Any]) -> ColumnElement[bool] | None:
    """Companies in use, and the people who work for the one chosen."""
    return candidates_of(Catalog, relation, values)


def sendings(ids: Sequence[int]) -> Mapping[int, tuple[int, datetime]]:
    """How often catalogues were sent, and when for the last time; without those never sent."""
    sent = and_(Message.catalog_id.in_(ids), Message.state == MessageState.SENT)
    counted = select(Message.catalog_id, func.count(), func.max(Message.sent_at)).where(sent)
    with unfiltered("how often a catalogue was sent tells nothing of the messages"):
        rows = db.session.execute(counted.group_by(Message.catalog_id)).all()
    return {pk: (count, last) for pk, count, last in rows if pk and last}


RULES = Rules(defaults=defaults, create=create, update=update, candidates=candidates)
