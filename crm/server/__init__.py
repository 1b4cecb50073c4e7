"""`crm serve`: gunicorn starts and watches processes; in each, waitress reads requests.

gunicorn's own workers give a thread to a client before its request has arrived, so a few slow
sockets block all threads. waitress buffers requests and answers in one loop and gives a thread
complete requests only; gunicorn adds several processes, restarts and signals.
"""

import gc
import logging
import resource
import signal
from collections.abc import Callable
from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from crm.server.keeper import Keeper, end
from crm.server.worker import ENDING, Worker

OPEN_FILES = 8192  # of one process: a connection is a file, what it waits for up to two more
DRAIN_SECONDS = 15  # how long running requests may still take after TERM
STUCK_SECONDS = 60  # after which a process whose loop no longer turns is replaced


class Parent(Arbiter):
    """gunicorn's parent process, which tells no new process to end before that can listen.

    Until a process has handlers of its own it has its parent's, which would put a TERM into a
    queue that nobody reads: the server would then end only after DRAIN_SECONDS, by KILL.
    """

    def spawn_worker(self) -> int:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        try:
            return int(super().spawn_worker())
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Server(BaseApplication):
    """gunicorn with its settings in code; it reads no configuration file."""

    def __init__(self, app: Flask, **settings: Any) -> None:
        self.app = app
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self.app

    def run(self) -> None:
        Parent(self).run()


def serve(
    app: Flask, host: str, port: int, workers: int, beside: Callable[[], None] | None = None
) -> None:
    """Serve until told to stop: TERM gives running requests 15 s to finish, INT none.

    The processes are forks of this one, so `app` must hold no open connection. A process that dies
    is replaced; where a new one cannot even start, the server gives up. `beside` runs in a process
    of its own.
    """
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    _allow_open_files()
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a short queue is normal
    gc.collect()
    gc.freeze()  # what is loaded stays shared between the processes
    gc.set_threshold(20_000, 20, 20)  # a page makes some thousand objects, and hardly a cycle

    def ready(_server: object) -> None:
        click.echo(f"Comptoir answers on http://{bind} (Ctrl+C stops it)")

    keeper = Keeper(beside).start() if beside is not None else None

    def leave(_server: object) -> None:
        if keeper is not None:
            end(keeper)

    Server(
        app,
        bind=bind,
        workers=workers,
        worker_class=Worker,
        preload_app=True,
        timeout=STUCK_SECONDS,
        graceful_timeout=DRAIN_SECONDS,
        control_socket_disable=True,
        loglevel="warning",
        when_ready=ready,
        on_exit=leave,
    ).run()


def _allow_open_files() -> None:
    """Raise the soft limit, which is often 1024, to the hard limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
