"""The conditions that a list offers, by kind of field; SQL sees parsed values only."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, inspect, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from crm.core.actor import find_actor
from crm.core.errors import DomainError
from crm.core.models import Child, Label, Spec, key_of, spec_of, target_of
from crm.core.models.checks import clean
from crm.core.models.dates import parse_instant
from crm.core.models.text import parse
from crm.core.types import fold, utcnow

ME = "me"  # the value of a person's filter that means whoever reads
NOW = "now"  # the value of an instant's filter that means whenever it is read
UNFILTERED = ("longtext", "translated", "file", "picture")
UP_TO = (1, 5)  # of the operators of dates: "until" and "between"
TIME = re.compile(r"\d[:h]\d\d")

Build = Callable[[Any, Sequence[Any]], ColumnElement[bool]]


@dataclass(frozen=True)
class Operator:
    """One way to compare. `values`: how many it takes; -1 is one or more."""

    label: Label
    values: int
    build: Build


def _contains(column: Any, values: Sequence[Any]) -> ColumnElement[bool]:
    return _like(column, f"%{_escaped(values[0])}%")


def _starts(column: Any, values: Sequence[Any]) -> ColumnElement[bool]:
    return _like(column, f"{_escaped(values[0])}%")


def _like(column: Any, pattern: str) -> ColumnElement[bool]:
    folds = column.property.columns[0].info.get("folds")
    return column.like(pattern, escape="\\") if folds else column.ilike(pattern, escape="\\")


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


_EMPTY = Operator(_l("is empty"), 0, lambda column, values: column.is_(None))
_FILLED = Operator(_l("is filled"), 0, lambda column, values: column.is_not(None))
_IS = Operator(_l("is"), 1, lambda column, values: column == values[0])
_TEXT = (
    Operator(_l("contains"), 1, _contains),
    _IS,
    Operator(_l("begins with"), 1, _starts),
    _EMPTY,
    _FILLED,
)
_ORDERED = (
    Operator(_l("at least"), 1, lambda column, values: column >= values[0]),
    Operator(_l("at most"), 1, lambda column, values: column <= values[0]),
    _IS,
    _EMPTY,
    _FILLED,
    Operator(_l("between"), 2, lambda column, values: column.between(values[0], values[1])),
)
_DATED = (
    Operator(_l("from"), 1, _ORDERED[0].build),
    Operator(_l("until"), 1, _ORDERED[1].build),
    *_ORDERED[2:],
)
_CHOSEN = (
    Operator(_l("is one of"), -1, lambda column, values: column.in_(values)),
    Operator(
        _l("is none of"), -1, lambda column, values: or_(column.is_(None), column.not_in(values))
    ),
    _EMPTY,
    _FILLED,
)


def has_any(relation: Any, values: Sequence[Any]) -> ColumnElement[bool]:
    """The rows that are linked to one of `values`.

    Not relation.any(): that is asked of each row of the table, this is looked up once."""
    mapped = relation.property
    if mapped.secondary is None:
        return relation.any(mapped.mapper.class_.id.in_(values))
    ours, theirs = mapped.synchronize_pairs[0][1], mapped.secondary_synchronize_pairs[0][1]
    return relation.parent.class_.id.in_(select(ours).where(theirs.in_(values)))


def _is_linked(relation: Any, expected: bool) -> ColumnElement[bool]:
    """Whether a row is linked to any, by the column that keeps it where there is one."""
    kept = relation.property.info.get("kept")
    if kept is None:
        return relation.any() if expected else ~relation.any()
    return getattr(relation.parent.class_, kept) == expected


_MANY = (
    Operator(_l("is one of"), -1, has_any),
    Operator(_l("is none of"), -1, lambda column, values: ~has_any(column, values)),
    Operator(_l("is empty"), 0, lambda column, values: _is_linked(column, False)),
    Operator(_l("is filled"), 0, lambda column, values: _is_linked(column, True)),
)

OPERATORS: dict[str, tuple[Operator, ...]] = {
    **dict.fromkeys(("integer", "decimal", "money", "percent", "stars"), _ORDERED),
    **dict.fromkeys(("date", "instant", "next"), _DATED),
    **dict.fromkeys(
        ("choice", "reference", "country", "currency", "language", "time_zone"), _CHOSEN
    ),
    "boolean": (_IS,),
    "references": _MANY,
}


def operators_of(spec: Spec) -> tuple[Operator, ...]:
    return OPERATORS.get(spec.kind, _TEXT)


@dataclass(frozen=True)
class Condition:
    """One applied filter: what its chip says, and its SQL."""

    name: str
    operator: int
    values: tuple[Any, ...]  # parsed
    texts: tuple[str, ...]  # as they came
    where: ColumnElement[bool]


def condition(
    model: type[Any], name: str, operator: int, texts: Sequence[str], zone: str
) -> Condition:
    """The condition `name operator texts` on `model`.

    `name` is a column, a relationship, or `relationship.column` of a to-one relation. Raises
    DomainError, on `name`, where operator or values make no sense.
    """
    spec = filter_spec(model, name)
    offered = operators_of(spec)
    if not 0 <= operator < len(offered):
        raise DomainError(_("This filter does not exist."), field=name)
    chosen = offered[operator]
    texts = [text for text in texts if text.strip()]
    if (chosen.values == -1 and not texts) or (chosen.values >= 0 and len(texts) != chosen.values):
        raise DomainError(_("This filter needs a value."), field=name)
    try:
        values = tuple(_value(spec, text, zone) for text in texts)
        if spec.kind in ("instant", "next") and operator in UP_TO:
            values = (*values[:-1], _end(values[-1], texts[-1]))
    except ValueError as error:
        raise DomainError(str(error), field=name) from error
    return Condition(name, operator, values, tuple(texts), _where(model, name, chosen, values))


def filter_spec(model: type[Any], name: str) -> Spec:
    """The Spec behind a filter's name. Raises DomainError where there is none."""
    relation, dot, rest = name.partition(".")
    try:
        return spec_of(target_of(model, relation), rest) if dot else spec_of(model, name)
    except KeyError as error:
        raise DomainError(_("This filter does not exist."), field=name) from error


def is_filterable(model: type[Any], name: str) -> bool:
    """Whether a list can be filtered by a field: it is stored, and no long or translated text."""
    mapper = inspect(model)
    if name in mapper.relationships:
        return not issubclass(mapper.relationships[name].mapper.class_, Child)
    return name in mapper.columns and spec_of(model, name).kind not in UNFILTERED


def _value(spec: Spec, text: str, zone: str) -> Any:
    if spec.kind in ("reference", "references"):
        actor = find_actor()
        if text == ME and actor is not None:
            return actor.user_id
        if not text.isdecimal() or len(text) > 9:
            raise ValueError(_("Not a valid choice."))
        return int(text)
    value = _moment(text, zone) if spec.kind in ("instant", "next") else parse(spec, text, zone)
    if spec.kind in (
        "text",
        "longtext",
        "email",
        "phone",
        "url",
        "postal_code",
        "siren",
        "siret",
        "vat_number",
    ):
        return value  # a part of a value need not be valid on its own
    return clean(spec, value)


def _end(moment: datetime, text: str) -> datetime:
    """A day that is the last one counts as a whole."""
    is_day = text != NOW and not TIME.search(text)
    return moment + timedelta(days=1, microseconds=-1) if is_day else moment


def _moment(text: str, zone: str) -> datetime:
    """An instant; "now"; or the beginning of a day that is named without a time."""
    if text == NOW:
        return utcnow()
    if not TIME.search(text):
        text = f"{text.strip()} 00:00"
    return parse_instant(text, zone)


def _where(
    model: type[Any], name: str, operator: Operator, values: Sequence[Any]
) -> ColumnElement[bool]:
    relation, dot, rest = name.partition(".")
    if dot:
        target = target_of(model, relation)
        inner = select(target.id).where(_where(target, rest, operator, values))
        known = _known(target, rest, operator, values)
        if known is not None:
            return key_column(model, relation).in_(known)
        return key_column(model, relation).in_(inner)
    mapper = inspect(model)
    if name in mapper.relationships:
        if mapper.relationships[name].uselist:
            return operator.build(getattr(model, name), values)
        return operator.build(key_column(model, name), values)
    column: InstrumentedAttribute[Any] = folded_column(model, name)
    if column.key != name:
        values = [fold(value) if isinstance(value, str) else value for value in values]
        if not values:  # an empty name has an empty key
            column = getattr(model, name)
    return operator.build(column, values)


def _known(
    target: type[Any], name: str, operator: Operator, values: Sequence[Any]
) -> list[int] | None:
    """The rows of a vocabulary whose kind is, or is not, one of `values`: they come with the actor.

    A list is walked by these few numbers, and would else be asked row by row.
    """
    actor = find_actor()
    kinds = actor.kinds.get(target.__tablename__) if actor is not None else None
    if kinds is None or name != "kind" or operator not in _CHOSEN[:2]:
        return None
    is_meant = operator is _CHOSEN[0]
    return [pk for pk, kind in kinds.items() if (kind in values) is is_meant]


def key_column(model: type[Any], relation: str) -> Any:
    """The foreign key behind a to-one relation."""
    return getattr(model, key_of(inspect(model).relationships[relation]))


def folded_column(model: type[Any], name: str) -> Any:
    """The column by which `name` is compared and sorted: its folded key where it has one."""
    for column in inspect(model).columns:
        if column.info.get("sorts") == name:
            return getattr(model, inspect(model).get_property_by_column(column).key)
    return getattr(model, name)


def search(model: type[Any], text: str) -> ColumnElement[bool] | None:
    """The find box: every word of `text` in a searched field; None where it says nothing."""
    words = fold(text).split()
    columns = searched_columns(model)
    if not words or not columns:
        return None
    return and_(*(or_(*(_like(column, f"%{_escaped(w)}%") for column in columns)) for w in words))


def searched_columns(model: type[Any]) -> list[Any]:
    """The fields declared with `search=True`, by their folded keys where they have one."""
    names = [
        column.info.get("sorts", column.key)
        for column in inspect(model).columns
        if column.info.keys() & {"said", "sorts"}
    ]
    return [folded_column(model, name) for name in dict.fromkeys(names) if _searched(model, name)]


def _searched(model: type[Any], name: str) -> bool:
    try:
        return spec_of(model, name).search
    except KeyError:
        return False
