"""The words by which rows are found: folded, without punctuation, numbers as runs of digits.

What is kept of a row and what is typed into a search box pass the same functions, so that
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
from crm.core.types import fold

MOST_WORDS = 8  # of what is typed; more say nothing new
# Characters of a word that count: PostgreSQL refuses one of over 2,046 bytes, kept or asked for.
LONGEST = 100
APART = re.compile(r"[^a-z0-9]+")
DIGITS = re.compile(r"[0-9]+")

# One thing that is looked for: one of these groups of words, each word of the group at once.
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
    """What a person looks for with `text`: words that all have to be there, in any order.

    Numbers are also meant without their blanks and leading zeros.
    """
    found = list(dict.fromkeys(words(text)))[:MOST_WORDS]
    looked_for: list[Term] = []
    for is_number, group in groupby(found, str.isdecimal):
        parts = tuple(group)
        if is_number:
            run = "".join(parts).lstrip("0")
            looked_for.append(tuple(dict.fromkeys([parts, (run,)] if run else [parts])))
        else:
            looked_for.extend(((word,),) for word in parts)
    return looked_for


def words_of(row: Any) -> str:
    """The words of the fields of `row` that are declared with `search=True`, each of them once."""
    found: dict[str, None] = {}
    for attribute, kind in _searched(inspect(row).mapper):
        value = getattr(row, attribute)
        if value:
            found.update(dict.fromkeys(words_of_value(kind, str(value))))
    return " ".join(found)


def words_of_value(kind: str, text: str) -> Iterator[str]:
    """The words of one value, with its number as a run of digits where it has one."""
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
    """The number with its country's prefix and without: both are typed."""
    yield digits
    for length in (1, 2, 3):
        if int(digits[:length] or 0) in COUNTRY_CODE_TO_REGION_CODE:
            yield digits[length:]
            return


@cache
def _searched(mapper: Mapper[Any]) -> tuple[tuple[str, str], ...]:
    """(attribute, kind) of what a row is found by; of people the sorted name, which says more."""
    folded = {c.info["sorts"]: c.info["folds"] for c in mapper.columns if "sorts" in c.info}
    said = [mapper.get_property_by_column(c).key for c in mapper.columns if "said" in c.info]
    names = dict.fromkeys([*folded, *said])
    return tuple(
        (folded.get(name, name), spec_of(mapper.class_, name).kind.name)
        for name in names
        if _is_text(mapper, name) and spec_of(mapper.class_, name).search
    )


def _is_text(mapper: Mapper[Any], name: str) -> bool:
    """Whether `name` is no link: a link that is searched leads to the words of another row."""
    column = mapper.columns.get(name)
    return column is None or not column.foreign_keys
