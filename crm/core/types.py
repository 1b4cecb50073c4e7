"""Column types that both databases store alike: money, instants, folded and translated text."""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from flask import has_request_context, request
from flask_babel import get_locale
from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Numeric
from sqlalchemy.types import TypeDecorator, TypeEngine


def utcnow() -> datetime:
    """The present instant, aware and in UTC."""
    return datetime.now(UTC)


# Whatever was typed is rounded, be it more than a column takes: the rules of fields refuse that.
_DIGITS = Context(prec=100)


def round_half_up(value: Decimal, places: int = 2) -> Decimal:
    """`value` rounded half away from zero, as accountants do (spec 8.5)."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, _DIGITS)


def fold(text: str | None) -> str:
    """The form in which names are compared, searched and sorted: no accents, case or extra spaces.

    Done here and not in SQL because SQLite's lower() and order know only ASCII.
    """
    plain = (text or "").casefold()
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain.replace("œ", "oe").replace("æ", "ae"))
        plain = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(plain.split())


class Exact(TypeDecorator[Decimal]):
    """A Decimal with a fixed number of places: NUMERIC on PostgreSQL, a scaled integer on SQLite.

    SQLite's NUMERIC is a float; cents do not survive it.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, places: int = 2) -> None:
        super().__init__(18, places)
        self.places = places

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(BigInteger())
        return dialect.type_descriptor(Numeric(18, self.places))

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        exact = round_half_up(Decimal(value), self.places)
        return int(exact.scaleb(self.places)) if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Any | None, dialect: Dialect) -> Decimal | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return Decimal(int(value)).scaleb(-self.places)
        return Decimal(value)


LARGEST_AMOUNT = Decimal(10) ** 15  # below which a sum of money is, as a typed amount


class Money(Exact):
    """An amount to the cent; its currency stands in a column beside it."""

    cache_ok = True

    def __init__(self) -> None:
        super().__init__(2)


class Instant(TypeDecorator[datetime]):
    """An aware datetime in UTC, stored in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class EngineInstant(Instant):
    """As Instant, in a column of Flask-AppBuilder's that has no time zone."""

    impl = DateTime()
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        utc = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return utc.replace(tzinfo=None)


class TranslatedText(dict[str, str]):
    """One text in several languages; as a string, in the reader's.

    Falls back to the company's language, then to the first one filled.
    """

    def __init__(self, words: Mapping[str, str] = {}, /, **more: str) -> None:
        super().__init__({**words, **more})

    def __str__(self) -> str:
        for language in reading_languages():
            if self.get(language):
                return self[language]
        return next((text for text in self.values() if text), "")


def reading_languages() -> tuple[str, ...]:
    """The languages to try for a translated text, best first: the reader's, then the company's."""
    locale = get_locale()
    reader = locale.language if locale else "en"
    company: str | None = None
    if has_request_context():
        company = request.environ.get("crm.company_language")
    return (reader, company) if company else (reader,)


class Translated(TypeDecorator[TranslatedText]):
    """Text in several languages in one JSON column: language → text."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, str] | None, dialect: Dialect) -> Any:
        return None if value is None else {k: v for k, v in value.items() if v}

    def process_result_value(self, value: Any | None, dialect: Dialect) -> TranslatedText | None:
        return None if value is None else TranslatedText(value)
