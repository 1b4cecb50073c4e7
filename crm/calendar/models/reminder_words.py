"""The choices of reminders, with the words for them. Source: spec 9.5."""

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from crm.core.models import Label


class ReminderMode(StrEnum):
    """What the time of a reminder is counted from."""

    BEFORE = "before"
    AT = "at"


class ReminderUnit(StrEnum):
    """The unit of a duration, by the name that `timedelta` has for it."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WEEKS = "weeks"


class ReminderWhom(StrEnum):
    """Whom a reminder is for: the person who made it, or everyone invited and the owner."""

    ME = "me"
    ALL = "all"


class ReminderChannel(StrEnum):
    """How a reminder is sent."""

    BOTH = "both"
    MAIL = "mail"
    PAGE = "page"


class ReminderStatus(StrEnum):
    """What became of a reminder."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


class ReminderReason(StrEnum):
    """Why a reminder was not sent."""

    PAST = "past"
    DONE = "done"
    CANCELLED = "cancelled"
    DELETED = "deleted"
    NO_TEMPLATE = "no_template"
    NO_ADDRESS = "no_address"
    BAD_ADDRESS = "bad_address"
    DO_NOT_EMAIL = "do_not_email"
    NOBODY = "nobody"
    MAIL_CANCELLED = "mail_cancelled"
    REFUSED = "refused"


UNITS: dict[str, Label] = {
    ReminderUnit.MINUTES: _l("Minutes"),
    ReminderUnit.HOURS: _l("Hours"),
    ReminderUnit.DAYS: _l("Days"),
    ReminderUnit.WEEKS: _l("Weeks"),
}
RECIPIENTS: dict[str, Label] = {
    ReminderWhom.ME: _l("For me"),
    ReminderWhom.ALL: _l("For everyone invited"),
}
CHANNELS: dict[str, Label] = {
    ReminderChannel.BOTH: _l("By e-mail and in the page"),
    ReminderChannel.MAIL: _l("By e-mail"),
    ReminderChannel.PAGE: _l("In the page"),
}
STATUSES: dict[str, Label] = {
    ReminderStatus.WAITING: _l("Waiting"),
    ReminderStatus.SENT: _l("Sent"),
    ReminderStatus.FAILED: _l("Failed"),
    ReminderStatus.DROPPED: _l("Dropped"),
}
REASONS: dict[str, Label] = {
    ReminderReason.PAST: _l("The event had already begun"),
    ReminderReason.DONE: _l("The event is done"),
    ReminderReason.CANCELLED: _l("The event is cancelled"),
    ReminderReason.DELETED: _l("The event is in the bin"),
    ReminderReason.NO_TEMPLATE: _l("No template chosen"),
    ReminderReason.NO_ADDRESS: _l("No e-mail address"),
    ReminderReason.BAD_ADDRESS: _l("The e-mail address is not valid"),
    ReminderReason.DO_NOT_EMAIL: _l("Refuses e-mails"),
    ReminderReason.NOBODY: _l("There was nobody to remind"),
    ReminderReason.MAIL_CANCELLED: _l("The e-mail was cancelled"),
    ReminderReason.REFUSED: _l("The e-mail was not sent"),
}
