"""`crm serve`: gunicorn, one process with threads."""

from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no type hints
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
    """Listen until TERM or INT; running requests get 15 s to finish.

    gunicorn restarts a process that dies, and gives up where a new one cannot even start.
    """
    Server(
        bind=f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
        workers=1,
        worker_class="gthread",
        threads=8,
        graceful_timeout=15,
        keepalive=5,
        forwarded_allow_ips="",  # crm.app reads the proxies' headers, as many as PROXIES says
        control_socket_disable=True,
        loglevel="warning",
    ).run()
