"""The two ways to a token described: FAB 5.3 tells of providers that are switched off."""

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
SCHEMES: dict[str, Schema] = {
    name: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": words}
    for name, words in (
        ("jwt", "An access token, which lives for minutes."),
        ("jwt_refresh", "A refresh token, which lives for days and makes access tokens."),
    )
}
MESSAGE: Schema = {"type": "object", "properties": {"message": {}}}


def describe(spec: Any, base: str) -> None:
    """Add both to an APISpec; `base` is their address."""
    for name, scheme in SCHEMES.items():
        spec.components.security_scheme(name, scheme)
    spec.path(path=f"{base}/login", operations={"post": _login()})
    spec.path(path=f"{base}/refresh", operations={"post": _refresh()})


def _answers(schema: Schema, **refusals: str) -> dict[str, Schema]:
    content = {"application/json": {"schema": schema}}
    told = {"application/json": {"schema": MESSAGE}}
    refusals["_414"] = "The address is too long."
    return {"200": {"description": "The token.", "content": content}} | {
        code.removeprefix("_"): {"description": words, "content": told}
        for code, words in refusals.items()
    }


def _login() -> Schema:
    body = {
        "type": "object",
        "properties": {
            "username": {**TEXT, "minLength": 1, "description": "A username or an e-mail address."},
            "password": {**TEXT, "minLength": 1, "format": "password"},
            "provider": {**TEXT, "enum": ["db"]},
            "refresh": {"type": "boolean", "description": "Whether to send a refresh token too."},
        },
        "required": ["username", "password", "provider"],
        "additionalProperties": False,
    }
    tokens = {"type": "object", "properties": {"access_token": TEXT, "refresh_token": TEXT}}
    return {
        "tags": ["Security"],
        "operationId": "Security.login",
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": _answers(
            {**tokens, "required": ["access_token"]},
            _400="The body is not as described.",
            _401="No such username and password.",
            _429="Too many attempts; Retry-After says how many seconds to wait.",
        ),
    }


def _refresh() -> Schema:
    token = {"type": "object", "properties": {"access_token": TEXT}, "required": ["access_token"]}
    return {
        "tags": ["Security"],
        "operationId": "Security.refresh",
        "security": [{"jwt_refresh": []}],
        "responses": _answers(token, _401="The refresh token has expired or was ended."),
    }
