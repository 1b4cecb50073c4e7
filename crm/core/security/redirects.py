"""Redirects to pages of the application only, by path."""

import unicodedata

from flask import request, url_for
from werkzeug.wrappers import Response

HOME = "/"


def safe_next(url: str | None) -> str:
    """`url` where it is a path of the application, else the home page.

    Stricter than FAB's, which trusts the Host header: no scheme, no host, no backslash (browsers
    read it as a slash), no control character (browsers drop it).
    """
    if not url or not url.startswith("/") or url[1:2] in ("/", "\\") or "\\" in url:
        return HOME
    if any(unicodedata.category(character)[0] == "C" for character in url):
        return HOME
    return url


def to_login() -> Response:
    """Redirect to the sign-in page, which leads back to this one; a script gets a 401."""
    following = current_path()
    return redirect_to(url_for("LoginView.login", next=None if following == HOME else following))


def redirect_to(url: str) -> Response:
    """Redirect a browser; a script gets a 401 with the URL in a header."""
    if _is_script():
        return Response("", status=401, headers={"HX-Redirect": url, "Cache-Control": "no-store"})
    return Response("", status=302 if request.method == "GET" else 303, headers={"Location": url})


def _is_script() -> bool:
    json = request.accept_mimetypes.best == "application/json"
    return json or "HX-Request" in request.headers


def current_path() -> str:
    """The path to come back to: this page or, for a POST or a script, the page it came from."""
    if request.method == "GET" and not _is_script():
        return safe_next(request.full_path.rstrip("?"))
    origin = request.host_url.rstrip("/")
    referrer = request.referrer or ""
    return safe_next(referrer.removeprefix(origin)) if referrer.startswith(origin + "/") else HOME
