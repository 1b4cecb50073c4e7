"""The From header of a mail."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import current_app
from sqlalchemy import select

from crm.companies.models import CompanySettings
from crm.core.config import Config
from crm.core.db import db
from crm.core.rows import unfiltered
from crm.mail.headers import ascii_address


@dataclass(frozen=True)
class Sender:
    """The name and address of the From header."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """The domain of the address, in ASCII. Raises ValueError."""
        return ascii_address(f"x@{self.address.rpartition('@')[2]}").removeprefix("x@")


def of(name: str = "", address: str = "") -> Sender:
    """The given sender; without an address, that of the installation."""
    config: Config = current_app.extensions["crm.config"]
    return Sender(name or current_app.config["APP_NAME"], address or default_address(config))


def of_company(company_id: int) -> Sender:
    """The sender that a company has set, else that of the installation."""
    with unfiltered("a company is the sender of its mails, whoever reads its settings"):
        settings = db.session.scalars(
            select(CompanySettings).where(CompanySettings.company_id == company_id)
        ).one()
    return of(settings.sender_name or settings.company.name, settings.sender_email or "")


def default_address(config: Config) -> str:
    """The address of MAIL_URL, else one at the host of PUBLIC_URL."""
    host = urlsplit(config.public_url).hostname or "localhost"
    return (config.mail.sender if config.mail else "") or f"crm@{host}"
