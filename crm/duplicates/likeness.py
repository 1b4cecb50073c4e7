"""Two records compared: how likely they are one, why, and what speaks against it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from crm.duplicates.names import is_misspelt, nearness
from crm.duplicates.profile import Profile

LISTED = 60  # the score from which two records are shown as duplicates
NEAR, APART = 0.75, 0.5  # of names: from here they are near, below that they are different


class Reason(StrEnum):
    """Why two records may be one."""

    SIRET = "siret"
    SIREN = "siren"
    VAT_NUMBER = "vat_number"
    EMAIL = "email"
    SHARED_MAILBOX = "shared_mailbox"
    MOBILE = "mobile"
    PHONE = "phone"
    SAME_NAME = "same_name"
    NEAR_NAME = "near_name"
    SAME_PERSON = "same_person"
    NEAR_PERSON = "near_person"
    ACCOUNT = "account"
    DOMAIN = "domain"
    POSTAL_CODE = "postal_code"
    CITY = "city"


class Against(StrEnum):
    """What speaks against it."""

    SIREN = "siren"
    SIRET = "siret"
    NAME = "name"
    PERSON = "person"
    PLACE = "place"
    EMAIL = "email"
    MOBILE = "mobile"


# How often two records of one company that share this are one, of a hundred.
FOR = {
    Reason.SIRET: 96,
    Reason.SIREN: 95,
    Reason.VAT_NUMBER: 93,
    Reason.EMAIL: 92,
    Reason.SHARED_MAILBOX: 45,
    Reason.MOBILE: 75,
    Reason.PHONE: 50,
    Reason.SAME_NAME: 55,
    Reason.NEAR_NAME: 45,
    Reason.SAME_PERSON: 50,
    Reason.NEAR_PERSON: 40,
    Reason.ACCOUNT: 40,
    Reason.DOMAIN: 35,
    Reason.POSTAL_CODE: 30,
    Reason.CITY: 15,
}
# What is left of the score, in hundredths.
LEFT = {
    Against.SIREN: 50,
    Against.SIRET: 70,
    Against.NAME: 45,
    Against.PERSON: 35,
    Against.PLACE: 70,
    Against.EMAIL: 85,
    Against.MOBILE: 80,
}
NUMBERS = frozenset({Reason.SIRET, Reason.SIREN, Reason.VAT_NUMBER})
NAMES = frozenset({Reason.SAME_NAME, Reason.NEAR_NAME})
SURE = frozenset({Reason.EMAIL, Reason.MOBILE})  # hardly anybody shares them


@dataclass(frozen=True, slots=True)
class Likeness:
    """`score` is 0 to 99; the strongest reasons come first."""

    score: int
    reasons: tuple[Reason, ...] = ()
    against: tuple[Against, ...] = ()


NOTHING = Likeness(0)


def compare(one: Profile, other: Profile, ignored: frozenset[str] = frozenset()) -> Likeness:
    """How alike two records are; records of two companies are not. `ignored` are domains."""
    if one.company_id != other.company_id:
        return NOTHING
    reasons = tuple(_reasons(one, other, ignored))
    if not reasons:
        return NOTHING
    against = tuple(_against(one, other, reasons))
    doubt = 1.0
    for reason in reasons:
        doubt *= 1 - FOR[reason] / 100
    likely = 1 - doubt
    for word in against:
        likely *= LEFT[word] / 100
    return Likeness(min(99, round(100 * likely)), reasons, against)


def _reasons(one: Profile, other: Profile, ignored: frozenset[str]) -> Iterator[Reason]:
    if one.siret and one.siret == other.siret:
        yield Reason.SIRET
    elif one.siren and one.siren == other.siren:
        yield Reason.SIREN
    elif one.vat_number and one.vat_number == other.vat_number:
        yield Reason.VAT_NUMBER
    is_same_email = bool(one.email) and one.email == other.email
    if is_same_email:
        yield Reason.SHARED_MAILBOX if one.is_shared_mailbox else Reason.EMAIL
    if not one.phones.isdisjoint(other.phones):
        is_mobile = not one.mobiles.isdisjoint(other.mobiles)
        yield Reason.MOBILE if is_mobile else Reason.PHONE
    yield from _name_reasons(one, other)
    if not one.accounts.isdisjoint(other.accounts):
        yield Reason.ACCOUNT
    elif not is_same_email and (one.domains & other.domains) - ignored:
        yield Reason.DOMAIN
    if not one.postal_codes.isdisjoint(other.postal_codes):
        yield Reason.POSTAL_CODE
    elif not one.cities.isdisjoint(other.cities):
        yield Reason.CITY


def _name_reasons(one: Profile, other: Profile) -> Iterator[Reason]:
    if has_persons(one, other):
        likeness = person_likeness(one.person, other.person)
        if likeness == 1:
            yield Reason.SAME_PERSON
        elif likeness >= NEAR:
            yield Reason.NEAR_PERSON
    if one.words and other.words:
        near = nearness(one.words, other.words)
        if near == 1:
            yield Reason.SAME_NAME
        elif near >= NEAR:
            yield Reason.NEAR_NAME


def _against(one: Profile, other: Profile, reasons: tuple[Reason, ...]) -> Iterator[Against]:
    if one.siren and other.siren and one.siren != other.siren:
        yield Against.SIREN
    elif one.siret and other.siret and one.siret != other.siret:
        yield Against.SIRET
    has_number = not NUMBERS.isdisjoint(reasons)
    if not has_number and _is_named_apart(one, other, reasons):
        yield Against.NAME
    if has_persons(one, other):
        if person_likeness(one.person, other.person) < APART:
            yield Against.PERSON
        elif one.email and other.email and one.email != other.email and not _shared(one, other):
            yield Against.EMAIL
        if one.mobiles and other.mobiles and one.mobiles.isdisjoint(other.mobiles):
            yield Against.MOBILE
    if _is_elsewhere(one, other) and not has_number:
        yield Against.PLACE


def _is_named_apart(one: Profile, other: Profile, reasons: tuple[Reason, ...]) -> bool:
    """Whether the names tell them apart.

    Those of a person and of a company do, unless something is the same that hardly anybody shares.
    """
    if not NAMES.isdisjoint(reasons):
        return False
    if one.words and other.words:
        return nearness(one.words, other.words) < APART
    both = (one.words or one.person[1]) and (other.words or other.person[1])
    return bool(both) and not has_persons(one, other) and SURE.isdisjoint(reasons)


def _shared(one: Profile, other: Profile) -> bool:
    return one.is_shared_mailbox or other.is_shared_mailbox


def has_persons(one: Profile, other: Profile) -> bool:
    return bool(one.person[1] and other.person[1])


def _is_elsewhere(one: Profile, other: Profile) -> bool:
    """Whether both say where they are, and it is not one town."""
    if not one.postal_codes or not other.postal_codes:
        return False
    is_same_code = not one.postal_codes.isdisjoint(other.postal_codes)
    return not is_same_code and one.cities.isdisjoint(other.cities)


def person_likeness(one: tuple[str, str], other: tuple[str, str]) -> float:
    """1 for the same name, first and last in any order, 0.8 where it is misspelt or abbreviated.

    0.6 where one has no first name: that says nothing for or against.
    """
    if sorted(one) == sorted(other):
        return 1.0
    firsts, lasts = (one[0], other[0]), (one[1], other[1])
    if not all(firsts):
        return 0.6 if lasts[0] == lasts[1] else 0.0
    is_initial = min(map(len, firsts)) == 1 and firsts[0][0] == firsts[1][0]
    is_first = firsts[0] == firsts[1] or is_initial
    is_last = lasts[0] == lasts[1]
    if (is_first and (is_last or is_misspelt(*lasts))) or (is_last and is_misspelt(*firsts)):
        return 0.8
    return 0.0
