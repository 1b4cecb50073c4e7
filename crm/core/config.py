"""Environment → one frozen Config; the only file that reads environment variables."""

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from crm.core.mail_in_url import Mailbox, parse_mail_in_url
from crm.core.mail_url import MailServer, parse_mail_url

ROOT = Path(__file__).resolve().parents[2]
MOST_WORKERS = 4  # by default: what one SQLite file, or one small PostgreSQL, keeps up with
SHORTEST_SECRET = 32  # bytes; below that a signature can be guessed


def folder(name: str) -> Path:
    """`templates` or `translations`: inside an installed package, else beside it."""
    inside = ROOT / "crm" / name
    return inside if inside.is_dir() else ROOT / name


@lru_cache
def languages() -> tuple[str, ...]:
    """The languages that have a catalogue, English first; read once a process."""
    found = {
        path.parents[1].name for path in folder("translations").glob("*/LC_MESSAGES/messages.*o")
    }
    return ("en", *sorted(found - {"en"}))


class ConfigError(ValueError):
    """The environment says something that cannot work; the message tells which variable and why."""


@dataclass(frozen=True)
class Config:
    """Every choice that is not a setting of the application (README.md has the table)."""

    instance: Path
    database_url: str
    secret_key: str
    old_secret_keys: tuple[str, ...] = ()  # accepted for verification, never used to sign
    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = "http://127.0.0.1:8080"
    proxies: int = 0
    files: str = "instance/files"  # a folder, or a URL that fsspec knows
    workers: int = 1
    redis_url: str | None = None
    mail: MailServer | None = None
    mail_in: Mailbox | None = None
    worker: bool = True  # `crm serve` runs one
    production: bool = False
    admin_password: str | None = None
    testing: bool = False

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")


def read_config(env: Mapping[str, str] = os.environ) -> Config:
    """The Config that `env` describes. Raises ConfigError where a variable makes no sense."""
    instance = Path(env.get("INSTANCE", "") or Path.cwd() / "instance").absolute()
    production = env.get("CRM_ENV", "") == "production"
    host, port = env.get("HOST", "127.0.0.1"), _port(env.get("PORT", "8080"))
    return Config(
        instance=instance,
        database_url=_database_url(env.get("DATABASE_URL", ""), instance),
        secret_key=_secret_key(env.get("SECRET_KEY", ""), instance, production),
        old_secret_keys=_old_secret_keys(env.get("SECRET_KEY_FALLBACKS", "")),
        host=host,
        port=port,
        public_url=env.get("PUBLIC_URL", f"http://{host}:{port}").rstrip("/"),
        proxies=_count("PROXIES", env.get("PROXIES", "0")),
        files=_files(env.get("FILES_URL", ""), instance),
        workers=_workers(env.get("WORKERS", "")),
        redis_url=_redis_url(env.get("REDIS_URL", "")),
        mail=_mail(env.get("MAIL_URL", "")),
        mail_in=_mail_in(env.get("MAIL_IN_URL", "")),
        worker=_is_on("WORKER", env.get("WORKER", "1")),
        production=production,
        admin_password=env.get("CRM_ADMIN_PASSWORD") or None,
    )


def _count(name: str, text: str) -> int:
    if not text.isdecimal():
        raise ConfigError(f"{name} is {text!r}; it must be a whole number")
    return int(text)


def _port(text: str) -> int:
    port = _count("PORT", text)
    if not 0 < port < 65536:
        raise ConfigError(f"PORT is {text}; it must lie between 1 and 65535")
    return port


def _workers(text: str) -> int:
    """Processes of the server: twice as many as this process has cores, at most four.

    A connection stays with its process, where Python runs one request at a time: with one process a
    core, some waited for a long request beside a core that was free.
    """
    if not text:
        return min(2 * cores(), MOST_WORKERS)
    workers = _count("WORKERS", text)
    if not 0 < workers <= 64:
        raise ConfigError(f"WORKERS is {text}; it must lie between 1 and 64")
    return workers


def cores() -> int:
    """Cores that this process may use; all cores of the machine on macOS."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _files(url: str, instance: Path) -> str:
    return url if "://" in url else str(Path(url or instance / "files").absolute())


def _is_on(name: str, text: str) -> bool:
    if text not in ("0", "1"):
        raise ConfigError(f"{name} is {text!r}; it must be 0 or 1")
    return text == "1"


def _mail(url: str) -> MailServer | None:
    try:
        return parse_mail_url(url) if url else None
    except ValueError as error:
        raise ConfigError(str(error)) from None


def _mail_in(url: str) -> Mailbox | None:
    try:
        return parse_mail_in_url(url) if url else None
    except ValueError as error:
        raise ConfigError(str(error)) from None


def _redis_url(url: str) -> str | None:
    if url and not url.startswith(("redis://", "rediss://")):
        raise ConfigError("REDIS_URL must begin with redis:// or rediss://")
    return url or None


def _database_url(url: str, instance: Path) -> str:
    if not url:
        return f"sqlite:///{instance / 'crm.sqlite'}"
    # The driver is ours to choose: psycopg 3 is the one that is installed.
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            url = "postgresql+psycopg://" + url[len(scheme) :]
    if not url.startswith(("sqlite:", "postgresql+psycopg:")):
        raise ConfigError("DATABASE_URL must begin with postgresql:// or sqlite://")
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigError("DATABASE_URL cannot be read: scheme://user:password@host/name") from None
    if parts.drivername.startswith("sqlite") and _is_memory(parts):
        raise ConfigError(
            "DATABASE_URL names no file: what SQLite keeps in memory is gone with the process."
            " Write sqlite:////folder/crm.sqlite"
        )
    return url


def _is_memory(url: URL) -> bool:
    name = url.database or ":memory:"
    return ":memory:" in name or "memory" in url.query.get("mode", "")


def _secret_key(key: str, instance: Path, production: bool) -> str:
    if production and len(key.encode()) < SHORTEST_SECRET:
        raise ConfigError(
            f"SECRET_KEY needs at least {SHORTEST_SECRET} bytes where CRM_ENV=production"
        )
    return key or _kept_secret(instance / "secret_key")


def _old_secret_keys(text: str) -> tuple[str, ...]:
    """Separated by commas or spaces, which no key of ours contains."""
    keys = tuple(key for key in re.split(r"[,\s]+", text) if key)
    if any(len(key.encode()) < SHORTEST_SECRET for key in keys):
        raise ConfigError(
            f"SECRET_KEY_FALLBACKS has a key of less than {SHORTEST_SECRET} bytes: whoever guesses "
            "it can sign in as anybody; leave it out"
        )
    return keys


def _kept_secret(path: Path) -> str:
    """The secret generated at the first start. Raises ConfigError where the file is not valid."""
    if not path.exists():
        _make_secret(path)
    key = path.read_text(errors="replace").strip()
    if len(key.encode()) < SHORTEST_SECRET:
        raise ConfigError(
            f"{path} is empty or has less than {SHORTEST_SECRET} bytes: put the secret of your "
            "backup there, or delete the file, and everybody signs in again"
        )
    return key


def _make_secret(path: Path) -> None:
    """Write a temporary file and link it: atomic, and the first of two concurrent starts wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(aside)
    except FileExistsError:
        pass  # another process was first: its secret is used
    finally:
        aside.unlink()
