"""OpenAPI's schemas as JSON schemas, to validate answers."""

from typing import Any


def strict(schema: Any, components: Any) -> Any:
    """An OpenAPI 3.0 schema with references resolved, nullable as a type, and no further keys."""
    if isinstance(schema, list):
        return [strict(one, components) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/components/schemas/")
        return strict(components[name], components)
    found = {key: strict(value, components) for key, value in schema.items()}
    if found.pop("nullable", False):
        found["type"] = [found["type"], "null"]
    if found.get("type") == "object" and "properties" in found:
        found.setdefault("additionalProperties", False)
    return found
