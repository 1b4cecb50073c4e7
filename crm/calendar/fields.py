"""The columns and fieldsets of events, by type. Source: spec 9.1, 9.2 and 9.6."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext as _l

from crm.calendar.models import EventType
from crm.opportunities.fields import OF_CLIENT, OF_LEAD

# Fields of some types only; left out for the others.
APART: Mapping[str, Sequence[str]] = {
    EventType.MEETING: ("call_direction", "priority", "due_on"),
    EventType.CALL: ("priority", "due_on", "location"),
    EventType.TASK: ("call_direction", "ends_at", "all_day", "location", "video_url"),
    EventType.EVENT: ("call_direction", "priority", "due_on"),
}

LIST: Sequence[str] = (
    "subject", "type", "starts_at", "status", "account", "lead", "opportunity", "owner", "agency",
    "company",
)  # fmt: skip
ORDER: Sequence[str] = ("subject", "starts_at", "owner", "agency")
SEARCH: Sequence[str] = (
    "type", "status", "starts_at", "ends_at", "owner", "owner.groups", "category", "account",
    "lead", "contact", "opportunity", "quote", "agency", "company", "priority", "call_direction",
    "visibility", "availability", "created_on", "concerns_me", *OF_CLIENT, *OF_LEAD,
)  # fmt: skip

FILTER_LABELS: Mapping[str, Any] = {**OF_CLIENT, **OF_LEAD}
UNLISTED: Sequence[str] = tuple(FILTER_LABELS)

COLUMN_CSS: Mapping[str, str] = {
    "type": "w-phone", "starts_at": "w-next", "status": "w-co", "lead": "w-org",
    "opportunity": "w-org from-l", "agency": "w-agency from-l",
}  # fmt: skip

# A reminder, as it is typed, and what the API tells besides.
REMINDER: Sequence[str] = ("amount", "unit", "mode", "at", "recipients", "channel")
REMINDED: Sequence[str] = ("due_at", "status", "status_at", "reason", "detail")

_WHEN = ("type", "subject", "starts_at", "ends_at", "all_day", "priority", "call_direction")
_WITH = ("account", "lead", "contact", "opportunity", "quote")
_SEEN = ("visibility", "availability")
_WHERE = ("location", "video_url", "category")

FORM: Any = [
    (_l("Event"), {"fields": [*_WHEN, *_WHERE, "description"]}),
    (_l("With"), {"fields": [*_WITH, "participants"]}),
    (_l("Follow-up"), {"fields": ["company", "owner", "agency", *_SEEN, "outcome"]}),
    (_l("Reminders"), {"fields": ["reminders"]}),
]
RECORD: Any = [
    (_l("Event"), {"fields": [
        "due_on", "starts_at", "ends_at", "all_day", "time_zone", *_WHEN[5:], *_WHERE,
        "description",
    ]}),
    (_l("With"), {"fields": _WITH}),
    (_l("Outcome"), {"fields": ["outcome"]}),
    (_l("Reminders"), {"fields": ["reminders"]}),
]  # fmt: skip
SIDE: Any = [(_l("Follow-up"), {"fields": ["owner", "agency", "company", "status", *_SEEN]})]
# Of a guest, in forms; the answer is theirs.
GUEST: Sequence[str] = ("user", "contact", "lead", "email", "role")
ANSWER: Sequence[str] = ("answer", "comment", "answered_at")
WIDTHS: Mapping[str, str] = {"subject": "w6", "description": "w6", "outcome": "w6"}
