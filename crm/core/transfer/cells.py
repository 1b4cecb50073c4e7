"""The text of each field of a line, from its cells, the constants and the defaults of the map."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from flask_babel import gettext as _

from crm.core.config import languages
from crm.core.models import rich_text
from crm.core.models.codes import countries
from crm.core.models.dates import check_year
from crm.core.models.kinds import CONTROL, Format
from crm.core.models.numbers import file_number_format, number_format
from crm.core.transfer.formulas import unescape_formula
from crm.core.transfer.mapping import PLACEHOLDER, SLUG, FieldRule, ImportMap
from crm.core.transfer.sheet import CsvLine
from crm.core.types import TranslatedText, fold


@dataclass(frozen=True)
class CellText:
    """The text of one field of a line; never empty."""

    rule: FieldRule
    text: str


def read_line(mapping: ImportMap, line: CsvLine) -> dict[str, CellText]:
    """field → its text; fields without text are left out."""
    cells = {name: _tidy(line.cells[name]) for name in mapping.file_columns}
    slug = slug_of(cells[mapping.slug_column]) if mapping.slug_column else ""
    texts = dict(_texts(mapping.columns, cells, slug)) | dict(
        _texts(mapping.constants, cells, slug)
    )
    for rule in mapping.defaults:
        if rule.field not in texts and _holds(rule, texts):
            texts |= dict(_texts([rule], cells, slug))
    return texts


def _tidy(cell: str) -> str:
    if not cell.isprintable():
        cell = CONTROL.sub("", cell.replace("\r\n", "\n"))
    return unescape_formula(cell.strip())


def _texts(
    rules: Iterator[FieldRule] | tuple[FieldRule, ...] | list[FieldRule],
    cells: Mapping[str, str],
    slug: str,
) -> Iterator[tuple[str, CellText]]:
    for rule in rules:
        text = _taken(rule, _text_of(rule, cells, slug))
        if text:
            yield rule.field, CellText(rule, text)


def _text_of(rule: FieldRule, cells: Mapping[str, str], slug: str) -> str:
    if rule.column is not None:
        text = cells[rule.column]
    elif "{" in rule.text:
        known = {**cells, SLUG: slug}
        text = PLACEHOLDER.sub(lambda found: known[found[1]], rule.text).strip()
    else:
        text = rule.text
    return rule.values.get(text, text)


def _taken(rule: FieldRule, text: str) -> str:
    """The part of `text` that the rule takes; of a single name, the last name is the whole."""
    match rule.take:
        case "first":
            return text.partition(" ")[0]
        case "rest":
            first, __, rest = text.partition(" ")
            return rest.strip() or first
        case "slug":
            return slug_of(text)
        case _:
            return text


@lru_cache(maxsize=1_000)  # a file names the same people again and again
def slug_of(text: str) -> str:
    """Lower-case ASCII with dashes, for names that a machine reads.

    >>> slug_of("Élise d'Arc")
    'elise-d-arc'
    """
    dashed = re.sub(r"[\W_]+", "-", fold(text))
    return unicodedata.normalize("NFKD", dashed).encode("ascii", "ignore").decode().strip("-")


def _holds(rule: FieldRule, texts: Mapping[str, CellText]) -> bool:
    return all(
        (texts[name].text if name in texts else "") == text for name, text in rule.when.items()
    )


# From text to value ─────────────────────────────────────────────────────────────────────────────


class FileFormat(Format):
    """The format of values in a file: as its map says, else as typed by a user.

    `language` is the records', `reader` the language of whoever imports.
    """

    def __init__(self, rule: FieldRule, zone: str, language: str, reader: str) -> None:
        super().__init__(zone)
        self.rule, self.language, self.reader = rule, language, reader

    def number(self, text: str, kind: str, places: int) -> Decimal:
        decimal, factor = self.rule.decimal, self.rule.factor
        grammar = (
            file_number_format(decimal) if decimal else number_format(Locale.parse(self.reader))
        )
        try:
            number = grammar.read(text, kind)
        except ValueError as error:
            raise ValueError(
                _(
                    "“%(text)s” is not a number, for example %(example)s.",
                    text=shortened(text),
                    example=grammar.example,
                )
            ) from error
        return number * (factor if factor is not None else 1)

    def whole(self, text: str, kind: str) -> int:
        number = self.number(text, kind, 0)
        if number != number.to_integral_value():
            raise ValueError(_("“%(text)s” is not a whole number.", text=shortened(text)))
        return int(number)

    def day(self, text: str) -> date:
        form = self.rule.format
        return super().day(text) if form is None else _moment(text, form).date()

    def moment(self, text: str) -> datetime:
        form = self.rule.format
        if form is None:
            return super().moment(text)
        return _moment(text, form).replace(tzinfo=ZoneInfo(self.zone)).astimezone(UTC)

    def choice(self, text: str, choices: Mapping[str, Any]) -> str:
        """A stored value, or its words in the present language."""
        wanted = fold(text)
        for value, words in choices.items():
            if wanted in (fold(str(value)), fold(str(words))):
                return str(value)
        raise ValueError(
            _(
                "“%(text)s” is not one of: %(choices)s.",
                text=shortened(text),
                choices=", ".join(str(value) for value in choices),
            )
        )

    def code(self, text: str, kind: str) -> str:
        return _names(kind, (self.reader, self.language)).get(fold(text), text)

    def rich_text(self, text: str) -> str:
        return rich_text.from_text(text)

    def words(self, text: str) -> TranslatedText:
        return TranslatedText({self.language: text})


def _moment(text: str, form: str) -> datetime:
    try:
        moment = datetime.strptime(text, form)  # noqa: DTZ007  the caller knows the zone
    except ValueError as error:
        message = _(
            "“%(text)s” is not a date in the format %(form)s.", text=shortened(text), form=form
        )
        raise ValueError(message) from error
    check_year(moment.year)  # time zones overflow near the first and the last year
    return moment


@cache
def _names(kind: str, also: tuple[str, ...]) -> dict[str, str]:
    """Folded name → code, of countries or languages, in the languages that people may write."""
    names: dict[str, str] = {}
    for tongue in (*also, *languages()):
        locale = Locale.parse(tongue)
        named = locale.territories if kind == "country" else locale.languages
        for code in countries() if kind == "country" else languages():
            names.setdefault(fold(str(named.get(code, code))), code)
    return names


def shortened(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"
