"""Takes the answers that calendars send by mail, once a minute where MAIL_IN_URL is set."""

import imaplib
import logging

from flask import current_app
from sqlalchemy import select

from crm.calendar.invitations import answering
from crm.calendar.invitations.mailbox import content_of, opened, uids_after, validity
from crm.calendar.invitations.replies import Reply, replies_in
from crm.calendar.models import Event, EventSeries, Invitation, ReplyMailbox, Told
from crm.core.config import Config
from crm.core.db import db, transaction
from crm.core.jobs import every_minute
from crm.core.mail_in_url import Mailbox
from crm.core.rows import unfiltered

log = logging.getLogger("crm.calendar")


@every_minute("replies")
def read_replies() -> int:
    """Read what the mailbox has got since. Returns how many answers that were.

    Raises MailboxError, which the job's row keeps, where it cannot be read.
    """
    config: Config = current_app.extensions["crm.config"]
    if config.mail_in is None:
        return 0
    with opened(config.mail_in) as host, unfiltered("a guest answers, whoever reads the event"):
        return _read(host, config.mail_in)


def _read(host: imaplib.IMAP4, box: Mailbox) -> int:
    answers, now = 0, validity(host)
    for uid in uids_after(host, _last_read(box, now)):
        replies = replies_in(content_of(host, uid))
        accepted = [found for one in replies if (found := _invited(one)) is not None]
        with transaction():
            _note(box, now, uid)
            for invited, reply in accepted:
                answers += answering.answer(invited, reply.answer, reply.comment)
    return answers


def _last_read(box: Mailbox, now: int) -> int:
    """The highest UID that was read; 0 where the mailbox numbers its mails anew."""
    row = _row(box)
    return row.uid if row is not None and row.validity == now else 0


def _row(box: Mailbox) -> ReplyMailbox | None:
    return db.session.scalars(select(ReplyMailbox).where(ReplyMailbox.name == str(box))).first()


def _note(box: Mailbox, now: int, uid: int) -> None:
    row = _row(box) or ReplyMailbox(name=str(box))
    row.validity, row.uid = now, uid
    db.session.add(row)


def _invited(reply: Reply) -> tuple[answering.Invited, Reply] | None:
    """What a reply answers; None where it is nobody's, or older than what is known.

    An answer by the link that came later counts, and so does a later reply: a mailbox that is read
    anew changes nothing.
    """
    invitation = _invitation(reply)
    if invitation is None or invitation.told is not Told.INVITED:
        return None
    invited = answering.invited_by(invitation)
    if invited is None or reply.sequence < invitation.sequence:
        return None
    known = [row.answered_at for row in invited.rows if row.answered_at is not None]
    if any(reply.stamp <= at for at in known):
        return None
    return (invited, reply) if invited.rows else None


def _invitation(reply: Reply) -> Invitation | None:
    mine = select(Invitation).where(Invitation.key == reply.address)
    for model, column in ((Event, Invitation.event_id), (EventSeries, Invitation.series_id)):
        statement = mine.join(model, model.id == column).where(model.uid == reply.uid)
        found = db.session.scalars(statement).first()
        if found is not None:
            return found
    return None
