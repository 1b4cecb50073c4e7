"""The JSON schemas of the argument `q`, which describe it and by which it is read."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crm.core.models import kinds

Schema = dict[str, Any]

MAX_PAGE_SIZE = 100
# Larger offsets exceed the database's integers.
LAST_PAGE = 1_000_000
# The labels that come with an answer, and the argument `keys` chooses from.
LIST_KEYS = (
    "list_columns", "order_columns", "label_columns", "description_columns", "list_title",
)  # fmt: skip
SHOW_KEYS = ("show_columns", "label_columns", "description_columns", "show_title")
INFO_KEYS = ("permissions", "add_columns", "edit_columns", "filters", "add_title", "edit_title")
OPERATORS = sorted({one.key for kind in kinds.BY_NAME.values() for one in kind.operators})
ALWAYS = ("id", "row_version")  # in every row, requested or not

TEXT: Schema = {"type": "string"}
CURSOR: Schema = {**TEXT, "description": "The `cursor` of the page before, instead of `page`."}
SINCE: Schema = {**TEXT, "format": "date-time", "description": "The first instant."}


def object_schema(required: tuple[str, ...], **properties: Schema) -> Schema:
    schema = {"type": "object", "properties": properties}
    return schema | ({"required": list(required)} if required else {})  # never an empty list


def _closed(properties: Mapping[str, Schema], *required: str) -> Schema:
    return object_schema(required, **properties) | {"additionalProperties": False}


def _one_of(names: Iterable[str]) -> Schema:
    return {**TEXT, "enum": list(dict.fromkeys(names))}


def _some_of(names: Iterable[str]) -> Schema:
    return {"type": "array", "items": _one_of(names)}


def _page_size(default: int) -> Schema:
    return {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": default}


def _choice(api: Any, names: Iterable[str], keys: Sequence[str]) -> dict[str, Schema]:
    """The arguments that choose columns and labels."""
    columns = _some_of([*ALWAYS, *api.visible(names)])
    return {"columns": columns, "select_columns": columns, "keys": _some_of(["none", *keys])}


def list_schema(api: Any) -> Schema:
    condition = {
        "col": _one_of(api.visible(api.search_columns)),
        "opr": _one_of(OPERATORS),
        "value": {"description": "A text, number, true or false, or a list of them."},
    }
    properties: dict[str, Schema] = {
        "filters": {"type": "array", "items": _closed(condition, "col", "opr")},
        "search": {
            "anyOf": [TEXT, {"type": "integer"}],
            "description": "Words, in any order, of which the row's words begin with each; where "
            "there is no such row, words that contain them.",
        },
        "order_column": _one_of(api.visible(api.order_columns)),
        "order_direction": _one_of(["asc", "desc"]),
        "page": {"type": "integer", "minimum": 0, "maximum": LAST_PAGE, "default": 0},
        "page_size": _page_size(api.page_size),
        "cursor": CURSOR,
    }
    return _closed(properties | _choice(api, [*api.list_columns, *api.show_columns], LIST_KEYS))


def show_schema(api: Any) -> Schema:
    return _closed(_choice(api, api.show_columns, SHOW_KEYS))


def deleted_schema() -> Schema:
    return _closed({"since": SINCE, "page_size": _page_size(MAX_PAGE_SIZE), "cursor": CURSOR})


def info_schema() -> Schema:
    return _closed({"keys": _some_of(["none", *INFO_KEYS])})
