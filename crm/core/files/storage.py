"""Where files are kept: a folder, or whatever store fsspec knows by the address in FILES_URL.

fsspec is imported where it is used: it takes half a second.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any

from flask import current_app

from crm.core.config import Config

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

COPIED_AT_ONCE = 1024 * 1024  # bytes


def write(key: str, content: IO[bytes]) -> tuple[int, str]:
    """Keep `content` as `key`. Returns its size in bytes and its SHA-256.

    In a folder it is on the disk when this returns: a row that is committed has its file.
    """
    content.seek(0)
    digest = hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]  # any IO
    content.seek(0)
    store, place = _store()
    with store.open(f"{place}/{key}", "wb") as kept:
        shutil.copyfileobj(content, kept, COPIED_AT_ONCE)
        if getattr(store, "local_file", False):
            kept.flush()
            os.fsync(kept.fileno())
    return content.tell(), digest


def read(key: str) -> IO[bytes]:
    """The content, to be closed by the caller. Raises FileNotFoundError."""
    store, place = _store()
    opened: IO[bytes] = store.open(f"{place}/{key}", "rb")
    return opened


def remove(key: str) -> None:
    """Delete a content, if it is there."""
    store, place = _store()
    with suppress(FileNotFoundError):
        store.rm_file(f"{place}/{key}")


def every() -> Iterator[tuple[str, datetime]]:
    """(key, when it was written) of everything in the store."""
    store, place = _store()
    for path, info in store.find(place, detail=True).items():
        yield path.removeprefix(place).lstrip("/"), _written(info)


def _written(info: dict[str, Any]) -> datetime:
    """The time of a file as the kinds of stores tell it; now where one does not."""
    told = info.get("mtime") or info.get("LastModified") or info.get("created")
    if isinstance(told, datetime):
        return told if told.tzinfo else told.replace(tzinfo=UTC)
    return datetime.fromtimestamp(told, UTC) if told else datetime.now(UTC)


def open_store(config: Config) -> "tuple[AbstractFileSystem, str]":
    """The store, and the path in it. Raises ValueError, ImportError where it is not known."""
    from fsspec.core import url_to_fs

    options = {} if "://" in config.files else {"auto_mkdir": True}
    store, place = url_to_fs(config.files, **options)
    return store, place.rstrip("/")


def _store() -> "tuple[AbstractFileSystem, str]":
    return open_store(current_app.extensions["crm.config"])
