"""The filters of a list by stable names, over the conditions that the pages use."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement

from crm.core.api.values import JSON_FILTER
from crm.core.datamodel.filters import condition, filter_spec
from crm.core.errors import DomainError

# The largest list of values in a filter.
MOST_VALUES = 200


def where(model: type[Any], one: Mapping[str, Any]) -> ColumnElement[bool]:
    """The condition of one `{col, opr, value}`. Raises DomainError on its column."""
    column, name = one["col"], one["opr"]
    offered = filter_spec(model, column).kind.operators
    keys = [operator.key for operator in offered]
    if name not in keys:
        raise DomainError(_("This filter does not exist."), field=column)
    operator = keys.index(name)
    values = _values(one.get("value")) if offered[operator].values else []
    if len(values) > MOST_VALUES:
        raise DomainError(_("Choose at most %(num)s values.", num=MOST_VALUES), field=column)
    if not all(isinstance(value, str | int | float) for value in values):
        raise DomainError(_("Enter a value for this filter."), field=column)
    return condition(model, column, operator, [str(v) for v in values], JSON_FILTER).where


def _values(value: Any) -> list[Any]:
    values = value if isinstance(value, list) else [value]
    return [v for v in values if v is not None]
