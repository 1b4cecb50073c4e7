"""`crm serve`: gunicorn, one process with threads."""

from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication


class Server(BaseApplication):
    """gunicorn with its settings in code, so that no configuration file can disagree with us."""

    def __init__(self, **settings: Any) -> None:
        self.settings = settings
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        # In the process that answers: a database connection must not be inherited by a fork.
        from crm.app import create_app

        return create_app()


def serve(host: str, port: int) -> None:
    """Answer until told to stop: TERM gives running requests 15 s to finish, INT none.

    gunicorn restarts a process that dies, and gives up where a new one cannot even start.
    """
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def ready(_server: object) -> None:
        click.echo(f"Comptoir answers on http://{bind} (Ctrl+C stops it)")

    Server(
        bind=bind,
        workers=1,
        worker_class="gthread",
        threads=8,
        graceful_timeout=15,
        keepalive=5,
        forwarded_allow_ips="",  # crm.app reads the proxies' headers, as many as PROXIES says
        control_socket_disable=True,
        loglevel="warning",
        when_ready=ready,
    ).run()
