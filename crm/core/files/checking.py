"""What may be uploaded: an allow-list of endings, and each file inspected by its own parser."""

import os
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import IO, Any, Protocol

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.core.errors import DomainError
from crm.core.files import inspecting
from crm.core.files.inspecting import Active, Inspected, Unreadable
from crm.core.files.names import clean_name, ending_of
from crm.core.files.storage import COPIED_AT_ONCE

MEGABYTE = 1024 * 1024
_OFFICE = "application/vnd.openxmlformats-officedocument"
_OPEN = "application/vnd.oasis.opendocument"
# ending → (media type, the check of `inspecting`). Nothing here is run by a browser: no HTML, no
# SVG, no XML.
TYPES: Mapping[str, tuple[str, str]] = {
    "pdf": ("application/pdf", "pdf"),
    "png": ("image/png", "picture"),
    "jpg": ("image/jpeg", "picture"),
    "jpeg": ("image/jpeg", "picture"),
    "gif": ("image/gif", "picture"),
    "webp": ("image/webp", "picture"),
    "docx": (f"{_OFFICE}.wordprocessingml.document", "document"),
    "xlsx": (f"{_OFFICE}.spreadsheetml.sheet", "document"),
    "pptx": (f"{_OFFICE}.presentationml.presentation", "document"),
    "odt": (f"{_OPEN}.text", "document"),
    "ods": (f"{_OPEN}.spreadsheet", "document"),
    "odp": (f"{_OPEN}.presentation", "document"),
    "csv": ("text/csv", "text"),
    "txt": ("text/plain", "text"),
}
PICTURES = ("png", "jpg", "jpeg", "gif", "webp")
ACTIVE: Mapping[str, Any] = {
    "script": _l("This PDF contains a script."),
    "form": _l("This PDF contains an XFA form."),
    "files": _l("This PDF contains other files."),
    "launch": _l("This PDF starts a program or sends data."),
    "opens": _l("This PDF opens a web page or another file by itself."),
    "macro": _l("This document contains macros."),
}
_PLAIN = _l("Print it to a new PDF and upload that one.")
_WITHOUT_MACROS = _l("Save it without macros and upload it again.")
BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


class Upload(Protocol):
    """An uploaded file: Werkzeug's FileStorage, or an object like it."""

    filename: str | None
    stream: IO[bytes]


@dataclass(frozen=True)
class Accepted:
    """What a field accepts.

    What a page shows (`is_shown`) is checked more strictly, and pictures are encoded again.
    """

    endings: Sequence[str]
    megabytes: int
    is_shown: bool = False
    refusal: Any = ""  # of other endings, where the list of the accepted ones does not say it

    @property
    def accept(self) -> str:
        """The attribute of the input."""
        return ",".join(f".{ending}" for ending in self.endings)


ATTACHMENT = Accepted(tuple(TYPES), 10)
PICTURE = Accepted(PICTURES, 10, is_shown=True)
PDF = Accepted(
    ("pdf",), 50, is_shown=True, refusal=_l("Only PDF files are accepted.")
)  # of a catalogue


@dataclass(frozen=True)
class Checked:
    """A file that may be stored, and what was found out about it."""

    file_name: str
    media_type: str
    content: IO[bytes]
    is_safe: bool
    pages: int = 0  # of a shown PDF
    cover: bytes = b""  # of a shown PDF: its first page as a PNG


def check(upload: Upload, accepted: Accepted, field: str = "file") -> Checked:
    """Inspect an upload. Raises DomainError on `field` where it is not accepted."""
    name = clean_name(upload.filename)
    ending = ending_of(name)
    if ending not in accepted.endings:
        listed = ", ".join(one.upper() for one in accepted.endings)
        told = _("Files of this type are not accepted, only %(types)s.", types=listed)
        raise DomainError(str(accepted.refusal) or told, field=field)
    if upload.stream.seek(0, os.SEEK_END) > accepted.megabytes * MEGABYTE:
        told = _("This file is larger than %(size)s MB.", size=accepted.megabytes)
        raise DomainError(told, field=field)
    content = _copied(upload.stream)
    try:
        found = _inspected(content, ending, is_shown=accepted.is_shown)
    except (Active, Unreadable) as error:
        content.close()
        raise DomainError(_why(error, ending), field=field) from None
    if accepted.is_shown and ending in PICTURES:
        content.close()
        return Checked(_renamed(name, found), found.media_type, BytesIO(found.made), is_safe=True)
    media_type = TYPES[ending][0]
    return Checked(name, media_type, content, accepted.is_shown, found.pages, found.made)


def _copied(stream: IO[bytes]) -> IO[bytes]:
    """A temporary file, which a child process can read; deleted when it is closed."""
    stream.seek(0)
    content = tempfile.TemporaryFile()  # noqa: SIM115  closed once it is stored
    shutil.copyfileobj(stream, content, COPIED_AT_ONCE)
    content.flush()
    return content


def _inspected(content: IO[bytes], ending: str, *, is_shown: bool) -> Inspected:
    kind = TYPES[ending][1]
    if kind == "text":
        content.seek(0)
        if not _is_text(content.read()):
            raise Unreadable
        return Inspected()
    return inspecting.inspect(f"shown_{kind}" if is_shown else kind, ending, content)


def _is_text(content: bytes) -> bool:
    """Whether these bytes are text, in whatever encoding: a table of Excel may be UTF-16."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            content.decode("utf-16")
        except UnicodeDecodeError:
            return False
        return True
    return BINARY.search(content) is None


def _renamed(name: str, found: Inspected) -> str:
    """The name of a picture that was encoded again, as another type."""
    return f"{name.rpartition('.')[0]}.{found.media_type.removeprefix('image/')}"


def _why(error: ValueError, ending: str) -> str:
    if isinstance(error, Active):
        advice = _WITHOUT_MACROS if str(error) == "macro" else _PLAIN
        return f"{ACTIVE[str(error)]} {advice}"
    if ending == "pdf":
        return _("This file is not a valid PDF.")
    return _("This file is not a valid %(type)s file.", type=ending.upper())
