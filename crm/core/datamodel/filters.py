"""The filters of a list, from the texts of its URL to SQL on parsed values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, false, inspect, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from crm.core.actor import find_actor
from crm.core.errors import DomainError
from crm.core.models import Child, Spec, find_spec, key_of, operators, spec_of, target_of
from crm.core.models.dates import has_time
from crm.core.models.kinds import Format, tidy
from crm.core.models.operators import Operator, like
from crm.core.models.words import terms
from crm.core.types import fold, utcnow

ME = "me"  # the value of a user filter that stands for the reader
NOW = "now"  # the value of a date filter that stands for the current time


Number = Callable[[], Decimal]
_numbers: dict[str, Number] = {}


def filter_number(text: str) -> Callable[[Number], Number]:
    """Declare a value of number filters that stands for what the decorated function returns now."""

    def declare(number: Number) -> Number:
        _numbers[text] = number
        return number

    return declare


class FilterFormat(Format):
    """The format of filter values in URLs: as typed, and special words."""

    def key(self, text: str) -> int:
        actor = find_actor()
        return actor.user_id if text == ME and actor is not None else super().key(text)

    def number(self, text: str, kind: str, places: int) -> Decimal:
        named = _numbers.get(text)
        return named() if named is not None else super().number(text, kind, places)

    def moment(self, text: str) -> datetime:
        """A datetime; "now"; or the start of a date without time."""
        if text == NOW:
            return utcnow()
        return super().moment(text if has_time(text) else f"{text} 00:00")

    def last(self, moment: Any, text: str) -> Any:
        """The end of the day, for a date without time as the upper bound."""
        is_day = isinstance(moment, datetime) and text.strip() != NOW and not has_time(text)
        return moment + timedelta(days=1, microseconds=-1) if is_day else moment


@dataclass(frozen=True)
class Condition:
    """One applied filter: the values for its chip, and its SQL."""

    name: str
    operator: int
    values: tuple[Any, ...]  # parsed
    texts: tuple[str, ...]  # as given
    where: ColumnElement[bool]


def condition(
    model: type[Any], name: str, operator: int, texts: Sequence[str], form: FilterFormat
) -> Condition:
    """The condition `name operator texts` on `model`; `form` is the format of the texts.

    `name` is a column, a relationship, or `relationship.column` of a to-one relation. Raises
    DomainError, on `name`, where operator or values are invalid.
    """
    spec = filter_spec(model, name)
    offered = spec.kind.operators
    if not 0 <= operator < len(offered):
        raise DomainError(_("This filter does not exist."), field=name)
    chosen = offered[operator]
    texts = [text for text in texts if tidy(text)]
    if (chosen.values == -1 and not texts) or (chosen.values >= 0 and len(texts) != chosen.values):
        raise DomainError(_("Enter a value for this filter."), field=name)
    try:
        values = tuple(spec.kind.parse_filter(spec, text, form) for text in texts)
        if offered is operators.DATED and chosen.key in ("lte", "between"):
            values = (*values[:-1], form.last(values[-1], texts[-1]))
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


def typed_number(spec: Spec, text: str, zone: str) -> str:
    """A value as the input of its filter shows it: the number that a special word stands for."""
    named = _numbers.get(text)
    return spec.kind.typed(spec, named(), zone) if named is not None else text


def is_filterable(model: type[Any], name: str) -> bool:
    """Whether a list can be filtered by a field: stored, and no long or translated text."""
    mapper = inspect(model)
    if name in mapper.relationships:
        return not issubclass(mapper.relationships[name].mapper.class_, Child)
    return name in mapper.columns and spec_of(model, name).kind.is_filterable


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
    return operator.build(spec_of(model, name).kind.compared(column), values)


def _known(
    target: type[Any], name: str, operator: Operator, values: Sequence[Any]
) -> list[int] | None:
    """The ids of the rows of a vocabulary whose kind is, or is not, one of `values`.

    From the actor. With these few ids the database can use an index of the list.
    """
    actor = find_actor()
    kinds = actor.kinds.get(target.__tablename__) if actor is not None else None
    if kinds is None or name != "kind" or operator not in operators.CHOSEN[:2]:
        return None
    is_meant = operator is operators.CHOSEN[0]
    return [pk for pk, kind in kinds.items() if (kind in values) is is_meant]


def key_column(model: type[Any], relation: str) -> Any:
    return getattr(model, key_of(inspect(model).relationships[relation]))


def folded_column(model: type[Any], name: str) -> Any:
    """The column by which `name` is compared and sorted: its folded key where it has one."""
    for column in inspect(model).columns:
        if column.info.get("sorts") == name:
            return getattr(model, inspect(model).get_property_by_column(column).key)
    return getattr(model, name)


def search(model: type[Any], text: str) -> ColumnElement[bool] | None:
    """The condition of a search without an index: each term is in searched fields; None for ""."""
    columns = searched_columns(model)
    if not text.strip() or not columns:
        return None

    def has(word: str) -> ColumnElement[bool]:
        return or_(*(like(column, f"%{word}%") for column in columns))

    looked_for = terms(text)
    if not looked_for:
        return false()
    return and_(*(or_(*(and_(*map(has, group)) for group in term)) for term in looked_for))


def searched_columns(model: type[Any]) -> list[Any]:
    """The fields declared with `search=True`, by their folded keys where they have one."""
    names = [
        column.info.get("sorts", column.key)
        for column in inspect(model).columns
        if column.info.keys() & {"declared", "sorts"}
    ]
    return [folded_column(model, name) for name in dict.fromkeys(names) if _searched(model, name)]


def _searched(model: type[Any], name: str) -> bool:
    spec = find_spec(model, name)
    return spec is not None and spec.search
