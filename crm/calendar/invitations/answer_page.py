"""The page by which a guest answers an invitation, behind a public link. Source: spec 9.3."""

from dataclasses import dataclass
from urllib.parse import quote

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import select

from crm.calendar import ics
from crm.calendar.display import ANSWERS, MAP
from crm.calendar.invitations import answering
from crm.calendar.invitations.answering import Invited
from crm.calendar.invitations.calendar_part import write_invitation
from crm.calendar.invitations.mails import organizer_address
from crm.calendar.invitations.meeting import next_of
from crm.calendar.invitations.telling import PURPOSE as NAME
from crm.calendar.invitations.words import repeats, when, zone_of
from crm.calendar.models import Answer, Invitation, Participant
from crm.companies.logo import logo_of
from crm.companies.models import Company
from crm.core.config import languages
from crm.core.db import db, transaction
from crm.core.links.models import PublicLink
from crm.core.links.purposes import Purpose
from crm.core.models import spec_of
from crm.core.models.codes import language_name
from crm.core.models.text import format_phone
from crm.core.views.display import initials
from crm.mail import senders

TEMPLATE = "calendar/invitation.html"
FILE = "invitation.ics"


@dataclass(frozen=True)
class Organizer:
    """Who invites, with a telephone number where they have one."""

    name: str
    phone: str = ""
    phone_url: str = ""


@dataclass(frozen=True)
class InvitationPage:
    """Everything templates/calendar/invitation.html places."""

    company: str
    initials: str
    has_logo: bool
    languages: list[tuple[str, str]]
    subject: str = ""
    closed: str = ""  # why it cannot be answered
    guest: str = ""
    organizer: Organizer | None = None
    when: str = ""
    zone: str = ""
    repeats: str = ""
    location: str = ""
    map_url: str = ""
    video_url: str = ""
    description: str | Markup = ""
    answers: tuple[tuple[str, str, str, bool], ...] = ()  # value, words, icon, whether it is given
    comment: str = ""
    is_answered: bool = False
    error: str = ""


def _page(link: PublicLink, error: str = "") -> InvitationPage | None:
    invited = _invited(link)
    company = db.session.get_one(Company, link.company_id)
    named = [(code, language_name(code)) for code in sorted(languages(), reverse=True)]
    brand = (company.name, initials(company.name), company.logo is not None, named)
    if invited is None:
        return None
    if invited.is_off:
        return InvitationPage(*brand, closed=_("This event is cancelled."))
    if invited.guest is None:
        return InvitationPage(*brand, closed=_("You are no longer invited to this event."))
    event = next_of(invited.guest.events)
    owner = event.owner
    phone = owner.phone or "" if owner is not None else ""
    organizer = Organizer(
        str(owner or company.name), format_phone(phone) if phone else "", f"tel:{phone}"
    )
    is_open = bool(invited.open_events)
    row = next(iter(invited.rows), None)
    given = row.answer if row is not None else invited.guest.answer
    words = spec_of(Participant, "answer").choices or {}
    return InvitationPage(
        *brand,
        subject=event.subject,
        closed="" if is_open else _("This event has begun or is over."),
        guest=invited.guest.name,
        organizer=organizer,
        when=when(event),
        zone=zone_of(event),
        repeats=repeats(invited.meeting.series, invited.guest.events),
        location=event.location or "",
        map_url=MAP.format(quote(event.location)) if event.location else "",
        video_url=event.video_url or "",
        description=Markup(event.description or ""),  # noqa: S704  stored cleaned
        answers=tuple(
            (one, str(words[one]), ANSWERS[one][0], given == one) for one in answering.OFFERED
        ),
        comment=(row.comment if row is not None else None) or "",
        is_answered=given != Answer.WAITING,
        error=error,
    )


def _act(link: PublicLink) -> ResponseReturnValue | None:
    """Note the answer; back to the page, which shows it."""
    invited = _invited(link)
    if invited is None:
        return None
    token = (request.view_args or {})["token"]
    given = request.form.get("answer", "")
    if invited.open_events and given not in answering.OFFERED:
        page = _page(link, _("Choose an answer."))
        return render_template(TEMPLATE, page=page, token=token), 422
    if invited.open_events:
        with transaction():
            answering.answer(invited, Answer(given), request.form.get("comment", ""))
    lang = request.args.get("lang")
    return redirect(url_for("PublicLinkView.show", token=token, lang=lang), 303)


def _file(link: PublicLink, name: str) -> ResponseReturnValue | None:
    """The invitation as a file, for the guest's own calendar."""
    invited = _invited(link)
    if name != FILE or invited is None or invited.is_off or invited.guest is None:
        return None
    meeting, guest = invited.meeting, invited.guest
    organizer = organizer_address(next_of(guest.events))
    text = write_invitation(
        meeting,
        guest,
        organizer or senders.of_company(link.company_id).address,
        method="PUBLISH",
        sequence=meeting.sequence,
        url="",
    )
    answer = Response(text, content_type=ics.CONTENT_TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="{FILE}"'
    return answer


def _invited(link: PublicLink) -> Invited | None:
    statement = select(Invitation).where(Invitation.link_id == link.id)
    invitation = db.session.scalars(statement).first()
    return answering.invited_by(invitation) if invitation is not None else None


PURPOSE = Purpose(NAME, TEMPLATE, _page, logo_of, _act, _file)
