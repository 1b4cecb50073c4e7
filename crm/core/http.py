"""Headers of every answer, and error pages that reveal nothing they should not."""

import logging
import secrets
from collections.abc import Callable, Iterable, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, flash, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import escape
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import Rule

from crm.core import limits
from crm.core.errors import DomainError
from crm.core.outage import RETRY_AFTER

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("crm")

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'"
)
HEALTH = "/health"
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
MEGABYTE = 1024 * 1024
TOO_LARGE = (413, 414, 431)
# A file shown inside a page of ours: the page may frame it, nobody else may.
FILE_POLICY = f"{POLICY}; frame-ancestors 'self'"


class LateRule(Rule):
    """A rule that compiles what builds its URLs for the first URL: most rules never build one.

    Compiled at once they were half of the time in which an application starts.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled = cache(partial(super()._compile_builder, append_unknown))

        def build(rule: Rule, /, **values: Any) -> tuple[str, str]:
            return compiled()(rule, **values)

        return build


def install(app: Flask, proxies: int, secure: bool, give_up: Callable[[], None]) -> None:
    """Headers, error pages, and the client's address as the proxies report it.

    `give_up` rolls back what a bug left open, so that the error page can read its menu.
    """
    app.url_rule_class = LateRule
    app.wsgi_app = _known_to_probes(app.wsgi_app)  # type: ignore[method-assign, assignment]  # see below
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]  # Flask's documented seam
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies
        )
    limits.install(app)
    app.after_request(_headers)
    if secure:
        app.after_request(_transport)
    app.register_error_handler(HTTPException, refused)
    app.register_error_handler(DomainError, _ruled_out)
    app.register_error_handler(Exception, partial(broken, give_up))


def _known_to_probes(wsgi: "WSGIApplication") -> "WSGIApplication":
    """Answer /health under any name: a load balancer asks by the machine's address.

    Its answer holds no link, so that a made-up Host does no harm there; and it knows nobody, so
    that a browser's cookie does not make it look for a user in a database that is away.
    """

    def answer(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        if environ.get("PATH_INFO") == HEALTH:
            environ["HTTP_HOST"] = "localhost"
            environ.pop("HTTP_COOKIE", None)
        return wsgi(environ, start)

    return answer


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if "Cache-Control" not in response.headers:
        # Not no-store, with which the browser's Back throws a typed form away.
        response.headers["Cache-Control"] = "private, no-cache"
    response.headers.add("Vary", "Cookie, HX-Request")
    if response.status_code == 503:
        response.headers.setdefault("Retry-After", str(RETRY_AFTER))
    return response


def _transport(response: Response) -> Response:
    response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def wants_part() -> bool:
    """Whether a script asks, which puts the answer into the page that is open."""
    return bool(request.headers.get("HX-Request"))


def wants_json() -> bool:
    """Whether a program asks: the API, or a script that says so."""
    return request.path.startswith("/api/") or request.accept_mimetypes.best == "application/json"


def refused(error: HTTPException) -> ResponseReturnValue:
    """A 4xx or 5xx that was raised on purpose."""
    if error.code is not None and error.code < 400:
        return error.get_response()
    status = error.code or 500
    if isinstance(error, SecurityError):  # a Host that is not ours: no page, whose links need one
        answer = Response(_("This server does not serve this host name."), mimetype="text/plain")
        answer.status_code = status
        return answer
    # Werkzeug's own sentences are English, and for programmers.
    is_ours = error.description != type(error).description
    detail = str(error.description or "") if is_ours else ""
    if wants_json():
        words = ". ".join(_words(status)) if status in TOO_LARGE else str(error.description)
        answer = jsonify(message=detail or words)
        answer.status_code = status
    else:
        answer = Response(page(status, detail), status, mimetype="text/html")
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            answer.headers[name] = value
    return answer


def _ruled_out(error: DomainError) -> ResponseReturnValue:
    """A rule said no to an act that has no form of its own: the page it came from says why."""
    if wants_json():
        errors = {name: [text] for name, text in error.fields.items()}
        return jsonify(message=error.message, errors=errors), error.status
    if error.status == 404 or request.method == "GET":
        return page(404 if error.status == 404 else 400, ""), error.status
    if wants_part():
        return str(error), error.status
    flash(str(error), "danger")
    origin = request.host_url.rstrip("/") + "/"
    back = request.referrer or ""
    return redirect(back if back.startswith(origin) else "/", 303)


def broken(give_up: Callable[[], None], error: Exception) -> ResponseReturnValue:
    """A bug: its trace goes to the log under a reference, the reference to the user."""
    reference = secrets.token_hex(4).upper()
    log.error("%s %s %s", reference, request.method, _logged_path(), exc_info=error)
    give_up()
    if wants_json():
        return jsonify(message=_("Something went wrong on our side"), reference=reference), 500
    return page(500, "", reference), 500


def _logged_path() -> str:
    """The path, without the secret of a public link."""
    token = (request.view_args or {}).get("token")
    return request.path.replace(token, "…") if token else request.path


def page(status: int, detail: str, reference: str = "") -> str:
    """The error page of `status`."""
    title, text = _words(status)
    context: dict[str, Any] = {
        "status": status,
        "title": title,
        "text": text,
        "reference": reference,
    }
    try:
        return render_template("core/error.html", **context, detail=detail)
    except Exception:  # the frame of the page needs what is broken: say it without a frame
        log.exception("the error page itself failed")
        return f"<!doctype html><title>{status}</title><h1>{escape(title)}</h1>{escape(reference)}"


def _words(status: int) -> tuple[str, str]:
    match status:
        case 403:
            return (
                _("This page is not open to your role"),
                _("Your administrator decides which pages each role can open."),
            )
        case 404 if not current_user.is_authenticated:
            return _("This page does not exist"), _("The address may be mistyped.")
        case 404:
            return (
                _("This page does not exist, or you have no access to it"),
                _("The record may have been deleted, or it belongs to a colleague."),
            )
        case 405:
            return _("This address cannot be opened directly"), _(
                "Go back and use the button again."
            )
        case 409:
            return _("Somebody else changed this record in the meantime."), _(
                "Open it again to see both versions."
            )
        case 413 | 414 | 431:
            return _too_large(status)
        case 429:
            return _("Too many attempts"), ""  # when to try again stands below
        case 500:
            return (
                _("Something went wrong on our side"),
                _("No partial save. The reference below tells us what happened."),
            )
        case _:
            return _("This request is not valid"), _("Check the address, or go back.")


def _too_large(status: int) -> tuple[str, str]:
    match status:
        case 413:
            return _("The data sent is too large"), _(
                "Nothing was saved. A file can have up to %(file)s MB, a form up to %(form)s MB.",
                file=limits.UPLOAD_BYTES // MEGABYTE - 1,
                form=limits.FORM_BYTES // MEGABYTE,
            )
        case 414:
            return _("This address is too long"), _(
                "An address can have up to %(count)s characters: remove some filters.",
                count=limits.LINE_BYTES,
            )
        case _:
            return _("The browser sent too much data with the address"), _(
                "Delete the cookies of this site, then sign in again."
            )
