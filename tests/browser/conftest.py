"""A server for the browser, and people who are signed in to it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Thread

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.fixtures import World, session_cookie

# Notes every refusal of our own policy, before any script of the page runs.
LISTEN = """
window.refused = [];
addEventListener("securitypolicyviolation", (event) =>
  window.refused.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`));
"""
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 375, "height": 812}


class _Quiet(WSGIRequestHandler):
    timeout = 10  # of a connection that a browser opened ahead and never used

    def log(self, *args: object, **kwargs: object) -> None:
        """Log nothing: a failing test says what went wrong."""


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The address at which `app` answers meanwhile."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    server.daemon_threads = False  # wait for the last request: the next test renews its database
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Desk:
    """A signed-in user's browser, and its console errors."""

    page: Page
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(path)
        return self.page

    def check(self) -> None:
        """Nothing in the console, and nothing that the policy refused."""
        refused = self.page.evaluate("window.refused")
        assert (self.complaints, refused) == ([], []), self.page.url


Sit = Callable[..., Desk]


@contextmanager
def desks(chromium: Browser, world: World, address: str) -> Iterator[Sit]:
    """`sit("claire")`: at a browser in which she is signed in; `sit()`: nobody yet."""
    contexts: list[BrowserContext] = []

    def sit(name: str = "", **options: object) -> Desk:
        context = chromium.new_context(
            base_url=address, timezone_id="Europe/Paris", **{"viewport": WIDE, **options}
        )
        contexts.append(context)
        context.set_default_timeout(15_000)
        context.add_init_script(LISTEN)
        if name:
            value = session_cookie(world.app, world.cast.people[name])
            cookie = {"name": world.app.config["SESSION_COOKIE_NAME"], "value": value}
            context.add_cookies([{**cookie, "url": address}])
        desk = Desk(context.new_page(), context)
        desk.page.on("console", lambda said: _note(desk, said))
        desk.page.on("pageerror", lambda error: desk.complaints.append(str(error)))
        return desk

    yield sit
    for context in contexts:
        context.close()


def _note(desk: Desk, said: ConsoleMessage) -> None:
    # The browser itself writes a line for every answer that is an error, meant or not.
    if said.type in ("error", "warning") and "Failed to load resource" not in said.text:
        desk.complaints.append(said.text)


@pytest.fixture
def sit(chromium: Browser, world: World) -> Iterator[Sit]:
    """Desks in front of the application of this test, on a database as new."""
    with serving(world.app) as address, desks(chromium, world, address) as place:
        yield place
