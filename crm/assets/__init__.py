"""The front end: its sources beside this file, and the way from a name to what was built of it."""

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
    """The address of a built file, for example of "main.css"; in templates too, as `asset(…)`.

    Raises KeyError where the build makes no such file.
    """
    return f"/static/{_manifest()[name]}"


def serve(app: Flask, headers: Mapping[str, str]) -> None:
    """Answer /static/ before Flask is asked, compressed and cached for good.

    `headers` are the security headers of every page: a file answered here passes none of Flask's
    `after_request` functions. Call it before the engine is made, whose own files (another front
    end) are not served.
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
    """Names as the sources have them → names as built, which carry a hash."""
    try:
        return dict(json.loads((STATIC / "manifest.json").read_text()))
    except FileNotFoundError:
        raise RuntimeError("The front end is not built; `make run` does it.") from None
