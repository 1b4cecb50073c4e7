"""The tables of the slice."""

from crm.mail.models.message import READ_WITH, RELATED, Message
from crm.mail.models.parts import Answer, MessageAttachment, MessageAttempt, UnsubscribeLink
from crm.mail.models.template import Template, TemplateAttachment
from crm.mail.models.words import (
    KINDS,
    OWN_KINDS,
    REASONS,
    STATES,
    TEMPLATE_KINDS,
    Copy,
    Direction,
    MessageKind,
    MessageState,
    SkipReason,
)

__all__ = [
    "KINDS",
    "OWN_KINDS",
    "READ_WITH",
    "REASONS",
    "RELATED",
    "STATES",
    "TEMPLATE_KINDS",
    "Answer",
    "Copy",
    "Direction",
    "Message",
    "MessageAttachment",
    "MessageAttempt",
    "MessageKind",
    "MessageState",
    "SkipReason",
    "Template",
    "TemplateAttachment",
    "UnsubscribeLink",
]
