"""The page by which a recipient of a report refuses further ones, behind the link in each mail."""

from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, get_locale
from sqlalchemy import select

from crm.companies.logo import logo_of
from crm.companies.models import Company
from crm.core.db import db, transaction
from crm.core.links.models import PublicLink
from crm.core.links.purposes import Purpose
from crm.mail.models import Message, UnsubscribeLink
from crm.reporting.schedules.models import ReportRecipient, ReportSchedule
from crm.reporting.schedules.services import refuse

NAME = "report"
TEMPLATE = "reporting/schedules/unsubscribe.html"


@dataclass(frozen=True)
class ReportUnsubscribePage:
    """Everything templates/reporting/schedules/unsubscribe.html places."""

    company: str
    report: str
    has_logo: bool
    is_done: bool
    language: str


def _page(link: PublicLink) -> ReportUnsubscribePage | None:
    recipient = _recipient(link)
    if recipient is None:
        return None
    company = db.session.get_one(Company, link.company_id)
    return ReportUnsubscribePage(
        company.name,
        recipient.schedule.name,
        company.logo is not None,
        recipient.unsubscribed_at is not None,
        recipient.user.language or "en",
    )


def _act(link: PublicLink) -> ResponseReturnValue | None:
    """For the button, and for mail programs, which follow no redirect. Source: RFC 8058, 3.1."""
    recipient = _recipient(link)
    if recipient is None:
        return None
    with transaction():
        refuse(recipient)
    token = (request.view_args or {})["token"]
    page = _page(link)
    with force_locale(page.language if page else get_locale()):
        return render_template(TEMPLATE, page=page, token=token)


def _recipient(link: PublicLink) -> ReportRecipient | None:
    """Whom the mail of the link was for, whose cause says it; None where the schedule is gone."""
    of_link = select(Message.cause).join(UnsubscribeLink).where(UnsubscribeLink.link_id == link.id)
    cause = db.session.scalar(of_link)
    if cause is None:
        return None
    _report, schedule_id, _on, user_id = cause.split(":")
    statement = (
        select(ReportRecipient)
        .join(ReportSchedule)
        .where(
            ReportSchedule.id == int(schedule_id),
            ReportSchedule.deleted_at.is_(None),
            ReportRecipient.user_id == int(user_id),
        )
    )
    found: ReportRecipient | None = db.session.scalars(statement).first()
    return found


PURPOSE = Purpose(NAME, TEMPLATE, _page, logo_of, _act)
