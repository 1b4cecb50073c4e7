"""The filters of a list, from the texts of its URL to SQL on parsed values."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, false, inspect, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from crm.core.actor import find_actor
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.models import Child, Spec, computed, find_spec, key_of, operators, spec_of, target_of
from crm.core.models.dates import has_time
from crm.core.models.kinds import Format, tidy
from crm.core.models.operators import Operator, like
from crm.core.models.words import terms
from crm.core.types import fold, utcnow

TEAM = "owner.groups"  # a record's team is its owner's
ME = "me"  # the value of a user filter that stands for the reader
NOW = "now"  # the value of a date filter that stands for the current time
NONE = "none"  # among the values of a choice: rows without any
MOST_DAYS = 3660  # from today
MOST_PEOPLE = 200  # whose ids are compared; more are looked up


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
        if not isinstance(moment, datetime) or text.strip() == NOW or has_time(text):
            return moment
        zone = ZoneInfo(self.zone)  # a day is 23 or 25 hours long where clocks change
        after = moment.astimezone(zone).date() + timedelta(days=1)
        return _midnight(after, zone) - timedelta(microseconds=1)

    def days(self, text: str, sign: int, *, as_instants: bool) -> tuple[Any, Any]:
        """The first and the last of `text` days from today, today included, in the reader's zone.

        The first and the last instant of them, if `as_instants`. Raises ValueError.
        """
        if not text.strip().isdecimal() or not 1 <= int(text.strip()[:9]) <= MOST_DAYS:
            raise ValueError(_("Enter a number of days from 1 to %(most)s.", most=MOST_DAYS))
        actor = find_actor()
        zone = ZoneInfo(actor.time_zone if actor is not None else self.zone)
        today = datetime.now(zone).date()
        first, last = sorted((today, today + timedelta(days=int(text.strip()) * sign)))
        if not as_instants:
            return first, last
        end = _midnight(last + timedelta(days=1), zone) - timedelta(microseconds=1)
        return _midnight(first, zone), end


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


@dataclass(frozen=True)
class Condition:
    """One applied filter: the values for its chip, and its SQL."""

    name: str
    operator: int
    values: tuple[Any, ...]  # parsed; None is no value
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
        values = _parsed(spec, chosen, texts, form)
    except ValueError as error:
        raise DomainError(str(error), field=name) from error
    return Condition(name, operator, values, tuple(texts), _where(model, name, chosen, values))


def _parsed(
    spec: Spec, chosen: Operator, texts: Sequence[str], form: FilterFormat
) -> tuple[Any, ...]:
    """What the texts mean. Raises ValueError."""
    if chosen.days:
        as_instants = spec.kind.json_format == "date-time"
        return form.days(texts[0], chosen.days, as_instants=as_instants)
    values = tuple(
        None if means_none(spec, chosen, text) else spec.kind.parse_filter(spec, text, form)
        for text in texts
    )
    if spec.kind.operators is operators.DATED and chosen.key in ("lte", "between"):
        return (*values[:-1], form.last(values[-1], texts[-1]))
    return values


def means_none(spec: Spec, chosen: Operator, text: str) -> bool:
    """Whether `text` is the word for rows without a value, and not one of the field's choices."""
    return chosen.values == -1 and text == NONE and text not in (spec.choices or ())


def filter_spec(model: type[Any], name: str) -> Spec:
    """The Spec behind a filter's name. Raises DomainError where there is none."""
    relation, dot, rest = name.partition(".")
    try:
        return spec_of(target_of(model, relation), rest) if dot else spec_of(model, name)
    except KeyError as error:
        raise DomainError(_("This filter does not exist."), field=name) from error


def typed_number(spec: Spec, text: str, zone: str) -> str:
    """A value as the input of its filter shows it: the number that a special word stands for."""
    named = _numbers.get(text) if spec.kind.is_exact else None
    return spec.kind.typed(spec, named(), zone) if named is not None else text


def filter_target(model: type[Any], name: str) -> type[Any]:
    """The table whose rows are the values of a filter by a link."""
    relation, dot, rest = name.partition(".")
    return target_of(target_of(model, relation), rest) if dot else target_of(model, name)


def can_be_none(model: type[Any], name: str) -> bool:
    """Whether rows may have no value of a field that is filtered by its choices."""
    relation, dot, _rest = name.partition(".")
    mapper = inspect(model)
    if relation in mapper.relationships and (dot or not mapper.relationships[relation].uselist):
        return bool(mapper.columns[key_of(mapper.relationships[relation])].nullable)
    return name not in mapper.columns or bool(mapper.columns[name].nullable)


def none_words(spec: Spec) -> str:
    """What a filter calls having no value: "No agency", "Unassigned"."""
    return str(spec.none or spec.unset or _("(empty)"))


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
        return _where_linked(model, relation, rest, operator, values)
    mapper = inspect(model)
    if name in mapper.relationships:
        if mapper.relationships[name].uselist:
            return operator.build(getattr(model, name), values)
        return operator.build(key_column(model, name), values)
    made = made_column(model, name)
    if made is not None:
        return operator.build(made, values)
    column: InstrumentedAttribute[Any] = folded_column(model, name)
    if column.key != name:
        values = [fold(value) if isinstance(value, str) else value for value in values]
        if not values:  # an empty name has an empty key
            column = getattr(model, name)
    return operator.build(spec_of(model, name).kind.compared(column), values)


def _where_linked(
    model: type[Any], relation: str, rest: str, operator: Operator, values: Sequence[Any]
) -> ColumnElement[bool]:
    """The rows whose link leads to a row with these `values`; without link, they have no value."""
    target, key = target_of(model, relation), key_column(model, relation)
    known = _known(target, rest, operator, values)
    inner = select(target.id).where(_where(target, rest, operator, values))
    found = key.in_(inner if known is None else known)
    is_link = spec_of(target, rest).kind.is_link
    unlinked = None in values if operator.key == "in" else is_link and _takes_none(operator, values)
    return or_(found, key.is_(None)) if unlinked else found


def _takes_none(operator: Operator, values: Sequence[Any]) -> bool:
    """Whether rows without the link pass as well."""
    return operator.key == "empty" or (operator.key == "not_in" and None not in values)


def _known(
    target: type[Any], name: str, operator: Operator, values: Sequence[Any]
) -> list[int] | None:
    """The ids of the people, or of the rows of a vocabulary of this kind; None if too many.

    Kinds are known of the actor. With these few ids the database can use an index of the list.
    """
    if target is User:
        people = select(User.id).where(_where(User, name, operator, values)).limit(MOST_PEOPLE + 1)
        found = list(db.session.scalars(people.order_by(User.id)))
        return found if len(found) <= MOST_PEOPLE else None
    actor = find_actor()
    kinds = actor.kinds.get(target.__tablename__) if actor is not None else None
    if kinds is None or name != "kind" or operator not in operators.CHOSEN[:2]:
        return None
    is_meant = operator is operators.CHOSEN[0]
    return [pk for pk, kind in kinds.items() if (kind in values) is is_meant]


def key_column(model: type[Any], relation: str) -> Any:
    return getattr(model, key_of(inspect(model).relationships[relation]))


def made_column(model: type[Any], name: str) -> ColumnElement[Any] | None:
    """The SQL of a computed field; None of a column. Raises DomainError for one without SQL."""
    found = getattr(model, name)
    if not isinstance(found, computed):
        return None
    if found.sql is None:
        raise DomainError(_("This filter does not exist."), field=name)
    return found.sql(model, db.session().get_bind().dialect.name)


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
