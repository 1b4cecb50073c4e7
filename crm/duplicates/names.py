"""The normal form of names, and how near two of them are."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import lru_cache

from crm.core.types import fold


def word_set(text: str) -> frozenset[str]:
    """The words of a text as a set."""
    return frozenset(text.split())


# Left out at either end of a name; dots and spaces between their letters are taken out before.
LEGAL_FORMS = word_set(
    "sarl sas sasu sa eurl snc sci scop scp selarl selas ei eirl gie societe ste ets gmbh ag kg "
    "ohg ug sl slu slne sau ltd limited llc llp inc corp corporation co plc bv nv srl spa sprl "
    "lda ab oy aps kft"
)
# They tell nothing apart.
SMALL_WORDS = word_set("et and und y e de du des d la le les l the of der die das el los")
# What many organisations are called besides their name; they count for less.
COMMON_WORDS = word_set(
    "agence assurances atelier ateliers bar batiment boulangerie bureau cabinet cafe centre club "
    "communication conseil conseils construction consulting design developpement distribution "
    "entreprise etablissements expertise fils france formation freres garage group groupe hotel "
    "immobilier imprimerie industrie industries informatique international librairie logistique "
    "maison menuiserie pharmacie production restaurant scierie securite service services solutions "
    "studio systemes technologie technologies transport transports travaux"
)
WORD = re.compile(r"[^\W_]+")
SILENT = re.compile(r"(?:e?[sxt]|e)$")  # at the end of a word
COMMON = 0.4  # of the weight of another word
ALIKE = 0.8  # how much of two words has to be the same for one to be a misspelling of the other


@lru_cache(maxsize=20_000)
def words_of(name: str) -> tuple[str, ...]:
    """The words of an organisation's name, without accents, case, small words and legal forms."""
    words = _joined(WORD.findall(fold(name).replace("'", " ").replace("’", " ")))
    kept = [word for word in words if word not in SMALL_WORDS] or words
    first, last = 0, len(kept)
    while last - first > 1 and kept[last - 1] in LEGAL_FORMS:
        last -= 1
    while last - first > 1 and kept[first] in LEGAL_FORMS:
        first += 1
    return tuple(kept[first:last])


def _joined(words: Sequence[str]) -> list[str]:
    """Letters that stand alone as one word: S.A.R.L. and S A R L are sarl."""
    found: list[str] = []
    was_letter = False
    for word in words:
        is_letter = len(word) == 1 and word.isalpha()
        if is_letter and was_letter:
            found[-1] += word
        else:
            found.append(word)
        was_letter = is_letter
    return found


@lru_cache(maxsize=20_000)
def person_of(first_name: str, last_name: str) -> tuple[str, str]:
    """(first name, last name) in letters only: Jean-Pierre and Jean Pierre are one."""
    first, last = ("".join(WORD.findall(fold(name))) for name in (first_name, last_name))
    return first, last


@lru_cache(maxsize=50_000)
def sound(word: str) -> str:
    """A word without what is misspelt most: its first letter, then its consonants in order."""
    plain = word.replace("ph", "f").replace("h", "").replace("y", "i")
    for letter in "cq":
        plain = plain.replace(letter, "k")
    plain = SILENT.sub("", plain.replace("z", "s")) or word
    consonants = sorted({letter for letter in plain[1:] if letter not in "aeiou"})
    return plain[:1] + "".join(consonants)


@lru_cache(maxsize=50_000)
def is_misspelt(one: str, other: str) -> bool:
    """Whether two different words may be one, misspelt; numbers never are."""
    if any(word.isdigit() or len(word) < 4 for word in (one, other)):
        return False
    if abs(len(one) - len(other)) > 2:
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= ALIKE


def nearness(one: Sequence[str], other: Sequence[str]) -> float:
    """How near two names of organisations are: 1 for the same words in any order, 0 for none."""
    if not one or not other:
        return 0.0
    if sorted(one) == sorted(other) or "".join(one) == "".join(other):
        return 1.0
    if _numbers(one) and _numbers(other) and _numbers(one) != _numbers(other):
        return 0.0
    short, long = sorted((one, other), key=lambda words: sum(map(_weight, words)))
    left = list(long)
    same = total = 0.0
    for word in short:
        total += _weight(word)
        found = word if word in left else next((w for w in left if is_misspelt(word, w)), None)
        if found is not None:
            left.remove(found)
            same += _weight(word) * (1.0 if found == word else 0.9)
    more = sum(_weight(word) * (1.0 if word.isdigit() else 0.5) for word in left)
    return same / (total + more)


def _numbers(words: Sequence[str]) -> list[str]:
    return sorted(word for word in words if word.isdigit())


def _weight(word: str) -> float:
    return len(word) * (COMMON if word in COMMON_WORDS else 1.0)
