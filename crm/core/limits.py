"""How large a request may be: one set of numbers for the server in front and for the app.

`crm serve` refuses by the head of a request, before its body is read; under another WSGI server
the app itself does, before it parses.
"""

from io import BytesIO
from typing import IO, Any

from flask import Flask, Request, abort, current_app, request, session
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

FORM_BYTES = 1024 * 1024
UPLOAD_BYTES = 51 * 1024 * 1024  # a catalogue of 50 MB and its form
LINE_BYTES = 8 * 1024  # method, address and version
HEAD_BYTES = 64 * 1024  # the line, cookies and the other headers
# Of one form: 500 lines of a quote have 11 each, and there is room to show some hundreds too many.
FIELDS = 10_000

# In the WSGI environment: the status with which the server in front refused a request.
REFUSED = "crm.refused"
UPLOADS = "crm.uploads"


def allow_upload(app: Flask, *endpoints: str) -> None:
    """Allow bodies of up to UPLOAD_BYTES on these endpoints, for signed-in users."""
    app.extensions.setdefault(UPLOADS, set()).update(endpoints)


def body_limit(app: Flask, method: str, path: str, cookies: str) -> int:
    """How many bytes may follow this head, going by the signed cookie alone.

    Called before the body is read, in the loop that serves everybody, so the database is not asked
    whether the session is still valid; the app asks it before it parses.
    """
    try:
        endpoint, _ = app.url_map.bind("").match(path, method)
    except HTTPException:
        return FORM_BYTES
    head = app.request_class({"REQUEST_METHOD": method, "HTTP_COOKIE": cookies})
    return _limit(app, endpoint, app.session_interface.open_session(app, head))


def _limit(app: Flask, endpoint: str | None, session: Any) -> int:
    # Flask-Login's key: who is not signed in has no file to send.
    may = endpoint in app.extensions.get(UPLOADS, ()) and "_user_id" in (session or ())
    return UPLOAD_BYTES if may else FORM_BYTES


class FormParser(FormDataParser):
    """Werkzeug 3.1 limits the number of parts of multipart forms only; this limits all forms."""

    def parse(
        self,
        stream: IO[bytes],
        mimetype: str,
        content_length: int | None,
        options: dict[str, str] | None = None,
    ) -> Any:
        if mimetype == "application/x-www-form-urlencoded":
            body = stream.read()
            stream.read(1)  # a body without a length that was cut at the limit: this raises
            if body.count(b"&") >= FIELDS:
                raise RequestEntityTooLarge
            stream = BytesIO(body)
        return super().parse(stream, mimetype, content_length, options)


class LimitedRequest(Request):
    form_data_parser_class = FormParser


class JsonProvider(DefaultJSONProvider):
    """Flask's provider, but nesting beyond the recursion limit is a 400, not a 500."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        try:
            return super().loads(s, **kwargs)
        except RecursionError:
            raise ValueError("nested too deeply") from None


def install(app: Flask) -> None:
    """Register the check that runs before anything else reads the request."""
    app.request_class = LimitedRequest
    app.json = JsonProvider(app)
    app.config["MAX_FORM_MEMORY_SIZE"] = FORM_BYTES
    app.config["MAX_FORM_PARTS"] = FIELDS
    app.before_request(_refuse)
    app.extensions.setdefault(UPLOADS, set())


def _refuse() -> None:
    if request.environ.get(REFUSED):
        abort(request.environ[REFUSED])
    if len(request.environ.get("REQUEST_URI") or request.full_path) > LINE_BYTES:
        abort(414)
    request.max_content_length = _limit(current_app, request.endpoint, session)
    if (request.content_length or 0) > request.max_content_length:
        abort(413)
