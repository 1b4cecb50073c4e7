"""The words of rows and of searches: folded, without punctuation, numbers as digits only.

Both pass the same functions, so that
"Élan & Cie" is found by "elan cie" and +33 6 12 34 56 78 by "06 12 34".
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from typing import Any

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE
from sqlalchemy import inspect
from sqlalchemy.orm import Mapper

from crm.core.models.fields import spec_of
from crm.core.models.rich_text import to_text
from crm.core.types import fold

MOST_WORDS = 8  # of a search
# Characters; longer words are cut, as PostgreSQL refuses words over 2,046 bytes.
LONGEST = 100
APART = re.compile(r"[^a-z0-9]+")
DIGITS = re.compile(r"[0-9]+")
TRUNK = re.compile(r"\(0\)")  # as in +33 (0)4, not dialled after the country's prefix

# A search term: alternative groups of words; all words of one group have to match.
Term = tuple[tuple[str, ...], ...]


def words(text: str) -> list[str]:
    """The words of `text`: letters, their marks and digits, without accents and case."""
    folded = fold(text)
    if folded.isascii():
        found = APART.sub(" ", folded).split()
    else:
        found = "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in folded).split()
    return [word[:LONGEST] for word in found]


def terms(text: str) -> list[Term]:
    """The terms of a search, each once, which all have to match, in any order.

    Numbers that follow each other also match as one, with and without its leading zeros.
    """
    looked_for: dict[Term, None] = {}
    for is_number, group in groupby(words(TRUNK.sub(" ", text)), str.isdecimal):
        parts = tuple(group)
        alone = (_number(parts),) if is_number else (((word,),) for word in parts)
        looked_for.update(dict.fromkeys(alone))
    return list(looked_for)[:MOST_WORDS]


def _number(parts: tuple[str, ...]) -> Term:
    run = "".join(parts)[:LONGEST]
    ways = [tuple(dict.fromkeys(parts[:MOST_WORDS])), *((n,) for n in (run.lstrip("0"), run) if n)]
    return tuple(dict.fromkeys(ways))


def words_of(row: Any) -> str:
    """The words of the fields of `row` that are declared with `search=True`, each of them once."""
    found: dict[str, None] = {}
    for attribute, kind in _searched(inspect(row).mapper):
        value = getattr(row, attribute)
        if value:
            found.update(dict.fromkeys(words_of_value(kind, str(value))))
    return " ".join(found)


def words_of_value(kind: str, text: str) -> Iterator[str]:
    """The words of one value; of a number also its digits in one word."""
    if kind == "richtext":
        text = to_text(text)
    if kind == "phone":
        yield from filter(None, _phone("".join(DIGITS.findall(text))))
        return
    for piece in text.split():
        found = words(piece)
        yield from found
        run = "".join(DIGITS.findall(piece)).lstrip("0")
        if run and run not in found:
            yield run


def _phone(digits: str) -> Iterator[str]:
    """The digits with the country's prefix and without."""
    yield digits
    for length in (1, 2, 3):
        if int(digits[:length] or 0) in COUNTRY_CODE_TO_REGION_CODE:
            yield digits[length:]
            return


@cache
def _searched(mapper: Mapper[Any]) -> tuple[tuple[str, str], ...]:
    """(attribute, kind) of the searched fields, those with a folded key by what it is made of."""
    folded = {c.info["sorts"]: c.info["folds"] for c in mapper.columns if "sorts" in c.info}
    declared = [
        mapper.get_property_by_column(c).key for c in mapper.columns if "declared" in c.info
    ]
    names = dict.fromkeys([*folded, *declared])
    return tuple(
        (folded.get(name, name), spec_of(mapper.class_, name).kind.name)
        for name in names
        if _is_text(mapper, name) and spec_of(mapper.class_, name).search
    )


def _is_text(mapper: Mapper[Any], name: str) -> bool:
    """Whether `name` is no link; searched links use the words of the linked row."""
    column = mapper.columns.get(name)
    return column is None or not column.foreign_keys
