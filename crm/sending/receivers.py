"""Receivers of signals of lower slices."""

from typing import Any

from crm.mail.models import Message
from crm.mail.signals import message_cancelled, message_queued_again
from crm.sending import quotes


@message_cancelled.connect
def take_quote_back(message: Message, **news: Any) -> None:
    """A quote whose e-mail does not leave was not sent."""
    quotes.take_back(message)


@message_queued_again.connect
def send_quote_again(message: Message, **news: Any) -> None:
    """A quote whose e-mail leaves after all is sent."""
    quotes.send_again(message)
