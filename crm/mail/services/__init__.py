"""What can be done to a message, whoever asks: page, worker or another slice. Source: spec 13.2."""

from crm.mail.services.changing import RULES, cancel, refusal, retry_failed, send_again
from crm.mail.services.queueing import Mail, queue, skip

__all__ = [
    "RULES",
    "Mail",
    "cancel",
    "queue",
    "refusal",
    "retry_failed",
    "send_again",
    "skip",
]
