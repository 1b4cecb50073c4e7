"""The variables of templates: which there are for each kind, and their values. Source: spec 13.1.

A variable is read from a record that its kind is about: the quote that is sent, the contact who
gets it. Records are of upper slices, which this one does not import; what is asked of them is
named here.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import force_locale
from flask_babel import lazy_gettext as _l

from crm.core.models import Label
from crm.mail.models.words import MessageKind
from crm.mail.templates.readers import Read, Reader, civil_name, column, link, moment, named, rich


@dataclass(frozen=True)
class Described:
    """A variable: its label beside the editor, an example, and how its value is read."""

    name: str
    label: Label
    example: Label
    read: Read


@dataclass(frozen=True)
class Entity:
    """The variables of one of the records that a message is about."""

    name: str
    label: Label
    variables: tuple[Described, ...]


PERSON = (
    Described("salutation", _l("Civility and name"), _l("Ms Marchand"), civil_name),
    Described("first_name", _l("First name"), "Sophie", column("first_name")),
    Described("name", _l("Name"), "Sophie Marchand", named),
)
ENTITIES = (
    Entity("event", _l("Event"), (
        Described("subject", _l("Subject"), _l("Workshop visit"), column("subject")),
        Described("starts_at", _l("Start"), _l("14/01/2027 14:30"), moment),
        Described("location", _l("Place"), "12 rue des Tanneurs, Lyon", column("location")),
        Described("video_url", _l("Video link"), "https://meet.example/4711", link("video_url")),
    )),
    Entity("guest", _l("Guest"), PERSON),
    Entity("quote", _l("Quote"), (
        Described("number", _l("Quote number"), "D-2027-00042", named),
        Described("title", _l("Subject"), _l("New presses"), column("title")),
        Described("total_incl", _l("Total incl. tax"), _l("€23,955.23"), column("total_incl")),
        Described("valid_until", _l("Valid until"), _l("18/02/2027"), column("valid_until")),
        Described("link", _l("Acceptance link"), "https://crm.example/p/…", link("link")),
    )),
    Entity("catalog", _l("Catalogue"), (
        Described("name", _l("Name"), _l("Catalogue 2027"), column("name")),
        Described("link", _l("Link"), "https://crm.example/p/…", link("link")),
    )),
    Entity("contact", _l("Contact"), PERSON),
    Entity("account", _l("Client / Prospect"), (
        Described("name", _l("Name / Legal name"), "Bâti-Rhône SARL", named),
        Described("city", _l("City"), "Lyon", column("city")),
    )),
    Entity("opportunity", _l("Opportunity"), (
        Described("name", _l("Name"), _l("New presses"), column("name")),
        Described("reference", _l("Reference"), "O0042", column("reference")),
    )),
    Entity("owner", _l("Sender"), (
        Described("name", _l("Name"), "Claire Dumas", named),
        Described("phone", _l("Phone"), "+33 4 65 71 20 00", column("phone")),
        Described("email", _l("E-mail"), "claire.dumas@acme.example", column("email")),
        Described("job_title", _l("Job title"), _l("Salesperson"), column("job_title")),
        Described("signature", _l("Signature"), "Claire Dumas, ACME France", rich("signature")),
    )),
    Entity("company", _l("Company"), (
        Described("name", _l("Name"), "ACME France", column("name")),
        Described("address", _l("Address"), "3 quai Perrache", column("address")),
        Described("city", _l("City"), "Lyon", column("city")),
    )),
)  # fmt: skip
EVENT = ("event", "contact", "account", "opportunity", "owner", "company")
GUEST = ("event", "guest", "owner", "company")
# The records that a message of each kind is about.
ABOUT: Mapping[str, tuple[str, ...]] = {
    MessageKind.EVENT_REMINDER: EVENT,
    MessageKind.MEETING_REMINDER: EVENT,
    MessageKind.CALL_REMINDER: EVENT,
    MessageKind.TASK_REMINDER: EVENT,
    MessageKind.INVITATION: GUEST,
    MessageKind.DATE_CHANGED: GUEST,
    MessageKind.GUEST_REMOVED: GUEST,
    MessageKind.QUOTE: ("quote", "contact", "account", "opportunity", "owner", "company"),
    MessageKind.CATALOG: ("catalog", "contact", "account", "owner", "company"),
    MessageKind.FREE: ("contact", "account", "opportunity", "owner", "company"),
}


def entities(kind: str) -> Iterator[Entity]:
    """What the variables of a kind belong to, in the order of the list beside the editor."""
    return (one for one in ENTITIES if one.name in ABOUT[kind])


def known(kind: str) -> set[str]:
    """The names of the variables of a kind."""
    return {f"{one.name}.{variable.name}" for one in entities(kind) for variable in one.variables}


def values(
    kind: str, records: Mapping[str, Any], reader: Reader, wanted: Iterable[str]
) -> dict[str, str]:
    """The values of the variables `wanted`; of a record that is not there they are empty."""
    names = set(wanted)
    with force_locale(reader.language):
        return {
            name: variable.read(row, reader)
            for one in entities(kind)
            if (row := records.get(one.name)) is not None
            for variable in one.variables
            if (name := f"{one.name}.{variable.name}") in names
        }


def examples(kind: str, language: str, records: Mapping[str, Any] = {}) -> dict[str, str]:
    """A value for each variable of what is not among `records`."""
    with force_locale(language):
        return {
            f"{one.name}.{variable.name}": str(variable.example)
            for one in entities(kind)
            if records.get(one.name) is None
            for variable in one.variables
        }
