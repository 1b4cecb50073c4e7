"""Storage of PDF files: validated, under random names, each with a picture of page 1."""

import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from crm.catalog import reading
from crm.catalog.models import Catalog
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.rows import unfiltered

LARGEST = 50 * 1024 * 1024  # bytes
COPIED_AT_ONCE = 1024 * 1024  # bytes
# Messages for active content, which is refused as customers read catalogues too.
ACTIVE = {
    "script": _l("This PDF contains a script."),
    "form": _l("This PDF contains an XFA form."),
    "files": _l("This PDF contains other files."),
    "launch": _l("This PDF starts a program or sends data."),
    "opens": _l("This PDF opens a web page or another file by itself."),
}
_PLAIN = _l("Print it to a new PDF and upload that one.")
_MADE, _REPLACED = "crm.files_made", "crm.files_replaced"


class Upload(Protocol):
    """An uploaded file: Werkzeug's FileStorage, or an object like it."""

    filename: str | None
    stream: IO[bytes]


@dataclass(frozen=True)
class StoredFile:
    """A stored file."""

    name: str  # random, and in no URL
    file_name: str  # as uploaded
    size: int  # bytes
    pages: int


def store(upload: Upload) -> StoredFile:
    """Validate and store a PDF; it is deleted again if the transaction is rolled back.

    Raises DomainError on `file` where it is no PDF, broken, locked or too large.
    """
    file_name = Path(upload.filename or "").name[-255:]
    if not file_name.lower().endswith(".pdf"):
        raise _refused(_("Only PDF files are accepted."))
    size = upload.stream.seek(0, os.SEEK_END)
    if size > LARGEST:
        raise _refused(_("This file is larger than 50 MB."))
    upload.stream.seek(0)
    name = secrets.token_hex(16)
    file = _folder() / f"{name}.pdf"
    file.parent.mkdir(parents=True, exist_ok=True)
    db.session().info.setdefault(_MADE, []).append(name)
    try:
        with file.open("xb") as kept:
            shutil.copyfileobj(upload.stream, kept, COPIED_AT_ONCE)
        pages, cover = _read(file)
        file.with_suffix(".png").write_bytes(cover)
    except BaseException:
        _remove([name])
        raise
    return StoredFile(name, file_name, size, pages)


def discard(name: str) -> None:
    """Delete a file once the transaction is committed."""
    db.session().info.setdefault(_REPLACED, []).append(name)


def pdf(name: str) -> Path:
    """The path of a stored file. Raises FileNotFoundError."""
    return _existing(f"{name}.pdf")


def cover(name: str) -> Path:
    """The path of the picture of its first page. Raises FileNotFoundError."""
    return _existing(f"{name}.png")


def _existing(name: str) -> Path:
    path = _folder() / name
    if not path.is_file():
        raise FileNotFoundError(name)
    return path


def _folder() -> Path:
    files: Path = current_app.extensions["crm.config"].files
    return files / "catalogs"


def _read(file: Path) -> tuple[int, bytes]:
    """The number of pages, and a PNG of the first. Raises DomainError where it is no plain PDF."""
    try:
        with file.open("rb") as opened:
            begins_as_pdf = b"%PDF-" in opened.read(1024)
        if begins_as_pdf:
            return reading.read(file)
    except reading.Active as error:
        raise _refused(f"{ACTIVE[str(error)]} {_PLAIN}") from None
    except reading.Unreadable:
        pass
    raise _refused(_("This file is not a valid PDF."))


def _refused(message: str) -> DomainError:
    return DomainError(message, field="file")


# The end of a savepoint is neither a commit nor a rollback of the transaction.


@event.listens_for(Session, "before_commit")
def _keep_used(session: Session) -> None:
    """Keep the files of deletions that were rolled back to a savepoint."""
    if session.in_nested_transaction() or not (names := session.info.get(_REPLACED)):
        return
    with unfiltered("whoever's catalogue it is, its file is in use"):
        used = set(session.scalars(select(Catalog.file).where(Catalog.file.in_(names))))
    session.info[_REPLACED] = [name for name in names if name not in used]


@event.listens_for(Session, "after_commit")
def _let_go(session: Session) -> None:
    if session.in_nested_transaction():
        return
    _remove(session.info.pop(_REPLACED, ()))
    session.info.pop(_MADE, None)


@event.listens_for(Session, "after_rollback")
def _take_back(session: Session) -> None:
    if session.in_nested_transaction():
        return
    _remove(session.info.pop(_MADE, ()))
    session.info.pop(_REPLACED, None)


def _remove(names: list[str] | tuple[()]) -> None:
    for name in names:
        for suffix in ("pdf", "png"):
            (_folder() / f"{name}.{suffix}").unlink(missing_ok=True)
