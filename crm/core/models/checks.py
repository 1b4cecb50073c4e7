"""The rules a single field can say, by its kind; every write passes them, whoever asks."""

import re
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache
from typing import Any
from urllib.parse import urlsplit

import phonenumbers
from babel import Locale
from babel.numbers import get_currency_precision, list_currencies
from email_validator import EmailNotValidError, validate_email
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import Integer, event, inspect
from sqlalchemy.orm import Mapper, PassiveFlag, Session
from stdnum.eu import vat
from stdnum.exceptions import ValidationError as StdnumError
from stdnum.fr import siren, siret

from crm.core.config import languages
from crm.core.errors import DomainError
from crm.core.models.fields import Spec, spec_of
from crm.core.models.tables import AuditedModel, Child
from crm.core.types import TranslatedText, fold, round_half_up

HUES = ("gray", "blue", "teal", "green", "amber", "red", "pink", "violet")
LONGEST = 50_000  # characters of a long text
LARGEST_INTEGER = 2**31 - 1
# In Session.info while rows are written that were checked, and asked about, when they were made.
CHECKED = "crm.checked"
# Not \s: a no-break space is meant, as before a percent sign in French.
BLANKS = re.compile(r"[ \t\n]+")
# Control characters but tab and newline: PostgreSQL refuses NUL, and none of them is ever meant.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def clean(spec: Spec, value: Any, row: Any = None) -> Any:
    """`value` as it is stored, checked by all that `spec` says.

    Raises ValueError with a sentence for the user. `row` gives the rules of a kind their
    surroundings: the country of a phone number or a postal code.
    """
    if isinstance(value, str):
        value = CONTROL.sub("", value.replace("\r\n", "\n")).strip()
    if value is None or value in ("", {}):
        if spec.required:
            raise ValueError(_("Required field"))
        return None
    cleaned = _CHECKS.get(spec.kind, _as_it_is)(spec, value, row)
    if spec.length is not None and isinstance(cleaned, str) and len(cleaned) > spec.length:
        raise ValueError(
            ngettext("At most %(num)s character.", "At most %(num)s characters.", spec.length)
        )
    return cleaned


def _as_it_is(spec: Spec, value: Any, row: Any) -> Any:
    return value


def _text(spec: Spec, value: Any, row: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(_("Text is expected."))
    return BLANKS.sub(" ", value) if spec.kind != "longtext" else value


def _long_text(spec: Spec, value: Any, row: Any) -> str:
    text = _text(spec, value, row)
    if len(text) > LONGEST:
        raise ValueError(
            ngettext("At most %(num)s character.", "At most %(num)s characters.", LONGEST)
        )
    return text


def _integer(spec: Spec, value: Any, row: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(_("A whole number is expected."))
    _in_range(spec, value, LARGEST_INTEGER)
    return value


def _exact(spec: Spec, value: Any, row: Any) -> Decimal:
    if isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if not isinstance(value, Decimal) or not value.is_finite():
        raise ValueError(_("A number is expected."))
    _in_range(spec, value, 10 ** (17 - spec.places))
    if value != round_half_up(value, spec.places):
        raise ValueError(
            ngettext("At most %(num)s decimal.", "At most %(num)s decimals.", spec.places)
        )
    return value


def _in_range(spec: Spec, value: Any, largest: int) -> None:
    low, high = spec.minimum, spec.maximum
    if low is not None and high is not None and not low <= value <= high:
        raise ValueError(_("Between %(low)s and %(high)s.", low=low, high=high))
    if low is not None and value < low:
        raise ValueError(
            _("This cannot be negative.") if low == 0 else _("At least %(low)s.", low=low)
        )
    if (high is not None and value > high) or abs(value) > largest:
        raise ValueError(_("This number is too large."))


def _date(spec: Spec, value: Any, row: Any) -> date:
    if isinstance(value, datetime) or not isinstance(value, date):
        raise ValueError(_("A date is expected."))
    check_year(value.year)
    return value


def _instant(spec: Spec, value: Any, row: Any) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError(_("A date and time are expected."))
    check_year(value.year)
    return value


def check_year(year: int) -> None:
    """Refuse a year that nobody means. Raises ValueError."""
    if not 1900 <= year <= 2200:
        raise ValueError(_("The year must lie between 1900 and 2200."))


def _boolean(spec: Spec, value: Any, row: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(_("Yes or no is expected."))
    return value


def _choice(spec: Spec, value: Any, row: Any) -> Any:
    stored = value.value if isinstance(value, Enum) else value
    if not isinstance(stored, str | int) or str(stored) not in (spec.choices or {}):
        raise ValueError(_("Not a valid choice."))
    return value


def _email(spec: Spec, value: Any, row: Any) -> str:
    text = _text(spec, value, row)
    _local, at, domain = text.partition("@")
    if not at or not domain:
        raise ValueError(_("The domain after “@” is missing, for example name@company.com"))
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError(_("This is not a valid e-mail address.")) from error
    return found.normalized.lower()


def _country_of(row: Any) -> str:
    own = getattr(row, "country", None)
    company = getattr(row, "company", None)
    return own or getattr(company, "country", None) or "FR"


def _phone(spec: Spec, value: Any, row: Any) -> str:
    """E.164. A number without its country's prefix is read in the country of the row's company."""
    text = _text(spec, value, row)
    company = getattr(row, "company", None)
    try:
        number = phonenumbers.parse(text, getattr(company, "country", None) or "FR")
    except phonenumbers.NumberParseException as error:
        raise ValueError(_("This is not a phone number.")) from error
    if not phonenumbers.is_possible_number(number):
        raise ValueError(_("This phone number is too short or too long."))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _url(spec: Spec, value: Any, row: Any) -> str:
    text = _text(spec, value, row)
    address = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("http", "https") or "." not in host or " " in address:
        raise ValueError(_("This is not a web address, for example www.company.com"))
    return address


def _postal_code(spec: Spec, value: Any, row: Any) -> str:
    text = _text(spec, value, row)
    if _country_of(row) == "FR" and not re.fullmatch(r"\d{5}", text.replace(" ", "")):
        raise ValueError(_("5 digits in France"))
    return text


@lru_cache
def countries() -> frozenset[str]:
    """ISO 3166 alpha-2 codes, as the CLDR knows them; groups of countries left out."""
    skipped = {"EU", "EZ", "UN", "QO", "ZZ", "XA", "XB"}
    codes = (str(code) for code in Locale("en").territories)
    return frozenset(code for code in codes if len(code) == 2 and code not in skipped)


@lru_cache
def currencies() -> frozenset[str]:
    """ISO 4217 codes with at most two decimals: what our money columns can hold."""
    return frozenset(c for c in list_currencies() if get_currency_precision(c) <= 2)


def _code(
    codes: Callable[[], frozenset[str] | set[str]], fix: Callable[[str], str] = str.upper
) -> Callable[[Spec, Any, Any], str]:
    def check(spec: Spec, value: Any, row: Any) -> str:
        text = fix(_text(spec, value, row))
        if text not in codes():
            raise ValueError(_("Not a valid choice."))
        return text

    return check


def _registered(number: Any) -> Callable[[Spec, Any, Any], str]:
    """A check by one of stdnum's modules: format and checksum."""

    def check(spec: Spec, value: Any, row: Any) -> str:
        try:
            return str(number.validate(_text(spec, value, row)))
        except StdnumError as error:
            raise ValueError(_("This number is not valid; check its digits.")) from error

    return check


def _translated(spec: Spec, value: Any, row: Any) -> TranslatedText:
    if not isinstance(value, Mapping) or not all(isinstance(v, str) for v in value.values()):
        raise ValueError(_("Text is expected."))
    words = TranslatedText(
        {k: BLANKS.sub(" ", CONTROL.sub("", v)).strip() for k, v in value.items() if v.strip()}
    )
    if spec.required and not words:
        raise ValueError(_("Required field"))
    if any(len(text) > 255 for text in words.values()):
        raise ValueError(ngettext("At most %(num)s character.", "At most %(num)s characters.", 255))
    return words


_CHECKS: dict[str, Callable[[Spec, Any, Any], Any]] = {
    "text": _text,
    "longtext": _long_text,
    "integer": _integer,
    "stars": _integer,
    "decimal": _exact,
    "money": _exact,
    "percent": lambda spec, value, row: (_exact if spec.places else _integer)(spec, value, row),
    "date": _date,
    "instant": _instant,
    "next": _instant,
    "boolean": _boolean,
    "choice": _choice,
    "email": _email,
    "phone": _phone,
    "url": _url,
    "postal_code": _postal_code,
    "country": _code(countries),
    "currency": _code(currencies),
    "language": _code(lambda: set(languages()), str.lower),
    "time_zone": _code(zoneinfo.available_timezones, str),
    "siren": _registered(siren),
    "siret": _registered(siret),
    "vat_number": _registered(vat),
    "hue": _code(lambda: set(HUES), str.lower),
    "translated": _translated,
}


@dataclass(frozen=True)
class _Field:
    """What is asked of one column, worked out once for a table."""

    attribute: str
    place: str  # where its refusal stands
    spec: Spec
    column: Any
    relation: str | None  # of a foreign key, where it has one
    may_be_empty: bool  # not required, or with a default, which is ours


@cache
def _fields(mapper: Mapper[Any]) -> tuple[_Field, ...]:
    return tuple(_field(mapper, column) for column in mapper.columns if "said" in column.info)


def _field(mapper: Mapper[Any], column: Any) -> _Field:
    name = mapper.get_property_by_column(column).key
    spec = spec_of(mapper.class_, name)
    links = (r.key for r in mapper.relationships if column in r.local_columns and not r.viewonly)
    return _Field(
        name,
        name.removesuffix("_id") if column.foreign_keys else name,
        spec,
        column,
        next(links, None) if column.foreign_keys else None,
        column.default is not None or column.server_default is not None or not spec.required,
    )


@cache
def _keys(mapper: Mapper[Any]) -> tuple[tuple[str, str, int | None], ...]:
    """The folded columns: name, source, length."""
    return tuple(
        (column.key, column.info["folds"], getattr(column.type, "length", None))
        for column in mapper.columns
        if "folds" in column.info
    )


def update_folded(row: Any) -> None:
    """Work out the folded columns of `row` from their sources."""
    for name, source, length in _keys(inspect(row).mapper):
        key = fold(str(getattr(row, source) or ""))[: length or None]
        if getattr(row, name) != key:
            setattr(row, name, key)


def check_row(row: Any) -> None:
    """Clean the fields of `row` that changed, then ask its `check()`.

    Raises DomainError with every field that is wrong, not only the first.
    """
    state = inspect(row)
    is_new = not state.has_identity
    wrong: dict[str, str] = {}
    for field in _fields(state.mapper):
        if _is_missing(state, field, is_new):
            wrong[field.place] = _("Required field")
            continue
        if not is_new and not _is_changed(state, field.attribute):
            continue
        if field.may_be_empty and state.dict.get(field.attribute) is None:
            continue
        try:
            _clean_field(row, field)
        except ValueError as error:
            wrong[field.place] = str(error)
    if wrong:
        raise DomainError(fields=wrong)
    update_folded(row)
    if hasattr(row, "check"):
        row.check()


def _is_missing(state: Any, field: _Field, is_new: bool) -> bool:
    """Whether the database would refuse an empty value: a default fills in new rows only."""
    column = field.column
    if column.nullable or (is_new and _has_default(column)):
        return False
    if is_new:
        return not column.foreign_keys and state.dict.get(field.attribute) is None
    names = (field.attribute, *([field.relation] if field.relation is not None else []))
    return any(_is_changed(state, name) and state.dict.get(name) is None for name in names)


def _has_default(column: Any) -> bool:
    return column.default is not None or column.server_default is not None


def _is_changed(state: Any, name: str) -> bool:
    return name in state.committed_state and bool(
        state.get_history(name, PassiveFlag.PASSIVE_NO_INITIALIZE).has_changes()
    )


def _check_child(row: Child) -> None:
    """As `check_row`, naming the line within its parent: `lines.2.quantity`."""
    try:
        check_row(row)
    except DomainError as error:
        parent = getattr(row, row.__parent__)
        where = _place_of(parent, row)
        if where is None:
            raise
        raise DomainError(
            error.message, fields={f"{where}.{name}": text for name, text in error.fields.items()}
        ) from error


def _place_of(parent: Any, row: Child) -> str | None:
    for relation in inspect(parent).mapper.relationships if parent is not None else ():
        if relation.uselist and relation.mapper.class_ is type(row):
            children = list(getattr(parent, relation.key))
            return f"{relation.key}.{children.index(row)}" if row in children else None
    return None


def _clean_field(row: Any, field: _Field) -> None:
    value = getattr(row, field.attribute)
    if field.column.foreign_keys:
        if value is None and field.relation is not None:
            value = getattr(row, field.relation)
        if value is None:
            clean(field.spec, None)
        return
    cleaned = _as_stored(field.column, clean(field.spec, value, row))
    if cleaned is not value:
        setattr(row, field.attribute, cleaned)


def _as_stored(column: Any, value: Any) -> Any:
    """A choice as its column keeps it: a member of its Enum, or a number."""
    enum_class = getattr(column.type, "enum_class", None)
    if enum_class is not None and isinstance(value, str):
        return enum_class(value)
    if isinstance(value, str) and isinstance(column.type, Integer):
        return int(value)
    return value


@event.listens_for(Session, "before_flush")
def validate_flush(session: Session, context: Any, instances: Any) -> None:
    """Nothing is written that a field, or a rule between fields, refuses."""
    if CHECKED in session.info:
        return
    with session.no_autoflush:
        for row in [*session.new, *(row for row in session.dirty if session.is_modified(row))]:
            if isinstance(row, Child):
                _check_child(row)
            elif isinstance(row, AuditedModel):
                check_row(row)


__all__ = ["CHECKED", "HUES", "check_row", "clean", "countries", "currencies", "validate_flush"]
