"""What can be done to a message, whoever asks: page, worker or another slice. Source: spec 13.2."""

from crm.mail.services.changing import RULES, cancel, refusal, retry_failed, send_again
from crm.mail.services.queueing import Mail, find, queue, skip
from crm.mail.services.testing import queue_test

__all__ = [
    "RULES",
    "Mail",
    "cancel",
    "find",
    "queue",
    "queue_test",
    "refusal",
    "retry_failed",
    "send_again",
    "skip",
]
