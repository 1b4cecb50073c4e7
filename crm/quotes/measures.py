"""The computed figures of a quote as SQL, equal to its properties."""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, case, func, literal, type_coerce

from crm.core.datamodel.arithmetic import share
from crm.core.types import Exact


def discount_rate(model: Any, dialect: str) -> ColumnElement[Any]:
    discount = model.total_discount
    net = case((model.prices_include_tax, model.total_incl), else_=model.total_excl)
    whole: Any = net + discount
    hundred = literal(100)
    if dialect == "sqlite":  # which keeps two decimals as a whole number
        discount, whole = type_coerce(discount, BigInteger), type_coerce(whole, BigInteger)
        hundred = literal(10_000)
    return type_coerce(share(hundred, discount, func.nullif(whole, 0), dialect), Exact(2))
