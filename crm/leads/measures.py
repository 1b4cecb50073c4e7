"""The computed figures of a lead as SQL, equal to its properties."""

from typing import Any

from sqlalchemy import ColumnElement, case

from crm.core.actor import find_actor
from crm.core.datamodel.arithmetic import days_between
from crm.core.datamodel.buckets import day_of


def conversion_days(model: Any, dialect: str) -> ColumnElement[Any]:
    actor = find_actor()
    zone = actor.time_zone if actor is not None else "UTC"
    days = days_between(model.received_on, day_of(model.converted_on, zone, dialect), dialect)
    return case((days >= 0, days))
