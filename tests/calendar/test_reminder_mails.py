"""The mails of reminders: to whom, from which template and sender, and what became of them."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from crm.accounts.models import Account, AccountContact, Contact
from crm.calendar.models import (
    Answer,
    Event,
    EventReminder,
    EventType,
    Participant,
    ReminderChannel,
    ReminderReason,
    ReminderStatus,
    ReminderUnit,
    ReminderWhom,
    Visibility,
)
from crm.calendar.reminders.outcomes import settle_cancelled
from crm.calendar.reminders.sending import send_due
from crm.companies.models import Company, CompanySettings, User
from crm.core.types import utcnow
from crm.doctor import examine
from crm.leads.models import Lead
from crm.mail import services as mail_services
from crm.mail.models import Message, MessageKind, MessageState, SkipReason, Template
from tests.calendar.reminding import Everything, line, messages, reminders, told
from tests.factories import again, make, person, save
from tests.fixtures import Acting, Cast, Client
from tests.mail.delivering import delivered, now_due
from tests.mail.postbox import OK, Postbox

pytestmark = pytest.mark.both

AsUser = Callable[[str], Client]
HOUR = timedelta(hours=1)


def soon(*lines: dict[str, Any], **given: Any) -> Event:
    """An event in an hour, of which everything was due a while ago."""
    found = list(lines) or [line(3, ReminderUnit.HOURS)]
    return make(Event, **({"starts_at": utcnow() + HOUR, "reminders": found} | given))


def for_all(**given: Any) -> dict[str, Any]:
    return line(3, ReminderUnit.HOURS, recipients=ReminderWhom.ALL, **given)


def sent(app: Flask) -> int:
    with app.app_context():
        return send_due()


def invite(everything: Everything, event: Event, *guests: dict[str, Any]) -> None:
    with everything() as session:
        for guest in guests:
            session.execute(insert(Participant).values(event_id=event.id, **guest))


@pytest.mark.accept("A-17")
def test_each_company_has_its_template_and_its_sender(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, postbox: Postbox
) -> None:
    with acting("alice") as session:
        for company_id, word in ((cast.france, "France"), (cast.iberia, "Iberia")):
            texts = {"fr": f"{word} : {{{{ event.subject }}}}"}
            template = Template(
                name={"fr": word}, kind=MessageKind.CALL_REMINDER, subject=texts, body=texts,
                company_id=company_id,
            )  # fmt: skip
            session.add(template)
            session.flush()
            row = session.scalars(
                select(CompanySettings).where(CompanySettings.company_id == company_id)
            ).one()
            row.call_reminder_template_id, row.sender_name = template.id, f"Équipe {word}"
            row.sender_email = f"{word.lower()}@acme.example"
            company = session.get_one(Company, company_id)
            soon(company=company, type=EventType.CALL, subject=f"Appel {word}")
    assert sent(app) == 2
    assert delivered(app) == 2
    found = {str(mail["Subject"]): str(mail["From"]) for mail in postbox.mails}
    assert found == {
        "France : Appel France": "Équipe France <france@acme.example>",
        "Iberia : Appel Iberia": "Équipe Iberia <iberia@acme.example>",
    }


@pytest.mark.accept("A-72")
def test_without_a_template_it_is_dropped_and_said_everywhere(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, as_user: AsUser
) -> None:
    with everything() as session:
        session.execute(update(CompanySettings).values(call_reminder_template_id=None))
    with acting("claire"):
        soon(type=EventType.CALL)
        soon(subject="Rendez-vous")
    assert sent(app) == 2
    call = reminders(everything)[0]
    assert (call.status, call.reason) == (ReminderStatus.DROPPED, ReminderReason.NO_TEMPLATE)
    assert call.skipped == [["Claire Colin", "no_template"]]
    skipped, queued = sorted(messages(everything), key=lambda one: one.state, reverse=True)
    assert (skipped.state, skipped.reason) == (MessageState.SKIPPED, SkipReason.NO_TEMPLATE)
    assert queued.state == MessageState.QUEUED
    assert told(everything) == [cast.claire] * 2
    settings = as_user("alice").get(f"/settings/companies/{cast.france}").text
    assert "1 was skipped within 30 days." in settings
    with app.app_context():
        findings = [one.sentence for one in examine() if one.is_wrong]
    assert any("1 e-mail of ACME France was skipped" in text for text in findings), findings


@pytest.mark.accept("A-73")
def test_a_retry_sends_it_once_and_the_status_says_so(
    app: Flask, acting: Acting, everything: Everything, postbox: Postbox
) -> None:
    with acting("claire"):
        soon()
    assert sent(app) == 1
    postbox.rcpt = lambda address: "451 later"
    assert delivered(app) == 0
    (reminder,) = reminders(everything)
    assert (reminder.status, reminder.reason) == (ReminderStatus.WAITING, None)
    postbox.rcpt = lambda address: OK
    now_due(everything)
    assert sent(app) == 0
    assert delivered(app) == 1
    (reminder,) = reminders(everything)
    assert reminder.status == ReminderStatus.SENT
    assert len(postbox.mails) == 1


def test_a_refusal_fails_it_until_it_is_sent_again(
    app: Flask, acting: Acting, everything: Everything, postbox: Postbox
) -> None:
    with acting("claire"):
        soon()
    sent(app)
    postbox.rcpt = lambda address: "550 unknown"
    delivered(app)
    (reminder,) = reminders(everything)
    assert (reminder.status, reminder.reason) == (ReminderStatus.FAILED, ReminderReason.REFUSED)
    assert reminder.detail == "Claire Colin: 550 unknown"
    postbox.rcpt = lambda address: OK
    with acting("claire") as session:
        mail_services.send_again(session.scalars(select(Message)).unique().one())
    assert delivered(app) == 1
    assert reminders(everything)[0].status == ReminderStatus.SENT


def test_a_mail_that_is_cancelled_in_the_outbox_is_said(
    app: Flask, acting: Acting, everything: Everything
) -> None:
    with acting("claire"):
        soon(line(3, ReminderUnit.HOURS, channel=ReminderChannel.MAIL))
    sent(app)
    with acting("claire") as session:
        mail_services.cancel(session.scalars(select(Message)).unique().one())
    with app.app_context():
        assert settle_cancelled() == 1
        assert settle_cancelled() == 0
    (reminder,) = reminders(everything)
    assert (reminder.status, reminder.reason) == (
        ReminderStatus.DROPPED,
        ReminderReason.MAIL_CANCELLED,
    )


def test_an_event_that_moves_takes_back_what_waits_in_the_outbox(
    app: Flask, acting: Acting, everything: Everything
) -> None:
    with acting("claire"):
        event = soon()
    sent(app)
    with acting("claire"):
        save(again(event), starts_at=utcnow() + 24 * HOUR)
    (message,), (reminder,) = messages(everything), reminders(everything)
    assert message.state == MessageState.CANCELLED
    assert (reminder.status, reminder.queued_at) == (ReminderStatus.WAITING, None)


@pytest.mark.accept("A-74")
def test_everyone_invited_gets_a_mail_of_their_own(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, postbox: Postbox
) -> None:
    with acting("claire"):
        contact = make(Contact, first_name="Sophie", last_name="Marchand", email="s@client.example")
        refusing = make(Contact, last_name="Muet", email="m@client.example", do_not_email=True)
        lead = make(Lead, last_name="Piste", email="p@lead.example")
        event = soon(for_all())
    invite(
        everything, event,
        {"user_id": cast.hugo}, {"user_id": cast.nadia, "answer": Answer.NO},
        {"contact_id": contact.id}, {"contact_id": refusing.id}, {"lead_id": lead.id},
        {"email": "bare@guest.example"}, {"email": "S@client.example"},
    )  # fmt: skip
    assert sent(app) == 1
    assert delivered(app) == 5
    expected = [
        "bare@guest.example", "claire@acme.example", "hugo@acme.example", "p@lead.example",
        "s@client.example",
    ]  # fmt: skip
    assert sorted(mail["To"].addresses[0].addr_spec for mail in postbox.mails) == expected
    for raw, mail in zip(postbox.raw, postbox.mails, strict=True):
        own = mail["To"].addresses[0].addr_spec
        others = {one for one in expected if one != own} - {"claire@acme.example"}
        assert not [one for one in others if one.encode() in raw]
    (reminder,) = reminders(everything)
    assert reminder.status == ReminderStatus.SENT
    assert reminder.skipped == [["Muet", "do_not_email"]]
    assert told(everything) == [cast.claire, cast.hugo]


def test_each_reads_it_in_their_language_and_their_time_zone(
    app: Flask, acting: Acting, cast: Cast, everything: Everything
) -> None:
    with everything() as session:
        hugo, claire = session.get_one(User, cast.hugo), session.get_one(User, cast.claire)
        hugo.language, hugo.time_zone = "en", "America/New_York"
        claire.language, claire.time_zone = "fr", "Europe/Paris"
    with acting("claire"):
        contact = make(Contact, last_name="Ray", email="ray@client.example", language=None)
        account = make(Account, language="en")
        account.links.append(AccountContact(contact=contact))
        event = soon(for_all(), subject="Point")
    invite(everything, event, {"user_id": cast.hugo}, {"contact_id": contact.id})
    sent(app)
    found = {one.to_name: one.subject for one in messages(everything)}
    assert found["Ray"].startswith("Meeting"), "as the account for which they work"
    zones = {"Claire Colin": "Europe/Paris", "Hugo Henry": "America/New_York"}
    for name, zone in zones.items():
        assert f"{event.starts_at.astimezone(ZoneInfo(zone)):%H:%M}" in found[name]
    assert found["Claire Colin"].startswith("Rendez-vous\u00a0: Point")
    assert found["Hugo Henry"].startswith("Meeting: Point")


def test_what_an_event_is_about_is_told_to_its_owner_alone(
    app: Flask, acting: Acting, everything: Everything
) -> None:
    with acting("claire"):
        contact = make(Contact, last_name="Secret")
        event = soon(for_all(), contact=contact)
    invite(everything, event, {"email": "bare@guest.example"})
    sent(app)
    with everything() as session:
        bodies = dict(session.execute(select(Message.to_address, Message.body_text)).all())
    assert "Secret" in bodies["claire@acme.example"]
    assert "Secret" not in bodies["bare@guest.example"]


def test_who_no_longer_reads_the_event_is_not_reminded(
    app: Flask, acting: Acting, cast: Cast, everything: Everything
) -> None:
    with acting("claire"):
        soon()
    with everything() as session:
        session.execute(update(EventReminder).values(user_id=cast.nadia))
    sent(app)
    (reminder,) = reminders(everything)
    assert (reminder.status, reminder.reason) == (ReminderStatus.DROPPED, ReminderReason.NOBODY)
    assert messages(everything) == []


@pytest.mark.parametrize(("visibility", "is_told"), [("public", True), ("private", False)])
def test_of_a_private_event_only_who_takes_part_is_reminded(
    app: Flask, acting: Acting, cast: Cast, everything: Everything, visibility: str, is_told: bool
) -> None:
    with acting("claire"):
        event = soon()
    with everything() as session:
        session.execute(update(EventReminder).values(user_id=cast.marc))
        session.execute(
            update(Event).where(Event.id == event.id).values(visibility=Visibility(visibility))
        )
    sent(app)
    assert bool(messages(everything)) is is_told


def test_only_their_maker_reads_them_and_the_owner_those_for_all(
    acting: Acting, cast: Cast
) -> None:
    with acting("marc"):
        event = make(
            Event, owner=person(cast.claire), type=EventType.EVENT,
            reminders=[line(2), line(3, recipients=ReminderWhom.ALL)],
        )  # fmt: skip
        assert [one.amount for one in again(event).reminders] == [2, 3]
    with acting("claire"):
        assert [one.amount for one in again(event).reminders] == [3]
        save(again(event), reminders=[line(4)])
        assert [one.amount for one in again(event).reminders] == [4]
    with acting("alice"):
        assert again(event).reminders == []
    with acting("marc"):
        assert [one.amount for one in again(event).reminders] == [2]


def test_the_default_is_ones_own_else_the_companys(
    acting: Acting, cast: Cast, everything: Everything
) -> None:
    def made(**given: Any) -> Sequence[tuple[int | None, str]]:
        with acting("claire"):
            event = make(Event, **given)
            return [(one.amount, one.unit.value) for one in again(event).reminders]

    assert made() == [(30, "minutes")]
    assert made(type=EventType.TASK) == []
    with everything() as session:
        session.execute(update(CompanySettings).values(default_reminder_minutes=None))
    assert made() == []
    with everything() as session:
        session.get_one(User, cast.claire).default_reminder = "1440"
    assert made(type=EventType.CALL) == [(1, "days")]
    assert made(reminders=[]) == []


def test_who_is_given_an_event_has_their_own_default(
    acting: Acting, cast: Cast, everything: Everything
) -> None:
    with acting("marc"):
        make(Event, owner=person(cast.hugo))
    assert {one.user_id for one in reminders(everything)} == {cast.marc, cast.hugo}
