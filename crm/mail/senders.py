"""From whom a mail is."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import current_app

from crm.core.config import Config
from crm.mail.headers import ascii_address


@dataclass(frozen=True)
class Sender:
    """The name and address of the From header."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        return ascii_address(f"x@{self.address.rpartition('@')[2]}").removeprefix("x@")


def of(name: str = "", address: str = "") -> Sender:
    """The given sender; without an address, that of the installation."""
    config: Config = current_app.extensions["crm.config"]
    return Sender(name or current_app.config["APP_NAME"], address or default_address(config))


def default_address(config: Config) -> str:
    """The address of MAIL_URL, else one at the host of PUBLIC_URL."""
    host = urlsplit(config.public_url).hostname or "localhost"
    return (config.mail.sender if config.mail else "") or f"crm@{host}"
