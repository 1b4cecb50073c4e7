"""What a message can be, with the words for it. Source: spec 13."""

from enum import StrEnum

from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext

from crm.core.models import Label


class MessageKind(StrEnum):
    """What a message is for; templates are chosen by it."""

    FREE = "free"
    EVENT_REMINDER = "event_reminder"
    MEETING_REMINDER = "meeting_reminder"
    CALL_REMINDER = "call_reminder"
    TASK_REMINDER = "task_reminder"
    INVITATION = "invitation"
    DATE_CHANGED = "date_changed"
    GUEST_REMOVED = "guest_removed"
    QUOTE = "quote"
    CATALOG = "catalog"
    NOTICE = "notice"
    DIGEST = "digest"
    REPORT = "report"
    TEST = "test"


KINDS: dict[str, Label] = {
    MessageKind.FREE: lazy_pgettext("e-mail", "Free"),
    MessageKind.EVENT_REMINDER: _l("Event reminder"),
    MessageKind.MEETING_REMINDER: _l("Meeting reminder"),
    MessageKind.CALL_REMINDER: _l("Call reminder"),
    MessageKind.TASK_REMINDER: _l("Task reminder"),
    MessageKind.INVITATION: _l("Invitation"),
    MessageKind.DATE_CHANGED: _l("Date changed"),
    MessageKind.GUEST_REMOVED: _l("Guest removed"),
    MessageKind.QUOTE: _l("Quote"),
    MessageKind.CATALOG: _l("Catalogue"),
    MessageKind.NOTICE: _l("Notice"),
    MessageKind.DIGEST: _l("Digest of the day"),
    MessageKind.REPORT: _l("Report"),
    MessageKind.TEST: _l("Test"),
}

# What a template may be for; the others have texts of their own.
TEMPLATE_KINDS = {
    kind: words
    for kind, words in KINDS.items()
    if kind not in (MessageKind.NOTICE, MessageKind.DIGEST, MessageKind.REPORT, MessageKind.TEST)
}


# Mails to the user whom they are of, about what that person may see.
OWN_KINDS = (MessageKind.NOTICE, MessageKind.DIGEST, MessageKind.REPORT)


class MessageState(StrEnum):
    """Where a message stands."""

    DRAFT = "draft"
    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


STATES: dict[str, Label] = {
    MessageState.DRAFT: _l("Draft"),
    MessageState.QUEUED: _l("Queued"),
    MessageState.SENT: _l("Sent"),
    MessageState.FAILED: _l("Failed"),
    MessageState.SKIPPED: _l("Skipped"),
    MessageState.CANCELLED: _l("Cancelled"),
}


class SkipReason(StrEnum):
    """Why a message was not even queued."""

    NO_TEMPLATE = "no_template"
    NO_ADDRESS = "no_address"
    BAD_ADDRESS = "bad_address"
    DO_NOT_EMAIL = "do_not_email"
    FEATURE_OFF = "feature_off"


REASONS: dict[str, Label] = {
    SkipReason.NO_TEMPLATE: _l("No template chosen"),
    SkipReason.NO_ADDRESS: _l("No e-mail address"),
    SkipReason.BAD_ADDRESS: _l("The e-mail address is not valid"),
    SkipReason.DO_NOT_EMAIL: _l("Refuses e-mails"),
    SkipReason.FEATURE_OFF: _l("The feature is off"),
}


class Direction(StrEnum):
    """Whether a message was sent or received."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"


class Copy(StrEnum):
    """As what the recipient gets it; each copy is a message of its own."""

    TO = "to"
    CC = "cc"
    BCC = "bcc"
