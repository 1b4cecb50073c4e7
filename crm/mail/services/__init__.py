"""What can be done to a message, whoever asks: page, worker or another slice. Source: spec 13.2."""

from crm.mail.services.changing import (
    RULES,
    Retried,
    cancel,
    failed_ids,
    refusal,
    retry,
    send_again,
)
from crm.mail.services.queueing import Mail, find, queue, skip
from crm.mail.services.recipients import refusing
from crm.mail.services.testing import queue_test

__all__ = [
    "RULES",
    "Mail",
    "Retried",
    "cancel",
    "failed_ids",
    "find",
    "queue",
    "queue_test",
    "refusal",
    "refusing",
    "retry",
    "send_again",
    "skip",
]
