"""The computed figures of an opportunity as SQL, equal to its properties."""

from typing import Any

from sqlalchemy import ColumnElement, case, func

from crm.core.actor import find_actor
from crm.core.datamodel.arithmetic import days_between, months_after, share
from crm.core.datamodel.buckets import day_of


def recurring_monthly(model: Any, dialect: str) -> ColumnElement[Any]:
    return share(model.recurring_amount, 1, model.recurring_period, dialect)


def recurring_end_on(model: Any, dialect: str) -> ColumnElement[Any]:
    return months_after(model.recurring_start_on, model.recurring_duration, dialect)


def recurring_total(model: Any, dialect: str) -> ColumnElement[Any]:
    duration, period = model.recurring_duration, model.recurring_period
    return share(model.recurring_amount, duration, period, dialect)


def total_amount(model: Any, dialect: str) -> ColumnElement[Any]:
    actor, once = find_actor(), model.amount
    if actor is not None and not actor.is_enabled("manage_recurring"):
        found: ColumnElement[Any] = once
        return found
    more = recurring_total(model, dialect)
    return case((once.is_(None), more), (more.is_(None), once), else_=once + more)


def weighted_amount(model: Any, dialect: str) -> ColumnElement[Any]:
    probability = func.coalesce(model.probability, 0)
    return share(total_amount(model, dialect), probability, 100, dialect)


def cycle_days(model: Any, dialect: str) -> ColumnElement[Any]:
    actor = find_actor()
    created = day_of(model.created_on, actor.time_zone if actor is not None else "UTC", dialect)
    days = days_between(created, model.closed_on, dialect)
    return case((days >= 0, days))


def forecast_on(model: Any, dialect: str) -> ColumnElement[Any]:
    return func.coalesce(model.closed_on, model.expected_close_on)


def best_amount(model: Any, dialect: str) -> ColumnElement[Any]:
    return func.coalesce(model.best_case, model.amount)
