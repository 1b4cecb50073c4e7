"""Hostile requests, asked in somebody's name and answered by the application in this process."""

import logging
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from werkzeug.test import TestResponse

from tests.fixtures import World, token_header
from tests.hostile.requests import Requests, Sent
from tests.house.addresses import Address


def ask_hostile(
    world: World, person: str, requests: Requests, numbers: Iterable[int]
) -> Iterator[str]:
    """Put the requests of `numbers` to the world as new; what broke, and where, of each 5xx."""
    for number in numbers:
        world.start()
        sent = requests.make(number)
        with noting_errors() as places:
            answer = send(world, person, requests.address, sent)
        if answer.status_code >= 500:
            yield f"{answer.status_code} {'; '.join(places)}\n  {sent}"


@contextmanager
def noting_errors() -> Iterator[list[str]]:
    """The errors that are logged meanwhile, each with the innermost line of ours."""
    places: list[str] = []

    class Noting(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.exc_info and record.exc_info[1]:
                error = record.exc_info[1]
                ours = [f for f in traceback.extract_tb(error.__traceback__) if "/crm/" in f[0]]
                where = f"{Path(ours[-1][0]).name}:{ours[-1].lineno}" if ours else "?"
                places.append(f"{type(error).__name__}: {str(error)[:200]} at {where}")

    log, handler = logging.getLogger("crm"), Noting(logging.ERROR)
    log.addHandler(handler)
    try:
        yield places
    finally:
        log.removeHandler(handler)


def prepared(world: World, person: str, address: Address, seed: str) -> Requests:
    """The requests to an address, beside whose hostile values stand those of its form or row."""
    requests = Requests(address, seed)
    world.start()
    if address.is_api:
        requests.row = row_of(world, person, address)
    elif address.method != "GET":
        opened = send(world, person, address, Sent("GET", form_path(address)))
        requests.page = opened.text if opened.status_code == 200 else ""
    return requests


def form_path(address: Address) -> str:
    """Where the form of a POST is opened: a preview is asked by the form of a new record."""
    return address.path.replace("/preview", "/add")


def send(world: World, person: str, address: Address, sent: Sent) -> TestResponse:
    headers = token_header(world.app, world.cast.people[person]) if address.is_api else {}
    client = world.browser(person)
    return client.open(sent.path, method=sent.method, headers=headers, **sent.body)


def row_of(world: World, person: str, address: Address) -> dict[str, Any]:
    """A row of the address's table as the API takes it back: ids in place of related rows."""
    base = address.rule.partition("<pk>")[0]
    listing = send(world, person, address, Sent("GET", base))
    ids = (listing.json or {}).get("ids") if listing.status_code == 200 else None
    path = address.path if "<pk>" in address.rule else f"{base}{ids[0]}" if ids else ""
    answer = send(world, person, replace(address, path=path), Sent("GET", path)) if path else None
    found = (answer.json or {}).get("result") if answer and answer.status_code == 200 else None
    return {name: _plain(value) for name, value in (found or {}).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict) and {"id", "label"} <= value.keys():
        return value["id"]
    return value
