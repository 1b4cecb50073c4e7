"""The mails of a reminder, one for each recipient, by the template of the event's type."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from crm.calendar.models import Event, EventReminder
from crm.calendar.reminders.recipients import Recipient, obstacle
from crm.calendar.reminders.scheduling import cause_of, due_key
from crm.companies.models import CompanySettings
from crm.core.db import db
from crm.core.models import rich_text
from crm.mail import senders
from crm.mail.models import MessageKind, SkipReason, Template
from crm.mail.related import records_around
from crm.mail.services import Mail
from crm.mail.templates.filling import fill
from crm.mail.templates.variables import ABOUT

# What an event is about; only its owner, who chose these, is told of them.
PARTIES = ("account", "contact", "opportunity", "lead")


@dataclass(frozen=True)
class Prepared:
    """A mail, and why it is not sent."""

    mail: Mail
    refusal: SkipReason | None = None


def prepare(reminder: EventReminder, recipients: Sequence[Recipient]) -> list[Prepared]:
    """The mails, to be queued or skipped; to be called without the row filter."""
    event = reminder.event
    kind = MessageKind(f"{event.type.value}_reminder")
    template = _template(event, kind)
    return [_prepare(reminder, event, kind, template, one) for one in recipients]


def _template(event: Event, kind: MessageKind) -> Template | None:
    """The one that the event's company has chosen, if it is in use."""
    mine = CompanySettings.company_id == event.company_id
    column = getattr(CompanySettings, f"{kind.value}_template_id")
    statement = select(Template).join(CompanySettings, column == Template.id).where(mine)
    found = db.session.scalars(statement.where(Template.active, Template.deleted_at.is_(None)))
    return found.unique().first()


def _prepare(
    reminder: EventReminder,
    event: Event,
    kind: MessageKind,
    template: Template | None,
    to: Recipient,
) -> Prepared:
    mail = _empty(reminder, event, kind, to)
    if template is None:
        return Prepared(mail, SkipReason.NO_TEMPLATE)
    filled = fill(template, _records(event, kind, to), to.language, to.zone)
    mail = replace(
        mail,
        subject=filled.subject,
        body_html=filled.body_html,
        body_text=rich_text.to_text(filled.body_html),
        template_id=template.id,
        attachments=template.files,
        language=filled.language,
    )
    return Prepared(mail, obstacle(to))


def _empty(reminder: EventReminder, event: Event, kind: MessageKind, to: Recipient) -> Mail:
    """Everything but the texts; of a recipient without an account the owner is the sender."""
    sender = senders.of_company(event.company_id)
    is_guest = to.user_id is None
    owner = event.owner if to.user_id != event.owner_id else None
    return Mail(
        cause=f"{cause_of(reminder)}{to.key}{due_key(reminder)}",
        company_id=event.company_id,
        kind=kind,
        subject=event.subject,
        to_address=to.address,
        to_name=to.name,
        to_relation=to.relation,
        related={"event": event.id} | ({to.relation: to.pk} if to.pk is not None else {}),
        owner_id=reminder.user_id if is_guest else to.user_id,
        sender_name=sender.name,
        sender_address=sender.address,
        reply_name=str(owner) if owner is not None else "",
        reply_to=owner.email if owner is not None else None,
        automatic=True,
        transactional=not is_guest,
    )


def _records(event: Event, kind: MessageKind, to: Recipient) -> Mapping[str, Any]:
    names = ABOUT[kind] if to.user_id == event.owner_id else ("owner", "company")
    return records_around("event", event, names)
