"""The page by which a recipient refuses further e-mails, behind a public link."""

from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from crm.companies.logo import logo_of
from crm.companies.models import Company
from crm.core.db import db, transaction
from crm.core.links.models import PublicLink
from crm.core.links.purposes import Purpose
from crm.mail.models import Message, UnsubscribeLink
from crm.mail.services import unsubscribing

TEMPLATE = "mail/unsubscribe.html"


@dataclass(frozen=True)
class UnsubscribePage:
    """Everything templates/mail/unsubscribe.html places."""

    company: str
    address: str
    has_logo: bool
    is_done: bool


def _page(link: PublicLink) -> UnsubscribePage | None:
    message = _message(link)
    if message is None:
        return None
    company = db.session.get_one(Company, link.company_id)
    done = unsubscribing.is_unsubscribed(message)
    return UnsubscribePage(company.name, message.to_address or "", company.logo is not None, done)


def _act(link: PublicLink) -> ResponseReturnValue | None:
    """For the button, and for mail programs, which follow no redirect. Source: RFC 8058, 3.1."""
    message = _message(link)
    if message is None:
        return None
    with transaction():
        unsubscribing.unsubscribe(message)
    token = (request.view_args or {})["token"]
    return render_template(TEMPLATE, page=_page(link), token=token)


def _message(link: PublicLink) -> Message | None:
    of_link = select(Message).join(UnsubscribeLink).where(UnsubscribeLink.link_id == link.id)
    return db.session.scalars(of_link.where(Message.deleted_at.is_(None))).unique().first()


PURPOSE = Purpose(unsubscribing.PURPOSE, TEMPLATE, _page, logo_of, _act)
