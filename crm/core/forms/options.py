"""Choices: short vocabularies as a whole, other rows by search, twenty at a time."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Select, inspect, literal, select, union_all

from crm.core.datamodel import DataModel
from crm.core.datamodel.filters import search
from crm.core.datamodel.orders import read_order
from crm.core.datamodel.paging import PageRequest, read_page
from crm.core.models import Record, Reference, target_of
from crm.core.models.kinds import CONTROL
from crm.core.rows import linkable
from crm.core.search import find
from crm.core.types import fold

OFFERED = 20  # rows in an answer of a picker
LISTED = 60  # largest vocabulary that a form contains as a whole


class Option(NamedTuple):
    """One choice; `detail` distinguishes equal names, `warning` is a problem of the choice."""

    value: str
    text: str
    selected: bool = False
    warning: str = ""
    detail: str = ""


def is_listed(model: type[Any], relation: str) -> bool:
    """Whether the relation leads to a vocabulary that a form contains as a whole."""
    return issubclass(target_of(model, relation), Reference)


def reference_options(
    session: Any, models: Sequence[type[Reference]]
) -> dict[type[Reference], list[Reference]]:
    """The active rows of several vocabularies, in their order, by one statement each kind at most.

    The ids come in one UNION ALL; the rows themselves are then few and read by key.
    """
    if not models:
        return {}
    parts = [
        select(literal(number).label("number"), model.id.label("id"), model.name.label("name"))
        .where(model.active.is_(True))
        .order_by(model.position, model.id)
        .limit(LISTED)
        .subquery()
        for number, model in enumerate(models)
    ]
    found = session.execute(
        union_all(*(select(part.c.number, part.c.id, part.c.name) for part in parts))
    )
    options: dict[type[Reference], list[Any]] = {model: [] for model in models}
    for row in found:
        options[models[row.number]].append(row)
    return options


def search_candidates(
    datamodel: DataModel,
    relation: str,
    text: str,
    values: Mapping[str, Any],
    without: int | None = None,
) -> list[Any]:
    """The first rows that `relation` may be set to and that `text` finds; not the row `without`."""
    target = target_of(datamodel.obj, relation)
    text = CONTROL.sub("", text)  # PostgreSQL refuses NUL
    offered = [linkable(target)]
    condition = datamodel.candidates(relation, values)
    if condition is not None:
        offered.append(condition)
    if without is not None:
        offered.append(target.id != without)
    statement: Select[Any] = select(target).where(*offered)
    session = datamodel.session
    if issubclass(target, Reference):
        return _pick_reference(session, statement, target, text)
    if issubclass(target, Record):
        match = find(session, target, text, *offered)
        few = _has_holder(datamodel, values)
        if match is not None:
            statement, few = statement.where(match.where), few or match.is_few
        return _first(session, statement, target, few)
    if text.strip():
        statement = statement.where(_found(target, text))
    statement = statement.order_by(*_alphabetical(target)).limit(OFFERED)
    return list(session.scalars(statement).unique())


def _has_holder(datamodel: DataModel, values: Mapping[str, Any]) -> bool:
    """Whether `values` hold a parent, as an account, which narrows the choices to few rows."""
    links = inspect(datamodel.obj).relationships
    holders = (name for name in datamodel.rules.narrowed_by if name in links and name != "company")
    return any(values.get(name) or values.get(f"{name}_id") for name in holders)


def _first(session: Any, statement: Select[Any], target: type[Any], few: bool) -> list[Any]:
    """The first rows by name; `few` sorts them instead of reading along the index."""
    order = read_order(session, target, [("name_key", "asc")])
    return read_page(session, statement, target, order, PageRequest(OFFERED, few=few), ()).rows


def _pick_reference(
    session: Any, statement: Select[Any], target: type[Reference], text: str
) -> list[Any]:
    """Search a vocabulary in Python: it is short, and its names are translated."""
    rows = session.scalars(
        statement.where(target.active.is_(True)).order_by(target.position, target.id)
    )
    wanted = fold(text)
    return [row for row in rows if wanted in fold(str(row))][:OFFERED]


def _found(target: type[Any], text: str) -> Any:
    """Of tables that an administrator fills."""
    found = search(target, text)
    return found if found is not None else target.name_key.like(f"%{fold(text)}%")


def _alphabetical(target: type[Any]) -> tuple[Any, ...]:
    for name in ("name_key", "display_key", "name"):
        if hasattr(target, name):
            return (getattr(target, name), target.id)
    return (target.id,)
