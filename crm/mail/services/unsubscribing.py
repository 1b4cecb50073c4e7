"""Recipients refuse further e-mails by a link of their own. Source: RFC 8058."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import or_, select, update

from crm.core.datamodel.saving import flush
from crm.core.db import db
from crm.core.links import services as links
from crm.core.models import target_of
from crm.core.types import utcnow
from crm.mail.models import Message, MessageState, SkipReason, UnsubscribeLink
from crm.mail.services.recipients import PEOPLE

PURPOSE = "unsubscribe"  # of the public link
VALID = timedelta(days=3 * 365)
FOOTER = Markup('<p><a href="{}">{}</a></p>')


def offer(message: Message, language: str) -> None:
    """Add the link to a new message: to its texts, and for its headers."""
    link, token = links.create(PURPOSE, message.company_id, VALID)
    url = links.address_of(token)
    message.unsubscribe_link = UnsubscribeLink(link=link, url=url)
    with force_locale(language or "en"):
        words = _("Unsubscribe")
    if message.body_html:
        message.body_html += str(FOOTER.format(url, words))
    message.body_text = f"{message.body_text.rstrip()}\n\n{words}: {url}\n"
    flush()


def is_unsubscribed(message: Message) -> bool:
    """Whether nobody with the address of this message takes e-mails of its company any more."""
    found = [person for name in PEOPLE for person in _people(message, name)]
    return bool(found) and all(person.do_not_email for person in found)


def unsubscribe(message: Message) -> None:
    """Note that its recipient refuses e-mails, and skip those that wait for them.

    Transactional ones still leave.
    """
    for name in PEOPLE:
        for person in _people(message, name):
            person.do_not_email = True
    flush()
    waiting = (
        Message.company_id == message.company_id,
        Message.state == MessageState.QUEUED,
        Message.to_address == message.to_address,
        Message.transactional.is_(False),
        or_(Message.lease_until.is_(None), Message.lease_until < utcnow()),
    )
    values = {
        "state": MessageState.SKIPPED,
        "reason": SkipReason.DO_NOT_EMAIL,
        "next_try_at": None,
        "row_version": Message.row_version + 1,
    }
    db.session.execute(
        update(Message).where(*waiting).values(values).execution_options(synchronize_session=False)
    )


def _people(message: Message, relation: str) -> Sequence[Any]:
    """The leads, contacts or accounts of the company that have the address, and its recipient."""
    model = target_of(Message, relation)
    same = model.email == message.to_address
    if message.to_relation == relation:
        same = or_(same, model.id == getattr(message, f"{relation}_id"))
    statement = select(model).where(model.company_id == message.company_id, same)
    return db.session.scalars(statement.where(model.deleted_at.is_(None))).unique().all()
