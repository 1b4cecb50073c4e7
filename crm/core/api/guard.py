"""Checks before every endpoint: authentication (401), setting (404), permission (403)."""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from flask import Response, jsonify, request
from flask_babel import lazy_gettext as _l
from flask_jwt_extended import verify_jwt_in_request
from werkzeug.exceptions import HTTPException

from crm.core.actor import current_actor
from crm.core.errors import DomainError, Forbidden, NotFound

P = ParamSpec("P")
Endpoint = Callable[Concatenate[Any, P], Response]

# The default messages by status.
SENTENCES = {
    403: _l("You are not allowed to do this."),
    404: _l("This record does not exist."),
}
WRONG_FIELDS = _l("Some fields need correcting.")


def guarded(endpoint: Endpoint[P]) -> Endpoint[P]:
    """Check the request, and answer all errors in JSON.

    Replaces FAB 5.3's `protect`, `safe` and `rison`, which check the permission before a setting
    can answer 404, and answer malformed arguments with a 500. Session cookies are not accepted
    (CSRF).
    """

    @wraps(endpoint)
    def door(api: Any, /, *args: P.args, **kwargs: P.kwargs) -> Response:
        try:
            _let_in(api, endpoint.__name__)
            return endpoint(api, *args, **kwargs)
        except DomainError as error:
            return refuse(error.status, error.message, error.fields)
        except HTTPException as error:
            if error.response is not None:
                return cast(Response, error.response)
            if error.code is None:
                raise
            return refuse(error.code, error.description or "")

    # FAB collects permissions by this attribute.
    door._permission_name = endpoint.__name__  # type: ignore[attr-defined]  # functions take any
    return door


def _let_in(api: Any, method: str) -> None:
    # Read the whole body first: a slow client would block the database connection that loading
    # the actor takes.
    request.get_data()
    verify_jwt_in_request()  # sets the actor; 401 for an invalid token
    setting = getattr(api, "setting", None)
    if setting is not None and not current_actor().is_enabled(setting):
        raise NotFound
    right = f"can_{api.get_method_permission(method)}"
    if not api.appbuilder.sm.has_access(right, api.class_permission_name):
        raise Forbidden


def answer(status: int = 200, /, **body: Any) -> Response:
    response = jsonify(body)
    response.status_code = status
    return response


def refuse(
    status: int, message: str = "", fields: Mapping[str, str] | None = None, /, **more: Any
) -> Response:
    """`{"message": "…", "errors": {field: ["…"]}}`, and the keys `more`."""
    errors = {name: [text] for name, text in (fields or {}).items()}
    return answer(
        status, message=message or str(SENTENCES.get(status, WRONG_FIELDS)), errors=errors, **more
    )
