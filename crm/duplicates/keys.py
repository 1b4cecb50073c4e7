"""The numbers under which a record is found: one for each value that two duplicates may share."""

from collections.abc import Iterator
from dataclasses import fields
from enum import IntEnum
from hashlib import blake2b

from crm.duplicates.names import sound
from crm.duplicates.profile import Profile

BITS = 56  # of the value; the kind is above them, so that the keys of a kind are one range
WORDS, PLACES = 3, 3  # of a name, of an account: the keys of a record stay few
SHORTEST = 3  # letters of a word that has a key
BEGINNING = 5  # letters of a name


class KeyKind(IntEnum):
    """What a key is made of. With `NAME` and below it, a key says too little to find all pairs by:
    these serve to look for what is like one record."""

    DOMAIN = 1
    NAME = 2
    NEAR_NAME = 3  # a word of the name, at a postal code or a domain
    SAME_NAME = 4  # the whole name, there
    PHONE = 5
    EMAIL = 6
    VAT_NUMBER = 7
    SIREN = 8


def first_of(kind: KeyKind) -> int:
    """The least key of a kind, and one more than the greatest of the kind before it."""
    return kind << BITS


def kind_of(key: int) -> KeyKind:
    return KeyKind(key >> BITS)


def keys_of(profile: Profile, ignored: frozenset[str] = frozenset()) -> set[int]:
    """The keys of a record, in its company.

    Stored ones are of all domains; `ignored` leaves some out where one asks.
    """
    return {
        _key(kind, f"{profile.company_id} {value}") for kind, value in _values(profile, ignored)
    }


def _key(kind: KeyKind, value: str) -> int:
    digest = blake2b(value.encode(), digest_size=BITS // 8).digest()
    return first_of(kind) | int.from_bytes(digest)


def _values(profile: Profile, ignored: frozenset[str]) -> Iterator[tuple[KeyKind, str]]:
    if profile.siren:
        yield KeyKind.SIREN, profile.siren
    if profile.vat_number:
        yield KeyKind.VAT_NUMBER, profile.vat_number
    if profile.email:
        yield KeyKind.EMAIL, profile.email
    for phone in profile.phones:
        yield KeyKind.PHONE, phone
    domains = sorted(profile.domains - ignored)
    for domain in domains:
        yield KeyKind.DOMAIN, domain
    places = [
        *sorted(profile.postal_codes)[:PLACES],
        *domains,
        *(f"account {pk}" for pk in sorted(profile.accounts)[:PLACES]),
    ]
    for name, parts in _names(profile):
        yield KeyKind.NAME, name
        for place in places:
            yield KeyKind.SAME_NAME, f"{name} {place}"
            yield from ((KeyKind.NEAR_NAME, f"{part} {place}") for part in parts)


def _names(profile: Profile) -> Iterator[tuple[str, list[str]]]:
    """Each name as one text, and the parts by which a misspelt one is found too."""
    if profile.words:
        name = "".join(profile.words)
        longest = sorted(profile.words, key=lambda word: (-len(word), word))[:WORDS]
        parts = [sound(word) for word in longest if len(word) >= SHORTEST]
        yield "o:" + "".join(sorted(profile.words)), [name[:BEGINNING], *parts]
    first, last = profile.person
    if last:
        yield "p:" + "".join(sorted((first, last))), [sound(last) + first[:1], last[:2] + first]


def fingerprint(one: Profile, other: Profile) -> int:
    """A number of two records as they are compared: another one once either has changed."""
    both = "\n".join(sorted(map(_as_text, (one, other))))
    return int.from_bytes(blake2b(both.encode(), digest_size=BITS // 8).digest())


def _as_text(profile: Profile) -> str:
    values = (getattr(profile, part.name) for part in fields(profile))
    return repr([sorted(one) if isinstance(one, frozenset) else one for one in values])
