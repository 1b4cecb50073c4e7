"""Checks for `crm serve`: processes, open files, storage of rate limits."""

import os
import sqlite3
from collections.abc import Iterator

import redis

from crm.core.config import Config, cores
from crm.core.security.counters import SqliteStorage, counters_uri
from crm.doctor.finding import Finding, ok, wrong

MOST_A_CORE = 4  # processes
FEWEST_FILES = 1024  # of one process: a quarter of them may be connections


def processes(config: Config) -> Iterator[Finding]:
    most = MOST_A_CORE * cores()
    if config.workers > most:
        yield wrong(
            f"WORKERS is {config.workers}, but this machine has {cores()} cores: set at most "
            f"{most}, or leave it unset."
        )
    else:
        yield ok(f"The server runs {config.workers} processes.")


def open_files(config: Config) -> Iterator[Finding]:
    if os.name != "posix":
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < FEWEST_FILES:
        yield wrong(
            f"A process may open {hard} files, so that the server refuses connections early: "
            f"raise the limit to {FEWEST_FILES} or more (`ulimit -n`, LimitNOFILE in systemd)."
        )


def counters(config: Config) -> Iterator[Finding]:
    if config.redis_url:
        yield from _redis(config.redis_url)
        return
    storage = SqliteStorage(counters_uri(config))
    try:
        storage.get("")
    except sqlite3.Error as error:
        yield wrong(
            f"Failed sign-ins are counted by each process for itself: {storage.path} cannot be "
            f"used ({error}). Make the folder writable, or remove the file."
        )
    else:
        yield ok(f"Failed sign-ins are counted in {storage.path}.")
    finally:
        storage.close()


def _redis(url: str) -> Iterator[Finding]:
    try:
        with redis.from_url(url, socket_connect_timeout=2, socket_timeout=2) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        yield wrong(
            f"Redis does not answer ({error}): check REDIS_URL, and whether it runs. Until then "
            "each process counts failed sign-ins for itself."
        )
    else:
        yield ok("Redis answers.")


CHECKS = (processes, open_files, counters)
