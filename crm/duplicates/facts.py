"""What is compared of a record, whichever table it is in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facts:
    """The values of a record as they are stored; empty where it has none.

    `organization` and `person` (first name, last name) are both filled in a lead of somebody at
    a company. `accounts` are the ids of a contact's accounts; `mobiles` are among the `phones`.
    """

    company_id: int
    organization: str = ""
    person: tuple[str, str] = ("", "")
    email: str = ""
    phones: frozenset[str] = frozenset()  # E.164
    mobiles: frozenset[str] = frozenset()
    website: str = ""
    siren: str = ""
    siret: str = ""
    vat_number: str = ""
    postal_codes: frozenset[str] = frozenset()
    cities: frozenset[str] = frozenset()
    accounts: frozenset[int] = frozenset()
