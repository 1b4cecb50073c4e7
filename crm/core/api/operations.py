"""The OpenAPI operations of an API: parameters, bodies, responses and errors."""

from typing import Any

from crm.core.api import schemas
from crm.core.api.query_schemas import (
    SINCE,
    TEXT,
    Schema,
    deleted_schema,
    info_schema,
    list_schema,
    object_schema,
    show_schema,
)

ERROR: Schema = {
    "type": "object",
    "properties": {
        "message": TEXT,
        "errors": {"type": "object", "additionalProperties": {"type": "array", "items": TEXT}},
    },
    "required": ["message"],
}
LINK: Schema = {
    "type": "object",
    "description": "A related record. Where it is in the bin or out of reach, `available` is false"
    " and the rest null.",
    "properties": {
        "id": {**schemas.ID, "nullable": True},
        "label": {**TEXT, "nullable": True},
        "available": {"type": "boolean"},
    },
    "required": ["id", "label"],
}
REFUSALS = {
    400: "An argument or the body cannot be read; the message says why.",
    401: "Nobody is signed in, or the token has expired.",
    403: "Your roles do not allow this.",
    404: "There is no such record for you.",
    409: "Somebody else changed the record since.",
    413: "The body is too large.",
    414: "The address is too long.",
    415: "The body is not JSON.",
    422: "Fields are wrong; `errors` says which and why.",
}


def has(api: Any, method: str) -> bool:
    if api.include_route_methods is not None and method not in api.include_route_methods:
        return False
    return method not in api.exclude_route_methods


def paths_of(api: Any) -> dict[str, dict[str, Schema]]:
    """path → method → operation, of the registered routes."""
    base = api.route_base
    operations = {
        (f"{base}/", "get"): ("get_list", _list_operation(api)),
        (f"{base}/", "post"): ("post", _post_operation(api)),
        (f"{base}/{{pk}}", "get"): ("get", _get_operation(api)),
        (f"{base}/{{pk}}", "put"): ("put", _put_operation(api)),
        (f"{base}/{{pk}}", "delete"): ("delete", _delete_operation(api)),
        (f"{base}/_deleted", "get"): ("deleted", _deleted_operation()),
        (f"{base}/_info", "get"): ("info", _info_operation()),
    }
    for name, verb in api.verbs.items():
        if not verb.is_on:
            continue
        operations[f"{base}/{{pk}}/{name}", "post"] = (name, _verb_operation(api, name, verb))
    paths: dict[str, dict[str, Schema]] = {}
    for (path, verb), (method, operation) in operations.items():
        if has(api, method):
            tag = api.openapi_spec_tag or type(api).__name__
            common = {"tags": [tag], "operationId": f"{type(api).__name__}.{method}"}
            paths.setdefault(path, {})[verb] = {**common, "security": [{"jwt": []}], **operation}
    return paths


def _ref(api: Any, method: str) -> Schema:
    return {"$ref": f"#/components/schemas/{type(api).__name__}.{method}"}


def json_content(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _responses(status: int, words: str, schema: Schema, *refusals: int) -> dict[str, Schema]:
    error = {"$ref": "#/components/schemas/Error"}
    return {
        str(status): {"description": words, "content": json_content(schema)},
        **{
            str(code): {"description": REFUSALS[code], "content": json_content(error)}
            for code in sorted({400, 401, 403, 404, 414, *refusals})
        },
    }


NEXT: Schema = {**TEXT, "nullable": True, "description": "Of the next page; null at the end."}
PK: Schema = {"in": "path", "name": "pk", "required": True, "schema": schemas.ID}


def _query(schema: Schema) -> Schema:
    """The argument `q`: rison, or JSON."""
    return {"in": "query", "name": "q", "content": json_content(schema)}


def _list_operation(api: Any) -> Schema:
    rows = {"type": "array", "items": _ref(api, "get")}
    count = {"type": "integer", "description": "Up to 10,000; then count_capped is true."}
    ids = {"type": "array", "items": schemas.ID}
    capped = {"type": "boolean"}
    schema = object_schema(
        ("count", "count_capped", "ids", "result", "cursor"),
        count=count, count_capped=capped, ids=ids, result=rows, cursor=NEXT, **api.beside_schemas,
    )  # fmt: skip
    responses = _responses(200, "A page of rows.", schema, 422)
    return {"parameters": [_query(list_schema(api))], "responses": responses}


def _deleted_operation() -> Schema:
    row = object_schema(("id", "deleted_at"), id=schemas.ID, deleted_at=SINCE)
    rows = {"type": "array", "items": row}
    schema = object_schema(("result", "cursor"), result=rows, cursor=NEXT)
    words = (
        "What was deleted since: from the bin, then what left it for good, oldest first in each."
    )
    return {
        "parameters": [_query(deleted_schema())],
        "responses": _responses(200, words, schema, 422),
    }


def _get_operation(api: Any) -> Schema:
    schema = object_schema(("id", "result"), id=schemas.ID, result=_ref(api, "get"))
    q = _query(show_schema(api))
    return {"parameters": [PK, q], "responses": _responses(200, "The row.", schema)}


def _post_operation(api: Any) -> Schema:
    schema = object_schema(("id",), id=schemas.ID, result=_ref(api, "get"))
    responses = _responses(201, "The new row.", schema, 413, 415, 422)
    body = {"required": True, "content": json_content(_ref(api, "post"))}
    return {"requestBody": body, "responses": responses}


def _put_operation(api: Any) -> Schema:
    schema = object_schema(("id",), id=schemas.ID, result=_ref(api, "get"))
    responses = _responses(200, "The row as it now is.", schema, 409, 413, 415, 422)
    stale = object_schema(
        ("message", "row_version", "result"),
        message=TEXT,
        errors=ERROR["properties"]["errors"],
        row_version=schemas.ID,
        result=_ref(api, "get"),
    )
    responses["409"]["content"] = json_content(stale)
    body = {"required": True, "content": json_content(_ref(api, "put"))}
    return {"parameters": [PK], "requestBody": body, "responses": responses}


def _verb_operation(api: Any, name: str, verb: Any) -> Schema:
    body = {"required": True, "content": json_content(_ref(api, name))}
    responses = _put_operation(api)["responses"]
    if verb.makes:
        responses["201"] = responses.pop("200")
    return {"parameters": [PK], "requestBody": body, "responses": responses}


def _delete_operation(api: Any) -> Schema:
    version = {"in": "query", "name": "row_version", "schema": schemas.ID}
    options = [
        {"in": "query", "name": name, "schema": schema}
        for name, schema in schemas.options(api.save_options).items()
    ]
    schema = object_schema(("message",), message=TEXT)
    responses = _responses(200, "The row is in the bin.", schema, 409, 422)
    return {"parameters": [PK, version, *options], "responses": responses}


def _info_operation() -> Schema:
    fields = {"type": "array", "items": {"type": "object"}}
    schema = object_schema(
        (),
        permissions={"type": "array", "items": TEXT},
        add_columns=fields,
        edit_columns=fields,
        filters={"type": "object", "additionalProperties": fields},
    )
    words = "What may be asked and written now."
    return {"parameters": [_query(info_schema())], "responses": _responses(200, words, schema)}
