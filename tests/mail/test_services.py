"""What can be done to a message, whoever asks."""

from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import func, select

from crm.accounts.models import Contact
from crm.core.errors import DomainError
from crm.leads.models import Lead
from crm.mail import services
from crm.mail.models import Message, MessageKind, MessageState, SkipReason
from crm.mail.services import Mail
from tests.factories import make
from tests.fixtures import Acting, Cast


def mail(cast: Cast, **given: Any) -> Mail:
    """A mail to a customer, complete but for `given`."""
    said: dict[str, Any] = {
        "cause": "test:1",
        "company_id": cast.france,
        "kind": MessageKind.FREE,
        "subject": "Hello",
        "body_text": "Good morning.",
        "to_address": "sophie@customer.example",
        "to_name": "Sophie Marchand",
    }
    return Mail(**(said | given))


def test_a_cause_has_one_message(acting: Acting, cast: Cast) -> None:
    with acting("claire") as session:
        first = services.queue(mail(cast))
        assert services.queue(mail(cast, subject="Again")) is first
        assert services.skip(mail(cast), SkipReason.DO_NOT_EMAIL) is first
        assert session.scalar(select(func.count()).select_from(Message)) == 1
    assert first.state == MessageState.QUEUED
    assert first.owner_id == cast.claire
    with acting("olga"):
        assert services.queue(mail(cast, company_id=cast.iberia)).id == first.id


def test_a_message_without_an_address_is_skipped_and_says_why(acting: Acting, cast: Cast) -> None:
    with acting("claire"):
        message = services.queue(mail(cast, to_address=None))
    assert (message.state, message.reason) == (MessageState.SKIPPED, SkipReason.NO_ADDRESS)
    assert message.why == "No e-mail address"
    with acting("claire"), pytest.raises(DomainError):
        services.send_again(message)


def test_a_message_is_rolled_back_with_what_caused_it(acting: Acting, cast: Cast) -> None:
    with suppress(ZeroDivisionError), acting("claire"):
        services.queue(mail(cast))
        raise ZeroDivisionError
    with acting("claire") as session:
        assert session.scalar(select(func.count()).select_from(Message)) == 0


def test_a_cancelled_message_can_be_sent_again_but_a_sent_one_cannot(
    acting: Acting, cast: Cast
) -> None:
    with acting("claire"):
        message = services.queue(mail(cast))
        services.cancel(message)
        assert message.next_try_at is None
        services.send_again(message)
        assert message.state == MessageState.QUEUED
        message.state = MessageState.SENT
        for verb in (services.cancel, services.send_again):
            with pytest.raises(DomainError):
                verb(message)


def test_a_second_try_goes_to_the_address_that_was_corrected(acting: Acting, cast: Cast) -> None:
    with acting("claire") as session:
        lead = make(Lead, email="wrong@customer.example")
        related = {"lead": lead.id}
        message = services.queue(
            mail(cast, to_address=lead.email, to_relation="lead", related=related)
        )
        message.state = MessageState.FAILED
        lead.email = "right@customer.example"
        session.flush()
        ids = services.failed_ids(most=10)
        assert services.retry(ids) == services.Retried(queued=1)
        assert message.to_address == "right@customer.example"


def test_who_refuses_e_mails_gets_none_again(acting: Acting, cast: Cast) -> None:
    with acting("claire") as session:
        lead = make(Lead, email="sophie@customer.example")
        related = {"lead": lead.id}
        message = services.queue(mail(cast, to_relation="lead", related=related))
        copy = services.queue(mail(cast, cause="test:2"))
        for one in (message, copy):
            one.state = MessageState.FAILED
        lead.do_not_email = True
        session.flush()
        for one in (message, copy):
            with pytest.raises(DomainError, match="refuses e-mails"), session.begin_nested():
                services.send_again(one)
        assert services.retry(services.failed_ids(most=10)) == services.Retried(skipped=2)
        assert (message.state, message.reason) == (MessageState.SKIPPED, SkipReason.DO_NOT_EMAIL)
        lead.do_not_email = False
        session.flush()
        services.send_again(message)
        assert (message.state, message.reason) == (MessageState.QUEUED, None)


def test_what_was_skipped_without_its_texts_is_not_sent_again(acting: Acting, cast: Cast) -> None:
    with acting("claire"):
        message = services.skip(mail(cast), SkipReason.NO_TEMPLATE)
        with pytest.raises(DomainError, match="not possible in the status"):
            services.send_again(message)


def test_who_refuses_e_mails_is_known_within_the_company(acting: Acting, cast: Cast) -> None:
    with acting("marc"):
        make(Contact, last_name="Petit", email="petit@arc.example", do_not_email=True)
    with acting("claire"):  # who does not read that contact
        wanted = ["petit@arc.example", "other@arc.example"]
        assert services.refusing(cast.france, wanted) == {"petit@arc.example"}
        assert services.refusing(cast.iberia, wanted) == set()


@pytest.mark.parametrize("break_", ["\n", "\r", "\r\n", "\x0b", "\x85", "\u2028", "\0"])
def test_no_header_has_a_second_line(acting: Acting, cast: Cast, break_: str) -> None:
    text = f"Hello{break_}Bcc: everybody@example.com"
    with acting("claire"):
        message = services.queue(mail(cast, subject=text, to_name=text, reply_name=text))
        for name in ("subject", "to_name", "reply_name"):
            assert getattr(message, name) == "Hello Bcc: everybody@example.com"
        hostile = f"a@b.example{break_}Bcc: everybody@example.com"
        skipped = services.queue(mail(cast, cause="test:2", to_address=hostile))
        assert (skipped.reason, skipped.to_address) == (SkipReason.BAD_ADDRESS, None)
    for name in ("reply_to", "sender_address"):
        with pytest.raises(DomainError), acting("claire"):
            services.queue(mail(cast, cause="test:3", **{name: hostile}))


def test_a_message_is_read_by_whoever_reads_one_of_its_records(acting: Acting, cast: Cast) -> None:
    with acting("claire"):
        lead = make(Lead)
        message = services.queue(mail(cast, related={"lead": lead.id}))
        services.queue(mail(cast, cause="test:2"))
    seen = {"claire": 2, "hugo": 1, "marc": 1, "alice": 2, "audrey": 2, "olga": 0}
    for person, count in seen.items():
        with acting(person) as session:
            found = session.scalars(select(Message)).unique().all()
            assert len(found) == count, person
    with acting("claire") as session:
        session.get_one(Lead, lead.id).deleted_at = message.created_on
    with acting("hugo") as session:
        assert not session.scalars(select(Message)).unique().all()
