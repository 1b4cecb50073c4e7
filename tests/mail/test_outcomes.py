"""What an error means for the message: to be tried again, or refused."""

import smtplib

import pytest

from crm.mail import outcomes
from crm.mail.models import Answer


def test_a_mail_waits_while_the_store_of_its_attachments_is_away() -> None:
    for error in (TimeoutError("the store"), PermissionError("the store"), RuntimeError("?")):
        assert outcomes.unsendable(error).answer is Answer.POSTPONED
    for error in (FileNotFoundError("gone"), ValueError("no mail")):
        assert outcomes.unsendable(error).answer is Answer.REFUSED


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (smtplib.SMTPDataError(554, b"spam"), Answer.REFUSED),
        (smtplib.SMTPDataError(452, b"full"), Answer.POSTPONED),
        (smtplib.SMTPSenderRefused(550, b"no", "a@b"), Answer.POSTPONED),
        (smtplib.SMTPSenderRefused(552, b"too large", "a@b"), Answer.REFUSED),
        (smtplib.SMTPServerDisconnected("gone"), Answer.POSTPONED),
        (TimeoutError("timed out"), Answer.POSTPONED),
        (ValueError("no mail"), Answer.REFUSED),
    ],
)
def test_what_an_error_means(error: Exception, answer: Answer) -> None:
    assert outcomes.of(error).answer is answer
