"""Checks before every endpoint: who asks (401), is the feature on (404), may they (403)."""

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

# The message of a refusal that has none of its own.
SENTENCES = {
    403: _l("You are not allowed to do this."),
    404: _l("There is no such record."),
}
WRONG_FIELDS = _l("Some fields are not right.")


def guarded(endpoint: Endpoint[P]) -> Endpoint[P]:
    """Let in whoever may, and answer every refusal in JSON.

    Stands where FAB 5.3 has `protect`, `safe` and `rison`: with those, a right is asked for before
    a switch can answer 404, and an argument that is not rison is a 500. A session's cookie opens
    nothing here: any site can make a browser send it.
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

    # FAB collects the permissions of a view by this mark.
    door._permission_name = endpoint.__name__  # type: ignore[attr-defined]  # functions take any
    return door


def _let_in(api: Any, method: str) -> None:
    # All of the body first: a client that sends a byte a second would keep the connection that
    # reading the actor takes from the pool.
    request.get_data()
    verify_jwt_in_request()  # finds the actor; what is wrong with a token is answered with a 401
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
    """`{"message": "…", "errors": {field: ["…"]}}`; `more` stands beside them."""
    errors = {name: [text] for name, text in (fields or {}).items()}
    return answer(
        status, message=message or str(SENTENCES.get(status, WRONG_FIELDS)), errors=errors, **more
    )
