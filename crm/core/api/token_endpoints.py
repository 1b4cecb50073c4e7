"""OpenAPI description of login and refresh; FAB 5.3's lists providers that are off."""

from typing import Any

from crm.core.api.operations import REFUSALS, json_content
from crm.core.api.query_schemas import TEXT, Schema, object_schema

SCHEMES: dict[str, Schema] = {
    name: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": words}
    for name, words in (
        ("jwt", "An access token, which lives for minutes."),
        ("jwt_refresh", "A refresh token, which lives for days and makes access tokens."),
    )
}
MESSAGE: Schema = {"type": "object", "properties": {"message": {}}}


def describe(spec: Any, base: str) -> None:
    """Add both to an APISpec; `base` is their URL."""
    for name, scheme in SCHEMES.items():
        spec.components.security_scheme(name, scheme)
    spec.path(path=f"{base}/login", operations={"post": _login()})
    spec.path(path=f"{base}/refresh", operations={"post": _refresh()})


def _answers(refresh: Schema, **refusals: str) -> dict[str, Schema]:
    tokens = object_schema(("access_token",), access_token=TEXT, **refresh)
    refusals["_414"] = REFUSALS[414]
    return {"200": {"description": "The token.", "content": json_content(tokens)}} | {
        code.removeprefix("_"): {"description": words, "content": json_content(MESSAGE)}
        for code, words in refusals.items()
    }


def _login() -> Schema:
    body = object_schema(
        ("username", "password", "provider"),
        username={**TEXT, "minLength": 1, "description": "A username or an e-mail address."},
        password={**TEXT, "minLength": 1, "format": "password"},
        provider={**TEXT, "enum": ["db"]},
        refresh={"type": "boolean", "description": "Whether to send a refresh token too."},
    )
    closed = {**body, "additionalProperties": False}
    return {
        "tags": ["Security"],
        "operationId": "Security.login",
        "requestBody": {"required": True, "content": json_content(closed)},
        "responses": _answers(
            {"refresh_token": TEXT},
            _400="The body is not as described.",
            _401="No such username and password.",
            _429="Too many attempts; Retry-After says how many seconds to wait.",
        ),
    }


def _refresh() -> Schema:
    return {
        "tags": ["Security"],
        "operationId": "Security.refresh",
        "security": [{"jwt_refresh": []}],
        "responses": _answers({}, _401="The refresh token has expired or was ended."),
    }
