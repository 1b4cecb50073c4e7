"""Checks without the database: secret, files, build."""

import os
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crm.assets import STATIC
from crm.core.config import SHORTEST_SECRET, Config, languages
from crm.core.files.storage import open_store
from crm.doctor.finding import Finding, ok, wrong
from crm.translators.catalogs import is_compiled


def secret(config: Config) -> Iterator[Finding]:
    length = len(config.secret_key.encode())
    if length < SHORTEST_SECRET:
        yield wrong(
            f"SECRET_KEY has {length} bytes and could be guessed: set one of at least "
            f"{SHORTEST_SECRET}, or none, and one is made and kept."
        )
        return
    kept = config.instance / "secret_key"
    if os.name == "posix" and kept.is_file() and kept.stat().st_mode & 0o077:
        yield wrong(f"Others on this machine can read {kept}: run `chmod 600 {kept}`.")
        return
    yield ok("The secret key is long enough and nobody else reads it.")


def files(config: Config) -> Iterator[Finding]:
    probe = f"probe-{secrets.token_hex(8)}"
    try:
        store, place = open_store(config)
        with store.open(f"{place}/{probe}", "wb") as file:
            file.write(b"written by crm doctor")
        store.rm_file(f"{place}/{probe}")
    except ImportError as error:
        yield wrong(f"FILES_URL needs another Python package: {error}.")
    except Exception as error:  # noqa: BLE001  each kind of store has errors of its own
        told = getattr(error, "strerror", None) or error
        yield wrong(
            f"Files cannot be written to {config.files} ({told}): make it writable "
            "for whoever runs Comptoir, or name another folder or store in FILES_URL."
        )
    else:
        yield ok(f"Files are kept in {config.files}.")


def front_end(config: Config) -> Iterator[Finding]:
    if (STATIC / "manifest.json").is_file():
        yield ok("The front end is built.")
    else:
        yield wrong("The front end is not built: `make run` builds it.")


def catalogs(config: Config) -> Iterator[Finding]:
    stale = [code for code in languages() if not is_compiled(code)]
    if stale:
        yield wrong(
            f"Translations not compiled: {', '.join(stale)}. Run `crm init`, which does it."
        )
    else:
        yield ok(f"Languages: {', '.join(languages())}.")


def zones(config: Config) -> Iterator[Finding]:
    try:
        ZoneInfo("Europe/Paris")
    except ZoneInfoNotFoundError:
        yield wrong("This machine knows no time zones: run `pip install tzdata`.")
        return
    yield ok(f"The clock says {datetime.now(UTC):%Y-%m-%d %H:%M} UTC.")


CHECKS = (secret, files, front_end, catalogs, zones)
