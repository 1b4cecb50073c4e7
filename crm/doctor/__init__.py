"""`crm doctor`: checks of the set-up, with advice."""

from collections.abc import Iterator

from flask import current_app

from crm.core.config import Config
from crm.doctor import database, machine, mail, server, worker
from crm.doctor.finding import Finding


def examine(mail_to: str | None = None) -> Iterator[Finding]:
    """All findings, in the order of repair; with `mail_to`, a test e-mail is sent there."""
    config: Config = current_app.extensions["crm.config"]
    for look in (
        *machine.CHECKS,
        *server.CHECKS,
        database.check,
        worker.check,
        mail.check_templates,
    ):
        yield from look(config)
    yield from mail.check(config, mail_to)


__all__ = ["Finding", "examine"]
