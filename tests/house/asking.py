"""One request by somebody of the cast, and all that Olga may ask."""

from dataclasses import dataclass
from typing import Any

from werkzeug.test import TestResponse

from tests.fixtures import World, new_client, token_header
from tests.house.addresses import Address
from tests.population import Planted

ANYBODY = "anonymous"


def ask(
    world: World, person: str, address: Address, brief: bool = False, **body: Any
) -> TestResponse:
    """What `person` is answered at an address, the world being as new; `brief`: no refusal page."""
    world.start()
    client = new_client(world.app) if person == ANYBODY else world.browser(person)
    headers = {}
    if person != ANYBODY and address.is_api:
        headers = token_header(world.app, world.cast.people[person])
    if brief:
        headers["Accept"] = "application/json"
    if address.is_api and address.method != "GET" and not body:
        # With a version, so that a change is refused for its row and not for its form.
        body = {"json": {"row_version": 1} if address.method == "PUT" else {}}
    query = "&" if "?" in address.path else "?"
    path = address.path + (query + body.pop("query") if "query" in body else "")
    return client.open(path, method=address.method, headers=headers, **body)


@dataclass(frozen=True)
class Said:
    """What the tests ask about an answer to Olga, whose company is ACME Iberia."""

    status: int
    location: str | None
    leaked: tuple[str, ...]  # the words of ACME France in it
    has_own: bool  # whether it shows her own row


Crawl = dict[Address, Said]


def crawl_as_olga(world: World, asked: list[Address], rows: dict[str, Planted]) -> Crawl:
    """Every address, asked by Olga."""
    found = {}
    for address in asked:
        answer = ask(world, "olga", address)
        own = rows["olga"].mark in answer.get_data().decode(errors="replace")
        leaked = tuple(leaks(answer, rows))
        found[address] = Said(answer.status_code, answer.location, leaked, own)
    return found


def leaks(answer: TestResponse, rows: dict[str, Planted]) -> list[str]:
    """The words of ACME France in an answer, its headers included."""
    text = answer.get_data().decode(errors="replace") + "\n".join(
        f"{name}: {value}" for name, value in answer.headers
    )
    words = [word for owner in ("claire", "marc") for word in rows[owner].words]
    return [word for word in words if word in text]
