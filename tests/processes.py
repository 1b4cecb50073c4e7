"""What several processes do to one database at the same moment: `in_processes(app, work, inputs)`.

They are forked from a process that has made the application, as the server's are from its first
one: so they share no lock, no cache and no connection, and are there within a moment.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import make_url

from crm.core.db import db
from tests.fixtures import make_app

ROOT = Path(__file__).parents[1]
SECONDS = 120  # until all of them have started, and until all are done

Work = Callable[..., Any]


def in_processes(
    app: Flask, work: Work, inputs: Sequence[Sequence[Any]], before: str = "/login/"
) -> list[Any]:
    """What `work(app, *input)` returns for each input, in a process of its own, begun at once.

    `work` is a function of a module; inputs and results are what JSON can say. `before` is an
    address that is read before they part, so that none of them is kept waiting by its imports.
    """
    url = make_url(app.config["SQLALCHEMY_DATABASE_URI"]).render_as_string(hide_password=False)
    folder = str(app.extensions["crm.config"].instance)
    asked = json.dumps([url, folder, work.__module__, work.__name__, before, inputs])
    command = [sys.executable, "-m", "tests.processes"]
    done = subprocess.run(
        command, input=asked, stdout=subprocess.PIPE, text=True, cwd=ROOT, timeout=SECONDS,
        check=True,
    )  # fmt: skip
    told: list[Any] = json.loads(done.stdout)
    assert len({pid for pid, _result in told}) == len(inputs), "each in a process of its own"
    return [result for _pid, result in told]


def main() -> None:
    """The first process: it forks the others and tells what they said."""
    url, folder, module, name, before, inputs = json.load(sys.stdin)
    app, work = make_app(url, Path(folder)), getattr(import_module(module), name)
    app.test_client().get(before)
    with app.app_context():
        db.engine.dispose()  # a connection must not be in two processes
    context = get_context("fork")
    barrier = context.Barrier(len(inputs), timeout=SECONDS)
    with context.Pool(len(inputs), _prepare, (barrier, app, work)) as pool:
        print(json.dumps(pool.map(_run, inputs, chunksize=1)))  # noqa: T201


_given: tuple[Any, Flask, Work]


def _prepare(*given: Any) -> None:
    global _given  # noqa: PLW0603  of this process alone
    _given = given  # type: ignore[assignment]


def _run(asked: Sequence[Any]) -> tuple[int, Any]:
    barrier, app, work = _given
    barrier.wait()
    return os.getpid(), work(app, *asked)


if __name__ == "__main__":
    main()
