"""To whom an e-mail about a record may go, the natural recipient first. Source: spec 13.1."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from crm.accounts.models.people import full_name

MOST = 50  # people of one account


@dataclass(frozen=True)
class Person:
    """A lead, a contact or an account, as a recipient; `role` is what they are to the record."""

    relation: str  # of a message
    row: Any
    role: str = ""

    @property
    def name(self) -> str:
        row = self.row
        named = "" if self.relation == "account" else full_name(row.first_name, row.last_name)
        return named or str(row)

    @property
    def address(self) -> str:
        return self.row.email or ""

    @property
    def refuses(self) -> bool:
        return bool(self.row.do_not_email)


def people_of(records: Mapping[str, Any]) -> Sequence[Person]:
    """The people of these records, each once: who can be written to before who cannot."""
    found = {(one.relation, one.row.id): one for one in reversed(list(_people(records)))}
    people = list(reversed(found.values()))
    return sorted(people, key=lambda one: (not one.address, one.refuses))


def _people(records: Mapping[str, Any]) -> Iterator[Person]:
    for relation in ("contact", "lead"):
        if relation in records:
            yield Person(relation, records[relation])
    account = records.get("account")
    if account is None:
        return
    links = [link for link in account.links[:MOST] if link.contact is not None]
    for link in sorted(links, key=lambda link: not link.is_main):
        role = _("Main contact") if link.is_main else str(link.job_title or "")
        yield Person("contact", link.contact, role)
    yield Person("account", account)


def language_of(person: Person | None, records: Mapping[str, Any], company: Any) -> str:
    """The language a recipient reads: their own, else their account's, else the company's."""
    rows = (person.row if person else None, records.get("account"), company)
    found = (getattr(row, "language", None) for row in rows)
    return next((str(language) for language in found if language), "")
