"""The storage of rate limit counters, shared by all processes of the server.

An SQLite file of its own: counters need no backup, and no write of the application waits for one.
Flask-Limiter falls back to the memory of the process while the file (or Redis) does not answer.
"""

import sqlite3
import threading
import time
from typing import Any

from limits.storage import Storage

from crm.core.config import Config

BUSY_SECONDS = 0.25  # timeout, after which the memory is used
TABLE = """CREATE TABLE IF NOT EXISTS counter (
    key TEXT PRIMARY KEY, count INTEGER NOT NULL, expires_at REAL NOT NULL
) WITHOUT ROWID"""


def rate_limit_settings(config: Config) -> dict[str, Any]:
    return {
        "RATELIMIT_STORAGE_URI": config.redis_url or counters_uri(config),
        "RATELIMIT_IN_MEMORY_FALLBACK_ENABLED": True,
        "RATELIMIT_STORAGE_OPTIONS": (
            {"socket_connect_timeout": 1, "socket_timeout": 1} if config.redis_url else {}
        ),
    }


def counters_uri(config: Config) -> str:
    return f"{SqliteStorage.STORAGE_SCHEME[0]}:{config.instance}/counters.sqlite"


class SqliteStorage(Storage):
    """A storage for `limits` 5.8, which has none for a file."""

    STORAGE_SCHEME = ["sqlite"]

    def __init__(self, uri: str, wrap_exceptions: bool = False, **options: Any) -> None:
        super().__init__(uri, wrap_exceptions, **options)
        self.path = uri.removeprefix(f"{self.STORAGE_SCHEME[0]}:")
        self.lock = threading.Lock()
        self.connection: sqlite3.Connection | None = None  # opened in the process that counts

    @property
    def base_exceptions(self) -> type[Exception]:
        return sqlite3.Error

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        now = time.time()
        with self.lock, self._open() as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("DELETE FROM counter WHERE expires_at <= ?", (now,))
            (count,) = connection.execute(
                "INSERT INTO counter VALUES (?, ?, ?) ON CONFLICT (key)"
                " DO UPDATE SET count = count + excluded.count RETURNING count",
                (key, amount, now + expiry),
            ).fetchone()
        return int(count)

    def get(self, key: str) -> int:
        return int(self._read("count", key) or 0)

    def get_expiry(self, key: str) -> float:
        return float(self._read("expires_at", key) or time.time())

    def check(self) -> bool:
        try:
            self.get("")
        except sqlite3.Error:
            return False
        return True

    def reset(self) -> int:
        with self.lock, self._open() as connection:
            return connection.execute("DELETE FROM counter").rowcount

    def clear(self, key: str) -> None:
        with self.lock, self._open() as connection:
            connection.execute("DELETE FROM counter WHERE key = ?", (key,))

    def close(self) -> None:
        with self.lock:
            if self.connection is not None:
                self.connection.close()
                self.connection = None

    def _read(self, column: str, key: str) -> Any:
        asked = f"SELECT {column} FROM counter WHERE key = ? AND expires_at > ?"  # noqa: S608  ours
        with self.lock, self._open() as connection:
            row = connection.execute(asked, (key, time.time())).fetchone()
        return row and row[0]

    def _open(self) -> sqlite3.Connection:
        if self.connection is None:
            connection = sqlite3.connect(
                self.path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=NORMAL")
                connection.execute(TABLE)
            except sqlite3.Error:
                connection.close()
                raise
            self.connection = connection
        return self.connection
