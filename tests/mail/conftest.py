"""The mail server of the installation."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from crm.core.mail_url import parse_mail_url
from tests.mail.postbox import Postbox, open_postbox


@pytest.fixture
def postbox(app: Flask) -> Iterator[Postbox]:
    """A mail server, which MAIL_URL names."""
    config = app.extensions["crm.config"]
    with open_postbox() as box:
        server = parse_mail_url(f"smtp://127.0.0.1:{box.port}/?from=crm@acme.example")
        app.extensions["crm.config"] = replace(config, mail=server)
        yield box
    app.extensions["crm.config"] = config
