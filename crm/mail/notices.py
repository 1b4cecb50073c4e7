"""Notices by mail, to those who chose that: each is queued once, in its reader's language.

A worker does this every minute, so that nothing is rendered within the transaction that causes a
notice.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urljoin

from flask import current_app, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import ColumnElement, and_, delete, exists, select, update

from crm.companies.actors import load_actor
from crm.companies.models import User
from crm.core.actor import Actor, acting_as
from crm.core.config import Config
from crm.core.db import db, transaction
from crm.core.jobs import every_minute
from crm.core.rows import unfiltered
from crm.core.transfer.runs import ImportRun, State
from crm.core.types import utcnow
from crm.mail.models import Message, MessageKind
from crm.mail.services import Mail, queue
from crm.mail.signals import message_failed
from crm.notices.assigned import OF_IMPORT
from crm.notices.kinds import MAIL_FAILED
from crm.notices.models import Notice
from crm.notices.reading import Shown, find
from crm.notices.services import News, tell

AT_ONCE = 500  # the others have their turn a minute later
LONGEST_IMPORT = timedelta(hours=6)  # one that began before was interrupted

log = logging.getLogger("crm.mail")


@message_failed.connect
def tell_owner(message: Message) -> None:
    """Tell whoever it is from; not by a mail of a mail that failed itself."""
    if message.owner_id is None:
        return
    news = News(
        message.owner_id,
        MAIL_FAILED,
        f"{MAIL_FAILED}:{message.id}:{message.row_version}",  # each time that it fails
        "message",
        about=("message", message.id),
        args={"error": message.last_error or ""},
        company_id=message.company_id,
        may_mail=message.kind != MessageKind.NOTICE,
    )
    tell([news])


@every_minute("notices_by_mail")
def mail_notices() -> int:
    """Queue the mails of new notices. Returns how many notices there were."""
    new = select(Notice.id, Notice.user_id).where(Notice.to_mail, ~_is_growing())
    with unfiltered("the worker mails what people are told, to themselves"):
        found = db.session.execute(new.order_by(Notice.id).limit(AT_ONCE)).all()
    for pk, user_id in found:
        try:
            actor = load_actor(user_id)
            mail = _mail_of(pk, actor) if actor is not None else None
        except Exception:  # whatever is wrong with one, the others leave
            log.exception("Notice %s cannot be made into a mail; it is tried again.", pk)
            continue
        finally:
            db.session.rollback()
        with transaction() as session, unfiltered("whoever it is for, it is mailed once"):
            if mail is not None:
                queue(mail)
            session.execute(update(Notice).where(Notice.id == pk).values(to_mail=False))
            session.execute(delete(Notice).where(Notice.id == pk, Notice.in_page.is_(False)))
    return len(found)


def _is_growing() -> ColumnElement[bool]:
    """Whether an import adds to the number that a notice tells."""
    since = utcnow() - LONGEST_IMPORT
    running = exists().where(ImportRun.state == State.RUNNING, ImportRun.started_at > since)
    return and_(Notice.cause.startswith(OF_IMPORT), running)


def _mail_of(pk: int, actor: Actor) -> Mail | None:
    """The mail for its reader, who is the actor; None for one who is in no company any more."""
    email = db.session.scalar(select(User.email).where(User.id == actor.user_id))
    company = actor.company
    with as_reader(actor):
        shown = find(pk)
        if shown is None or company is None:
            return None
        return Mail(
            cause=f"notice:{pk}",
            company_id=company.id,
            owner_id=actor.user_id,
            kind=MessageKind.NOTICE,
            subject=shown.text,
            body_text=_text(shown),
            body_html=_html(shown),
            to_address=email,
            to_name=actor.name,
            automatic=True,
            transactional=True,
        )


@contextmanager
def as_reader(actor: Actor) -> Iterator[None]:
    """The rights and the language of a reader, and addresses as in their pages."""
    language = actor.language or "en"
    with current_app.test_request_context("/"), acting_as(actor), force_locale(language):
        yield


def _text(shown: Shown) -> str:
    parts = [shown.text, shown.context, full_address(shown.url) if shown.url else "", _footer()]
    return "\n\n".join(part for part in parts if part) + "\n"


def _html(shown: Shown) -> str:
    link = Markup('<a href="{}">{}</a>')
    text = link.format(full_address(shown.url), shown.text) if shown.url else shown.text
    parts = [text, shown.context, _footer()]
    return "".join(str(Markup("<p>{}</p>").format(part)) for part in parts if part)


def _footer() -> str:
    return _(
        "You chose to be notified of this by e-mail. To change that: %(url)s",
        url=full_address(url_for("NoticeView.choices")),
    )


def full_address(path: str) -> str:
    config: Config = current_app.extensions["crm.config"]
    return urljoin(config.public_url, path)
