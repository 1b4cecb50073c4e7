"""Page tokens: the position of a row in an order, as URL-safe text."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from crm.core.security.keys import keys_of


def encode(values: Sequence[Any], columns: Sequence[Any]) -> str:
    """A page token of the `values` of `columns`."""
    return str(_signer(columns).dumps([_tagged(value) for value in values]))


def _tagged(value: Any) -> Any:
    match value:
        case datetime():
            return ["t", value.isoformat()]
        case date():
            return ["d", value.isoformat()]
        case Decimal():
            return ["n", str(value)]
        case _:
            return value


_READ: dict[str, Any] = {"t": datetime.fromisoformat, "d": date.fromisoformat, "n": Decimal}


def decode(token: str, columns: Sequence[Any]) -> list[Any]:
    """The values of `columns` in a token. Raises ValueError for an invalid one."""
    try:
        plain = _signer(columns).loads(token)
    except BadData as error:
        raise ValueError("not a page token") from error
    return [_READ[value[0]](value[1]) if isinstance(value, list) else value for value in plain]


def _signer(columns: Sequence[Any]) -> URLSafeSerializer:
    """A serializer for these columns only, so that values need no check against their types."""
    return URLSafeSerializer(keys_of(current_app), salt=f"page of {', '.join(map(str, columns))}")
