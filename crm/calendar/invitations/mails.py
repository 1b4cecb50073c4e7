"""The mail by which a guest is told something, from the template that the company chose."""

import logging
from collections.abc import Container, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from markupsafe import Markup, escape

from crm.calendar.invitations.calendar_part import CANCEL, REQUEST, write_invitation
from crm.calendar.invitations.deciding import News
from crm.calendar.invitations.guest_list import Guest
from crm.calendar.invitations.meeting import Meeting, next_of
from crm.calendar.invitations.words import repeats, when, zone_of
from crm.calendar.models import Event, Visibility
from crm.companies.settings import company_settings
from crm.core.config import Config
from crm.core.errors import DomainError
from crm.core.models import rich_text
from crm.mail import senders
from crm.mail.models import MessageKind, SkipReason, Template
from crm.mail.services import Mail
from crm.mail.templates.filling import Filled, fill

KINDS = {
    News.INVITED: MessageKind.INVITATION,
    News.CHANGED: MessageKind.DATE_CHANGED,
    News.WITHDRAWN: MessageKind.GUEST_REMOVED,
}
METHODS = {News.INVITED: REQUEST, News.CHANGED: REQUEST, News.WITHDRAWN: CANCEL}
RELATED = ("contact", "lead")  # of the relations of a message
ANSWER = Markup('<p>{}<br><a href="{}">{}</a></p>')

log = logging.getLogger("crm.calendar")


@dataclass(frozen=True, kw_only=True)
class Telling:
    """What one guest is told of an event; `number` is how often they were told before."""

    meeting: Meeting
    guest: Guest
    news: News
    number: int
    sequence: int
    url: str
    note: str = ""

    @property
    def event(self) -> Event:
        """The event that the mail names."""
        return next_of(self.guest.events)


def mail_of(told: Telling, refused: Container[str]) -> tuple[Mail, SkipReason | None]:
    """The mail, and why it is not sent; `refused` are addresses that want no e-mails."""
    event, guest = told.event, told.guest
    kind = KINDS[told.news]
    template: Template | None = getattr(company_settings(event.company_id), f"{kind}_template")
    filled = _filled(template, told) if template is not None else None
    html = _html(told, filled) if filled is not None else ""
    sender, owner = senders.of_company(event.company_id), event.owner
    mail = Mail(
        cause=_cause(told),
        company_id=event.company_id,
        kind=kind,
        subject=filled.subject if filled is not None else event.subject,
        body_html=html,
        body_text=rich_text.to_text(html),
        to_address=guest.address or None,
        to_name=guest.name,
        to_relation=guest.relation if guest.relation in RELATED else "",
        related=_related(event, guest),
        owner_id=event.owner_id,
        template_id=template.id if template is not None else None,
        sender_name=sender.name,
        sender_address=sender.address,
        reply_name=str(owner or ""),
        reply_to=owner.email if owner is not None else None,
        automatic=True,
        transactional=True,
        calendar=_calendar(told, sender.address),
        calendar_method=METHODS[told.news],
    )
    return mail, _obstacle(guest, filled, refused)


def _cause(told: Telling) -> str:
    ((column, pk),) = told.meeting.key.items()
    digest = sha256(told.guest.key.encode()).hexdigest()[:24]
    return f"invitation:{column}:{pk}:{digest}:{told.number}"


def _filled(template: Template, told: Telling) -> Filled | None:
    event, guest = told.event, told.guest
    records: dict[str, Any] = {"event": event, "owner": event.owner, "company": event.company}
    if guest.row is not None:
        records["guest"] = guest.row
    try:
        return fill(template, records, guest.language, guest.zone)
    except DomainError:
        log.exception("The template %s is too long for the event %s.", template.id, event.id)
        return None


def _html(told: Telling, filled: Filled) -> str:
    """The filled template, then the message of whoever cancels, then how to answer."""
    html = filled.body_html
    if told.note:
        lines = "<br>".join(str(escape(line)) for line in told.note.splitlines())
        html += f"<p>{lines}</p>"
    if told.news is not News.WITHDRAWN and told.url:
        with force_locale(filled.language):
            date = repeats(told.meeting.series, told.guest.events) or when(told.event)
            said = ", ".join(part for part in (date.rstrip("."), zone_of(told.event)) if part)
            html += str(ANSWER.format(said, told.url, _("Answer the invitation")))
    return html


def _related(event: Event, guest: Guest) -> Mapping[str, int]:
    """What the message is about. Of a private event nobody else reads it, with the guest either."""
    if event.visibility == Visibility.PRIVATE or guest.relation not in RELATED:
        return {"event": event.id}
    return {"event": event.id, guest.relation: guest.row.id}


def _calendar(told: Telling, sender: str) -> str:
    return write_invitation(
        told.meeting,
        told.guest,
        organizer_address(told.event) or sender,
        method=METHODS[told.news],
        sequence=told.sequence,
        url=told.url,
    )


def organizer_address(event: Event) -> str:
    """Where the calendars of guests send their replies: the mailbox that is read, if there is one.

    Without one the organiser reads them.
    """
    config: Config = current_app.extensions["crm.config"]
    if config.mail_in is not None:
        return config.mail_in.address
    return (event.owner.email if event.owner is not None else "") or ""


def _obstacle(guest: Guest, filled: Filled | None, refused: Container[str]) -> SkipReason | None:
    if not guest.address:
        return SkipReason.NO_ADDRESS
    if guest.refuses or guest.address in refused:
        return SkipReason.DO_NOT_EMAIL
    return SkipReason.NO_TEMPLATE if filled is None else None
