"""A small application behind our server, started by conftest.py: `program.py FOLDER PORT {…}`."""

import hashlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from flask import Blueprint, Flask, Response, current_app, request, send_from_directory, session
from flask_babel import Babel

from crm.core import http, limits
from crm.server import keeper, listener, serve
from crm.server import request as incoming
from crm.server.worker import Worker

pages = Blueprint("small", __name__)


def main(folder: str, port: str, given: str) -> None:
    options = json.loads(given)
    # Deadlines that a test can wait for; what they are for people is in crm.server.
    incoming.HEAD_SECONDS = options.get("head", 1)
    incoming.GRACE_SECONDS = options.get("grace", 1)
    listener.IDLE_SECONDS = options.get("idle", 60)
    app = Flask("small", static_folder=None)
    app.secret_key = "x" * 32
    app.config["FOLDER"] = Path(folder)
    Babel(app)  # the error pages' words; they have no frame here, and say so in the log
    http.install(app, options.get("proxies", 0), False, lambda: None)
    app.register_blueprint(pages)
    limits.allow_upload(app, "small.upload")
    beside = partial(work_beside, Path(folder), options["beside"]) if "beside" in options else None
    keeper.LOOK_SECONDS, keeper.PAUSE_SECONDS = 0.05, 0.1
    if "starting" in options:
        start_slowly(options["starting"])
    serve(app, options.get("host", "127.0.0.1"), int(port), options.get("workers", 1), beside)


def start_slowly(seconds: float) -> None:
    """All processes but the first one take their time until they have handlers of signals."""
    stock = Worker.init_signals

    def init_signals(self: Worker) -> None:
        time.sleep(seconds if self.age > 1 else 0)
        stock(self)

    Worker.init_signals = init_signals  # type: ignore[method-assign]


def work_beside(folder: Path, how: str) -> None:
    """Note that it runs; then fail, or finish when TERM comes."""
    (folder / f"beside-{os.getpid()}").touch()
    if how == "fails":
        raise RuntimeError
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    ended.wait()
    (folder / "finished").touch()


@pages.get("/health")
def health() -> str:
    return "ok"


@pages.get("/wait/<float:seconds>")
def wait(seconds: float) -> str:
    (current_app.config["FOLDER"] / f"begun-{os.getpid()}-{threading.get_ident()}").touch()
    time.sleep(seconds)
    return f"done by {os.getpid()}"


@pages.get("/stream/<int:megabytes>")
def stream(megabytes: int) -> Response:
    def parts() -> Iterator[bytes]:
        for _ in range(megabytes * 16):
            yield b"x" * 65536

    return Response(parts(), mimetype="text/csv")


@pages.get("/file/<name>")
def file(name: str) -> Response:
    return send_from_directory(current_app.config["FOLDER"], name)


@pages.post("/sum")
@pages.post("/upload", endpoint="upload")
def digest() -> dict[str, object]:
    body, count = hashlib.sha256(), 0
    while part := request.stream.read(65536):
        body.update(part)
        count += len(part)
    return {"bytes": count, "sha256": body.hexdigest()}


@pages.get("/who")
def who() -> dict[str, str | None]:
    return {"address": request.remote_addr, "host": request.host, "scheme": request.scheme}


@pages.post("/sign-in")
def sign_in() -> str:
    session["_user_id"] = "1.1.key"
    return ""


if __name__ == "__main__":
    main(*sys.argv[1:])
