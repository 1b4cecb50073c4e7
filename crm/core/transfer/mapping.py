"""The map of an import, in TOML: which column of the file fills which field.

    distinct = "regional_office"             # one record for each value of this column
    delimiter = ";"                          # detected where it is missing
    key = { field = "external_ref", found = "skip" }         # or "update"
    double = "skip"                          # of what looks the same, or "update", "link", "create"

    [columns]                                # column of the file → field, or several of them
    opportunity_id = "external_ref"
    engage_date = { field = "expected_close_on", format = "%d-%m-%y" }
    revenue = { field = "annual_revenue", decimal = ",", factor = 1000000 }
    product = { field = "need_type", values = { GTXPro = "GTX Pro" } }
    sales_agent = [{ field = "first_name", take = "first" }, { field = "last_name", take = "rest" }]
    account = { field = "account", by = "external_ref" }     # else by "name"
    sector = { field = "industry", create = true }           # vocabulary only
    teams = { field = "groups", separator = "," }

    [constants]                              # of every line; {column} stands for its text
    currency = "USD"

    [defaults]                               # for what a line lacks
    email = "{slug}@example.com"             # {slug}: of the column that takes it
    lost_reason = { value = "Other", when = { stage = "Lost" } }

Source: spec 4.6.
"""

import dataclasses
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from flask_babel import gettext as _

from crm.core.errors import DomainError
from crm.core.transfer.doubles import DOUBLES, LINK
from crm.core.transfer.sheet import SEPARATORS

FOUND = ("skip", "update")
TAKES = ("first", "rest", "slug")
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
SLUG = "slug"


@dataclasses.dataclass(frozen=True)
class FieldRule:
    """How one field is filled: from a column of the file, or from a text with placeholders.

    `when` limits it to lines in which these fields have these texts.
    """

    place: str  # in the map, for messages
    field: str
    column: str | None = None
    text: str = ""
    by: str = "name"
    format: str | None = None
    decimal: str | None = None
    factor: Decimal | None = None
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)
    take: str | None = None
    separator: str | None = None
    create: bool = False
    when: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class ImportMap:
    """A parsed map; `fields.check` checks that its fields exist."""

    columns: tuple[FieldRule, ...]
    constants: tuple[FieldRule, ...] = ()
    defaults: tuple[FieldRule, ...] = ()
    key: str | None = None
    found: str = "skip"
    distinct: str | None = None
    double: str | None = None  # see core.transfer.doubles
    delimiter: str | None = None
    encoding: str | None = None

    @property
    def rules(self) -> tuple[FieldRule, ...]:
        return (*self.columns, *self.constants, *self.defaults)

    @cached_property
    def file_columns(self) -> set[str]:
        named = {rule.column for rule in self.columns if rule.column}
        written = {name for rule in self.rules for name in PLACEHOLDER.findall(rule.text)}
        return named | (written - {SLUG}) | ({self.distinct} if self.distinct else set())

    @cached_property
    def slug_column(self) -> str | None:
        return next((rule.column for rule in self.columns if rule.take == SLUG), None)


class _Problems(dict[str, str]):
    """Place in the map → error message."""

    def known(self, place: str, given: Mapping[str, Any], words: tuple[str, ...]) -> None:
        for name in given.keys() - set(words):
            self[f"{place}.{name}" if place else name] = unknown(name, words)

    def text(self, place: str, value: Any, words: tuple[str, ...] = ()) -> str | None:
        if value is None or (isinstance(value, str) and (not words or value in words)):
            return value
        self[place] = (
            _("Choose one of: %(words)s.", words=", ".join(words)) if words else _("Enter text.")
        )
        return None


def unknown(name: str, words: tuple[str, ...]) -> str:
    """The message for a name that is none of `words`, with the closest one."""
    near = get_close_matches(name, words, n=1)
    if near:
        message = _("“%(name)s” is unknown; did you mean “%(near)s”?", name=name, near=near[0])
        return str(message)
    known = ", ".join(sorted(words))
    return str(_("“%(name)s” is unknown. Choose from: %(words)s.", name=name, words=known))


def read_map(text: str) -> ImportMap:
    """Parse a map. Raises DomainError with all errors, by place."""
    try:
        given = tomllib.loads(text.removeprefix("\ufeff"), parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        raise DomainError(_("The map is not valid TOML: %(why)s.", why=error)) from error
    wrong = _Problems()
    wrong.known(
        "",
        given,
        ("columns", "constants", "defaults", "key", "distinct", "double", "delimiter", "encoding"),
    )
    key = _key(given.get("key"), wrong)
    found = ImportMap(
        columns=tuple(_columns(_table(given, "columns", wrong), wrong)),
        constants=tuple(_texts("constants", _table(given, "constants", wrong), wrong)),
        defaults=tuple(_texts("defaults", _table(given, "defaults", wrong), wrong)),
        key=key[0],
        found=key[1],
        distinct=wrong.text("distinct", given.get("distinct")),
        double=wrong.text("double", given.get("double"), DOUBLES),
        delimiter=wrong.text("delimiter", given.get("delimiter"), tuple(SEPARATORS)),
        encoding=wrong.text("encoding", given.get("encoding")),
    )
    _check_whole(found, wrong)
    if wrong:
        raise DomainError(fields=wrong)
    return found


def _check_whole(found: ImportMap, wrong: _Problems) -> None:
    if not found.columns:
        wrong.setdefault("columns", _("Give the field of each column."))
    filled = [rule.field for rule in (*found.columns, *found.constants)]
    for rule in (*found.columns, *found.constants):
        if filled.count(rule.field) > 1:
            wrong[rule.place] = _("The field “%(name)s” is filled twice.", name=rule.field)
    if found.key and found.key not in {*filled, *(rule.field for rule in found.defaults)}:
        wrong["key"] = _("Nothing in the map fills “%(name)s”.", name=found.key)
    if found.double == LINK and found.key != "external_ref":
        wrong["double"] = _("“link” needs the key “external_ref”, which it gives to the record.")
    if found.slug_column is None:
        for rule in found.rules:
            if "{slug}" in rule.text:
                wrong[rule.place] = _(
                    "“{slug}” needs a column with %(example)s.", example='take = "slug"'
                )


def _table(given: Mapping[str, Any], name: str, wrong: _Problems) -> Mapping[str, Any]:
    table = given.get(name, {})
    if isinstance(table, dict):
        return table
    wrong[name] = _("Give a table, such as [%(name)s].", name=name)
    return {}


def _key(given: Any, wrong: _Problems) -> tuple[str | None, str]:
    if given is None or isinstance(given, str):
        return given, FOUND[0]
    if not isinstance(given, dict) or "field" not in given:
        wrong["key"] = _(
            "Write the key as %(example)s.",
            example='key = { field = "external_ref", found = "skip" }',
        )
        return None, FOUND[0]
    wrong.known("key", given, ("field", "found"))
    name = wrong.text("key.field", given["field"])
    return name, wrong.text("key.found", given.get("found"), FOUND) or FOUND[0]


def _columns(table: Mapping[str, Any], wrong: _Problems) -> Iterator[FieldRule]:
    for column, given in table.items():
        many = given if isinstance(given, list) else [given]
        for number, one in enumerate(many):
            place = f"columns.{column}" + (f".{number + 1}" if len(many) > 1 else "")
            rule = _rule(place, one, wrong, column=column)
            if rule is not None:
                yield rule


_WORDS = ("field", "by", "format", "decimal", "factor", "values", "take", "separator", "create")


def _rule(place: str, given: Any, wrong: _Problems, column: str) -> FieldRule | None:
    if isinstance(given, str):
        given = {"field": given}
    if not isinstance(given, dict) or not isinstance(given.get("field"), str):
        wrong[place] = _(
            "Give a field, such as %(example)s.", example='"name" or { field = "name" }'
        )
        return None
    wrong.known(place, given, _WORDS)
    return FieldRule(place, given["field"], column=column, **_how(place, given, wrong))


def _how(place: str, given: Mapping[str, Any], wrong: _Problems) -> dict[str, Any]:
    """The options of a rule, checked."""
    how: dict[str, Any] = {
        "by": wrong.text(f"{place}.by", given.get("by", "name")) or "name",
        "format": _format(place, given.get("format"), wrong),
        "decimal": wrong.text(f"{place}.decimal", given.get("decimal"), (".", ",")),
        "take": wrong.text(f"{place}.take", given.get("take"), TAKES),
        "separator": wrong.text(f"{place}.separator", given.get("separator")),
        "values": given.get("values", {}),
        "create": given.get("create", False),
    }
    if not isinstance(how["create"], bool):
        wrong[f"{place}.create"] = _("Answer yes or no.")
    if not isinstance(how["values"], dict):
        wrong[f"{place}.values"] = _(
            "Give a table, such as %(example)s.", example='{ GTXPro = "GTX Pro" }'
        )
        how["values"] = {}
    how["values"] = {name: _plain(value) for name, value in how["values"].items()}
    factor = given.get("factor")
    if factor is not None and (isinstance(factor, bool) or not isinstance(factor, int | Decimal)):
        wrong[f"{place}.factor"] = _("Enter a number.")
        factor = None
    return how | {"factor": Decimal(factor) if factor is not None else None}


def _format(place: str, given: Any, wrong: _Problems) -> str | None:
    text = wrong.text(f"{place}.format", given)
    if text is None:
        return None
    day = datetime(2027, 10, 30)  # noqa: DTZ001  a day of the calendar, in no zone
    try:
        understood = datetime.strptime(day.strftime(text), text)  # noqa: DTZ007  the same
    except ValueError:
        understood = None
    if understood != day:
        wrong[f"{place}.format"] = _("Give a date format, such as %(example)s.", example="%d-%m-%y")
    return text


def _texts(place: str, table: Mapping[str, Any], wrong: _Problems) -> Iterator[FieldRule]:
    words = (*(word for word in _WORDS if word != "field"), "value", "when")
    for name, given in table.items():
        here = f"{place}.{name}"
        many = given if isinstance(given, dict) else {"value": given}
        wrong.known(here, many, words)
        when = many.get("when", {})
        if "value" not in many or isinstance(many["value"], list | dict):
            wrong[here] = _(
                "Give a value, such as %(example)s.", example='"text" or { value = "text" }'
            )
        if not isinstance(when, dict):
            wrong[f"{here}.when"] = _(
                "Give a table, such as %(example)s.", example='{ stage = "Lost" }'
            )
            when = {}
        yield FieldRule(
            here,
            name,
            text=_plain(many.get("value", "")),
            when={field: _plain(value) for field, value in when.items()},
            **_how(here, many, wrong),
        )


def _plain(value: Any) -> str:
    """A TOML value as the text of a cell."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else str(value)
