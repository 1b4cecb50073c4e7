"""Parts of an amount in SQL, rounded as Python rounds them."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Numeric, cast, func, type_coerce

from crm.core.types import Money


def share(amount: Any, part: Any, whole: Any, dialect: str) -> ColumnElement[Any]:
    """`amount` × `part` ÷ `whole`, half a cent rounded up; of amounts that are not negative.

    SQLite keeps cents as an integer; dividing first keeps the product within its 64 bits.
    """
    if dialect == "postgresql":
        exact = cast(amount, Numeric) * part / whole
        return type_coerce(func.round(exact, 2), Money())
    cents = type_coerce(amount, BigInteger)
    rest = (cents % whole) * part
    return type_coerce((cents // whole) * part + (rest * 2 + whole) // (2 * whole), Money())
