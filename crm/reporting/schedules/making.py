"""What is sent to one recipient, computed under their rights; or why nothing is."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from crm.companies.actors import load_actor
from crm.core.actor import Actor
from crm.core.db import db
from crm.core.errors import DomainError, Unavailable
from crm.core.links.services import address_of, new_token
from crm.mail.models import MessageKind
from crm.mail.services import Mail
from crm.reporting.schedules import mails
from crm.reporting.schedules.models import LONGEST_DETAIL, Outcome, ReportRecipient, ReportSchedule
from crm.reporting.schedules.rhythm import Rhythm
from crm.reporting.schedules.showing import NotReadableError, OutOfReachError, Report, show

CAUSE = "report:"  # how the causes of its mails begin

log = logging.getLogger("crm.reports")


@dataclass(frozen=True)
class Delivery:
    """One recipient of a schedule and a day that it is due."""

    recipient_id: int
    user_id: int
    schedule_id: int
    view_id: int | None
    sender: str  # "" of one's own schedule
    rhythm: Rhythm
    on: date
    only_rows: bool
    with_csv: bool

    @property
    def cause(self) -> str:
        return f"{CAUSE}{self.schedule_id}:{self.on.isoformat()}:{self.user_id}"


@dataclass(frozen=True)
class Made:
    """A mail, with the token of its link to unsubscribe; or the reason why there is none."""

    recipient_id: int
    outcome: Outcome
    detail: str = ""
    mail: Mail | None = None
    token: str = ""
    reader: Actor | None = None  # by whose rights the mail was made
    files: Sequence[tuple[str, str]] = ()  # title, content


def delivery_of(row: ReportSchedule, to: ReportRecipient, on: date) -> Delivery:
    return Delivery(
        to.id,
        to.user_id,
        row.id,
        row.saved_view_id,
        "" if to.user_id == row.user_id else str(row.user),
        row.rhythm,
        on,
        row.only_rows,
        row.with_csv,
    )


def make(delivery: Delivery) -> Made:
    """Raises Unavailable or DBAPIError where the database does not answer."""
    try:
        return _make(delivery)
    except NotReadableError:
        return Made(delivery.recipient_id, Outcome.UNREADABLE)
    except OutOfReachError:
        return Made(delivery.recipient_id, Outcome.OUT_OF_REACH)
    except DomainError as error:
        return Made(delivery.recipient_id, Outcome.FAILED, str(error)[:LONGEST_DETAIL])
    except Unavailable:
        raise
    except Exception as error:  # whatever is wrong for one, the others get theirs
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        log.exception("Report %s cannot be made.", delivery.cause)
        return Made(delivery.recipient_id, Outcome.FAILED)
    finally:
        db.session.rollback()


def _make(delivery: Delivery) -> Made:
    actor = load_actor(delivery.user_id)
    if actor is None:
        return Made(delivery.recipient_id, Outcome.INACTIVE)
    if actor.company is None:
        return Made(delivery.recipient_id, Outcome.NO_COMPANY)
    if delivery.view_id is None:
        return Made(delivery.recipient_id, Outcome.DELETED)
    report = show(delivery.view_id, actor, with_csv=delivery.with_csv)
    if report.is_empty and delivery.only_rows:
        return Made(delivery.recipient_id, Outcome.EMPTY)
    token = new_token()
    mail = _mail(delivery, actor, report, address_of(token))
    return Made(delivery.recipient_id, Outcome.QUEUED, "", mail, token, actor, report.files)


def _mail(delivery: Delivery, actor: Actor, report: Report, unsubscribe_url: str) -> Mail:
    html, text = mails.texts(report, actor, delivery.rhythm, delivery.sender, unsubscribe_url)
    return Mail(
        cause=delivery.cause,
        company_id=actor.company.id if actor.company is not None else 0,
        owner_id=actor.user_id,
        kind=MessageKind.REPORT,
        subject=mails.subject(report, actor),
        body_html=html,
        body_text=text,
        to_address=db.session.scalar(select(User.email).where(User.id == actor.user_id)),
        to_name=actor.name,
        automatic=True,
        language=actor.language,
    )
