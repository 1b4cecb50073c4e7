"""The front end: sources, and the URLs of built files."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from wsgiref.headers import Headers

from flask import Flask
from whitenoise import WhiteNoise

STATIC = Path(__file__).parent.parent / "static"
HASHED = re.compile(r"-[0-9A-Z]{8}\.\w+$")


def asset(name: str) -> str:
    """The URL of a built file, for example of "main.css"; in templates too, as `asset(…)`.

    Raises KeyError where there is no such file in the build.
    """
    return f"/static/{_manifest()[name]}"


def file_of(name: str) -> Path:
    """A built file on the disk, for what is no browser. Raises KeyError as `asset`."""
    return STATIC / _manifest()[name]


def serve(app: Flask, headers: Mapping[str, str]) -> None:
    """Serve /static/ in front of Flask, compressed and cached without expiry.

    `headers` are the security headers of every page, as Flask's `after_request` functions are
    bypassed. Call it before AppBuilder is created, whose static files are not served.
    """
    app.config["FAB_STATIC_FOLDER"] = None
    app.jinja_env.globals["asset"] = asset

    def add(answer: Headers, _path: str, _url: str) -> None:
        for name, value in headers.items():
            answer[name] = value

    app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]  # Flask's documented seam
        app.wsgi_app,
        root=STATIC,
        prefix="/static/",
        max_age=60,
        immutable_file_test=lambda _path, url: bool(HASHED.search(url)),
        add_headers_function=add,
        allow_all_origins=False,
    )


@cache
def _manifest() -> dict[str, str]:
    """Source name → built name with its hash."""
    try:
        return dict(json.loads((STATIC / "manifest.json").read_text()))
    except FileNotFoundError:
        raise RuntimeError("The front end is not built; `make run` does it.") from None
