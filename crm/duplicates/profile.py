"""The normal form of a record's facts, made once and compared many times."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from crm.core.types import fold
from crm.duplicates.facts import Facts
from crm.duplicates.names import person_of, word_set, words_of

# Mailboxes of a whole company, which say little about who writes.
SHARED_MAILBOXES = word_set(
    "accueil achats admin administration agence bonjour boutique bureau commande commandes "
    "commercial compta comptabilite contact contacts direction hello hotel info infos "
    "information informations kontakt magasin mail mairie office purchasing rh reception "
    "reservation sales secretariat service standard support vente ventes"
)


@dataclass(frozen=True, slots=True)
class Profile:
    """What `likeness` compares; `siren` also where only a SIRET or a French VAT number says it."""

    company_id: int
    words: tuple[str, ...]
    person: tuple[str, str]
    email: str
    is_shared_mailbox: bool
    phones: frozenset[str]
    mobiles: frozenset[str]
    domains: frozenset[str]
    siren: str
    siret: str
    vat_number: str
    postal_codes: frozenset[str]
    cities: frozenset[str]
    accounts: frozenset[int]


def profile_of(facts: Facts) -> Profile:
    """The normal form of `facts`."""
    email = facts.email.lower().strip()
    mailbox, _at, domain = email.partition("@")
    vat = "".join(facts.vat_number.split()).upper()
    siren = facts.siren or facts.siret[:9] or (vat[4:13] if vat.startswith("FR") else "")
    return Profile(
        company_id=facts.company_id,
        words=words_of(facts.organization),
        person=person_of(*facts.person),
        email=email if domain else "",
        is_shared_mailbox=mailbox in SHARED_MAILBOXES,
        phones=facts.phones,
        mobiles=facts.mobiles,
        domains=frozenset(filter(None, (domain, host_of(facts.website)))),
        siren=siren,
        siret=facts.siret,
        vat_number=vat,
        postal_codes=_tidied(code.replace(" ", "").upper() for code in facts.postal_codes),
        cities=_tidied(fold(city).replace("-", " ") for city in facts.cities),
        accounts=facts.accounts,
    )


def host_of(website: str) -> str:
    """The domain of a web address, without "www."; "" where it has none."""
    try:
        host = urlsplit(website if "://" in website else f"//{website}").hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.").lower()


def _tidied(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(filter(None, texts))
