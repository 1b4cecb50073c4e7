"""A test mail to oneself."""

from uuid import uuid4

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _

from crm.core.actor import current_actor
from crm.core.db import db
from crm.core.errors import DomainError
from crm.mail.models import Message, MessageKind
from crm.mail.services.queueing import Mail, queue


def queue_test() -> Message:
    """A mail to the actor. Raises DomainError where they are of no company."""
    actor = current_actor()
    if actor.company is None:
        raise DomainError(_("You belong to no company."))
    user = db.session.get_one(User, actor.user_id)
    mail = Mail(
        cause=f"test:{uuid4().hex}",
        company_id=actor.company.id,
        kind=MessageKind.TEST,
        subject=_("A test of the outbox"),
        body_text=_("This e-mail left the outbox: the mail server takes what Comptoir sends."),
        to_address=user.email,
        to_name=actor.name,
        automatic=True,
        transactional=True,
    )
    return queue(mail)
