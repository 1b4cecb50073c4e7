"""What each person is answered at an address, worked out from `permissions.TABLE`.

matrix.csv holds what the table does not tell: what an address answers those whom it lets in, where
that is not the usual status, and the addresses that no cell of the table opens.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from fnmatch import fnmatchcase
from pathlib import Path

from crm.core.actor import Scope
from crm.permissions import TABLE, cells
from tests.fixtures import PEOPLE
from tests.house.addresses import NOBODYS, Address
from tests.house.asking import ANYBODY

FILE = Path(__file__).with_name("matrix.csv")
ALLOWED = "allowed"  # those whom the table lets in, or everybody signed in where it is silent
ANY = "any"  # row of an address: whoever's it is
OWNED = {Scope.OWN, Scope.TEAM, Scope.AGENCY}  # of some rows of a company
# What an address answers those whom it lets in: a form that carries nothing is refused.
USUAL = {"GET": "200", "POST": "400", "PUT": "200", "DELETE": "200"}


@dataclass(frozen=True, order=True)
class Line:
    """A line of matrix.csv: `address` is a pattern in which * stands for any text."""

    address: str
    method: str
    row: str
    who: str
    status: str

    def is_of(self, address: Address) -> bool:
        return (
            self.method == address.method
            and self.row in (ANY, address.row)
            and fnmatchcase(address.rule, self.address)
        )


def read_lines() -> list[Line]:
    with FILE.open(newline="") as file:
        return [Line(**line) for line in csv.DictReader(file)]


def write_lines(lines: Iterable[Line]) -> None:
    with FILE.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(field.name for field in fields(Line))
        table.writerows(astuple(line) for line in sorted(set(lines)))


def cell_of(address: Address) -> tuple[str, str] | None:
    """(entity, action) of the cell that opens an address; None where none does."""
    entity = getattr(address.view, "class_permission_name", None)
    method = getattr(address.view, address.name, None)
    if entity not in TABLE or not hasattr(method, "_permission_name"):
        return None
    return entity, address.view.get_method_permission(address.name)


def status_of(person: str, address: Address) -> str:
    """The status that the table gives, or ALLOWED."""
    if person == ANYBODY:
        return "401" if address.is_api else "302" if address.method == "GET" else "303"
    cell = cell_of(address)
    if cell is None:
        return ALLOWED
    role = PEOPLE[person][2]
    scopes = cells(role) if role else {}
    held = scopes.get(cell, Scope.NONE)
    if held is Scope.NONE:
        return "403"
    seen = scopes[cell[0], "read"]
    reached = all(reaches(person, scope, address.row) for scope in (seen, held))
    return ALLOWED if reached else "404"  # a row that is out of reach does not exist


def reaches(person: str, scope: Scope, owner: str) -> bool:
    """Whether a row that was planted for `owner` is within a scope of `person`."""
    if owner == NOBODYS or scope is Scope.ALL:
        return True
    *_, groups, companies = PEOPLE[person]
    *_, owners_groups, owners_companies = PEOPLE[owner]
    match scope:
        case Scope.COMPANY:
            return bool({*companies} & {*owners_companies})
        case Scope.TEAM:
            return person == owner or bool({*groups} & {*owners_groups})
        case Scope.OWN:
            return person == owner
    return False  # of an agency: nobody of the cast works in that of a planted row


def expected(person: str, address: Address, lines: Iterable[Line]) -> str:
    """The status that table and lines give together: a line of a person beats one of all."""
    status = status_of(person, address)
    told = {line.who: line.status for line in lines}
    if status == ALLOWED:
        status = told.get(ALLOWED, usual(address))
    return told.get(person, status)


def usual(address: Address) -> str:
    """What an address answers whom it lets in: a folder leads to its list."""
    return "302" if address.name == "index" and cell_of(address) else USUAL[address.method]


def missing_lines(
    found: Mapping[Address, str], person: str, lines: Sequence[Line]
) -> Iterator[Line]:
    """Lines that would say what `person` is answered where table and `lines` say otherwise."""
    for address, status in found.items():
        ours = [one for one in lines if one.is_of(address)]
        unsaid = person == "alice" and cell_of(address) is None and not ours
        if unsaid or expected(person, address, ours) != status:
            for_all = person == "alice" and status_of(person, address) == ALLOWED
            yield Line(
                address.rule, address.method, address.row, ALLOWED if for_all else person, status
            )


def idle_lines(found: Mapping[Address, str], person: str, lines: Sequence[Line]) -> Iterator[Line]:
    """Lines about `person` that change nothing; those about everybody are Alice's."""
    about = {person, ALLOWED} if person == "alice" else {person}
    for line in lines:
        others = [one for one in lines if one is not line]
        if line.who in about and not any(
            line.is_of(address) and changes(line, person, address, others) for address in found
        ):
            yield line


def changes(line: Line, person: str, address: Address, others: Sequence[Line]) -> bool:
    """Whether a line says what is not said without it, or opens what no cell does."""
    rest = [one for one in others if one.is_of(address)]
    if cell_of(address) is None and not rest:
        return True
    return expected(person, address, [*rest, line]) != expected(person, address, rest)


def asked_of(
    person: str, everywhere: Sequence[Address], earlier: Sequence[str]
) -> Iterator[Address]:
    """The addresses that `person` is to ask.

    Of rows that the scopes of a person do not tell apart one is enough, and of people of the same
    companies whom the table gives the same one.
    """
    asked = set()
    for address in everywhere:
        cell = cell_of(address)
        if cell is None:
            yield address
            continue
        scopes = scopes_of(person, cell[0])
        key = (address.rule, address.method, kind_of_row(scopes, address.row))
        known = OWNED.isdisjoint(scopes) and any(
            PEOPLE[person][4] == PEOPLE[one][4] and scopes == scopes_of(one, cell[0])
            for one in earlier
        )
        if key not in asked and not known:
            asked.add(key)
            yield address


def scopes_of(person: str, entity: str) -> tuple[Scope, ...]:
    """What a person holds of an entity, an action each; nothing of nobody's."""
    role = "" if person == ANYBODY else PEOPLE[person][2]
    return tuple(scope for (of, _), scope in cells(role).items() if of == entity) if role else ()


def kind_of_row(scopes: Sequence[Scope], owner: str) -> tuple[str, ...]:
    """What these scopes may tell two rows apart by."""
    if owner == NOBODYS or not any(scopes):
        return ()
    return PEOPLE[owner][4] if OWNED.isdisjoint(scopes) else (owner,)
