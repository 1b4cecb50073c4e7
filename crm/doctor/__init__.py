"""`crm doctor`: checks of the set-up, with advice."""

from collections.abc import Iterator

from flask import current_app

from crm.core.config import Config
from crm.doctor import database, machine, server
from crm.doctor.finding import Finding


def examine() -> Iterator[Finding]:
    """All findings, in the order of repair."""
    config: Config = current_app.extensions["crm.config"]
    for look in (*machine.CHECKS, *server.CHECKS, database.check):
        yield from look(config)


__all__ = ["Finding", "examine"]
