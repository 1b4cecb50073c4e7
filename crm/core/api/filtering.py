"""The filters of a list by stable names, over the conditions that the pages use."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement

from crm.core.api.values import read_date, read_exact, read_instant
from crm.core.datamodel.filters import condition, filter_spec, operators_of
from crm.core.errors import DomainError
from crm.core.models import Spec
from crm.core.models.locale import locale
from crm.core.models.numbers import number_format

# Beyond this a list of values is a query of its own, not a filter.
MOST_VALUES = 200
MOMENTS = ("instant", "next")
# A kind of each family of operators → their names, in the order of `operators_of`.
NAMES: Mapping[str, tuple[str, ...]] = {
    "text": ("contains", "eq", "sw", "empty", "filled"),
    "integer": ("gte", "lte", "eq", "empty", "filled", "between"),
    "date": ("gte", "lte", "eq", "empty", "filled", "between"),
    "choice": ("in", "not_in", "empty", "filled"),
    "boolean": ("eq",),
    "references": ("in", "not_in", "empty", "filled"),
}
_FAMILIES = {id(operators_of(Spec("", kind))): names for kind, names in NAMES.items()}


def names_of(spec: Spec) -> tuple[str, ...]:
    """The names of `operators_of(spec)`, in its order: they stay when the words change."""
    return _FAMILIES[id(operators_of(spec))]


def where(model: type[Any], one: Mapping[str, Any]) -> ColumnElement[bool]:
    """The condition of one `{col, opr, value}`. Raises DomainError on its column."""
    column, name = one["col"], one["opr"]
    spec = filter_spec(model, column)
    if name not in names_of(spec):
        raise DomainError(_("This filter does not exist."), field=column)
    operator = names_of(spec).index(name)
    chosen = operators_of(spec)[operator]
    values = _values(one.get("value")) if chosen.values else []
    if len(values) > MOST_VALUES:
        raise DomainError(_("At most %(num)s values.", num=MOST_VALUES), field=column)
    try:
        if spec.kind in MOMENTS and "." not in column and len(values) == chosen.values:
            # The pages' parser knows minutes; who asks what changed since needs the very instant.
            return chosen.build(getattr(model, column), [read_instant(value) for value in values])
        texts = [_text(spec, value) for value in values]
    except ValueError as error:
        raise DomainError(str(error), field=column) from error
    return condition(model, column, operator, texts, "UTC").where


def _values(value: Any) -> list[Any]:
    values = value if isinstance(value, list) else [value]
    return [v for v in values if v is not None]


def _text(spec: Spec, value: Any) -> str:
    """A value as the pages' parser reads it, whatever the reader's language. Raises ValueError."""
    if not isinstance(value, str | int | float):
        raise ValueError(_("This filter needs a value."))
    match spec.kind:
        case "boolean" if isinstance(value, bool):
            return "true" if value else "false"
        case "money" | "decimal" | "percent":
            return number_format(locale()).write(read_exact(str(value)))
        case "date":
            return read_date(value).isoformat()
        case "instant" | "next":
            return f"{read_instant(value).astimezone(UTC):%Y-%m-%dT%H:%M}"
        case _:
            return str(value)
