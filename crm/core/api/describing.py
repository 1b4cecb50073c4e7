"""The answer of `/_info`: fields, filters and rights of the actor."""

from collections.abc import Iterable
from typing import Any

from crm.core.api.columns import written_lines
from crm.core.datamodel.filters import filter_spec
from crm.core.datamodel.loading import Children
from crm.core.models import Spec, spec_of, target_of


def fields_info(model: type[Any], names: Iterable[str], children: Children) -> list[dict[str, Any]]:
    infos = []
    for name in names:
        info = field_info(name, spec_of(model, name))
        if name in children:
            taken = written_lines(model, name, children)
            info |= {"kind": "rows", "columns": fields_info(target_of(model, name), taken, {})}
        infos.append(info)
    return infos


def field_info(name: str, spec: Spec) -> dict[str, Any]:
    """The description of a field; keys that do not apply are left out."""
    info: dict[str, Any] = {
        "name": name,
        "label": str(spec.label),
        "description": str(spec.help or ""),
        "kind": spec.kind.name,
        "required": spec.required,
    }
    limits = {
        "max_length": spec.length,
        "minimum": spec.minimum,
        "maximum": spec.maximum,
        "decimals": spec.places if spec.kind.is_exact else None,
    }
    info |= {name: limit for name, limit in limits.items() if limit is not None}
    if spec.choices is not None:
        info["choices"] = [{"value": k, "label": str(v)} for k, v in spec.choices.items()]
    return info


def filters_info(model: type[Any], names: Iterable[str]) -> dict[str, list[dict[str, str]]]:
    """The operators of each filter: FAB's `{column: [{"name", "operator"}]}`."""
    return {
        name: [
            {"name": str(operator.label), "operator": operator.key}
            for operator in filter_spec(model, name).kind.operators
        ]
        for name in names
    }


def labels(model: type[Any], names: Iterable[str]) -> dict[str, str]:
    return {name: str(spec_of(model, name).label) for name in names}


def helps(model: type[Any], names: Iterable[str]) -> dict[str, str]:
    found = ((name, spec_of(model, name).help) for name in names)
    return {name: str(text) for name, text in found if text}
