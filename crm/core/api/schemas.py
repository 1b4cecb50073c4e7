"""JSON schemas (OpenAPI 3.0) of responses and bodies, from Specs."""

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from crm.core.api.columns import part_columns, written_lines
from crm.core.api.reading import LARGEST_ID, MOST_ROWS, columns_behind, may_be_empty
from crm.core.datamodel.loading import Children
from crm.core.models import Spec, kinds, spec_of, target_of

Schema = dict[str, Any]

ID: Schema = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}


def answered(
    model: type[Any], names: Iterable[str], children: Children, writable: Container[str]
) -> Schema:
    """A row as `representing.represent` tells it, of which `columns` leaves out any but the first.

    `writable` are the names that some body may hold: the others are read-only.
    """
    properties: dict[str, Schema] = {"id": {**ID, "readOnly": True}}
    if hasattr(model, "row_version"):
        properties["row_version"] = dict(ID)
    always = list(properties)
    for name in names:
        if name in children:
            free = written_lines(model, name, children)
            items = answered(target_of(model, name), children[name], {}, free)
            properties[name] = _described(spec_of(model, name), {"type": "array", "items": items})
        else:
            properties[name] = _answer_of(model, name, name not in writable)
    return {"type": "object", "properties": properties, "required": always}


def posted(model: type[Any], names: Iterable[str], children: Children) -> Schema:
    """The body of a POST; fields without a default are required."""
    writable = list(names)
    schema = _body(model, writable, children, new=True)
    required = [name for name in writable if _is_required(model, name)]
    return schema | ({"required": required} if required else {})


def put(
    model: type[Any],
    names: Iterable[str],
    children: Children,
    given: Mapping[str, Sequence[str]],
) -> Schema:
    """The body of a PUT: any of the fields, the options `given`, and the version that was read."""
    schema = _body(model, names, children)
    schema["properties"] |= options(given)
    if not hasattr(model, "row_version"):
        return schema
    schema["properties"] |= {"row_version": dict(ID)}
    return schema | {"required": ["row_version"]}


def of_verb(model: type[Any], api: Any, verb: Any) -> Schema:
    """The body of an action: what its dialog asks, and the version that was read."""
    schema = _body(model, api.visible(verb.columns), {}, new=True)
    switches = {name: {"type": "boolean", "default": False} for name in verb.switch_names}
    lists = {name: {"type": "array", "items": ID, "maxItems": MOST_ROWS} for name in verb.among}
    parts = {
        name: {**_body(part, part_columns(part), {}, new=True), "nullable": True}
        for name, part in verb.parts.items()
    }
    schema["properties"] |= {**switches, **lists, **parts}
    schema["properties"] |= {"row_version": dict(ID)}
    return schema | {"required": ["row_version"]}


def options(given: Mapping[str, Sequence[str]]) -> dict[str, Schema]:
    """What a change or a deletion may say beside the fields: one of some words."""
    return {
        name: {"type": "string", "enum": list(values), "default": values[0]}
        for name, values in given.items()
    }


def _body(model: type[Any], names: Iterable[str], children: Children, new: bool = False) -> Schema:
    """In a `new` row null counts as missing, so all fields are nullable."""
    properties = {}
    for name in names:
        if name in children:
            free = written_lines(model, name, children)
            line = _body(target_of(model, name), free, {}, new=True)
            line["properties"] = {"id": dict(ID), **line["properties"]}
            lines = {"type": "array", "items": line, "maxItems": MOST_ROWS}
            properties[name] = _described(spec_of(model, name), lines)
        else:
            empty = may_be_empty(model, name) or (new and not _is_required(model, name))
            properties[name] = _body_of(model, name, empty)
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _is_required(model: type[Any], name: str) -> bool:
    if name == "company":
        return False  # the actor's own, where none is named
    columns = columns_behind(model, name)
    filled = any(c.default is not None or c.server_default is not None for c in columns)
    return spec_of(model, name).required and not filled


def _described(spec: Spec, schema: Schema) -> Schema:
    words = {"title": str(spec.label), "description": str(spec.help or "")}
    return {**{name: text for name, text in words.items() if text}, **schema}


def _answer_of(model: type[Any], name: str, read_only: bool) -> Schema:
    spec = spec_of(model, name)
    empty = may_be_empty(model, name)
    if spec.kind is kinds.REFERENCE:
        # What stands beside a $ref is not read: no label here.
        return {"$ref": "#/components/schemas/" + ("OptionalLink" if empty else "Link")}
    if spec.kind.is_list:
        link = {"$ref": "#/components/schemas/Link"}
        return _described(spec, {"type": "array", "items": link})
    schema: Schema = spec.kind.schema(spec)
    if read_only:
        schema["readOnly"] = True
    return _described(spec, _or_null(schema, empty))


def _body_of(model: type[Any], name: str, empty: bool) -> Schema:
    spec = spec_of(model, name)
    if spec.kind.is_list:
        return _described(spec, {"type": "array", "items": dict(ID), "maxItems": MOST_ROWS})
    schema = dict(ID) if spec.kind.is_link else spec.kind.body_schema(spec)
    return _described(spec, _or_null(schema, empty))


def _or_null(schema: Schema, empty: bool) -> Schema:
    if not empty:
        return schema
    if "anyOf" in schema:
        schema["anyOf"][0]["nullable"] = True
        return schema
    if "enum" in schema:
        schema["enum"] = [*schema["enum"], None]
    return {**schema, "nullable": True}
