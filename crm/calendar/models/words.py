"""The choices of events and of who takes part in them. Source: spec 9.1 and 9.2."""

from enum import StrEnum

from flask_babel import lazy_gettext as _l

from crm.core.models import Label


class EventType(StrEnum):
    """The type of an event."""

    MEETING = "meeting"
    CALL = "call"
    TASK = "task"
    EVENT = "event"


class EventStatus(StrEnum):
    """The status of an event."""

    PLANNED = "planned"
    DONE = "done"
    CANCELLED = "cancelled"


class Direction(StrEnum):
    """The direction of a call."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Priority(StrEnum):
    """The priority of a task."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


EVENT_TYPES: dict[str, Label] = {
    EventType.MEETING: _l("Meeting"),
    EventType.CALL: _l("Call"),
    EventType.TASK: _l("Task"),
    EventType.EVENT: _l("Event"),
}


class Visibility(StrEnum):
    """Who may read an event: of a private one, others see when it is and nothing else."""

    PUBLIC = "public"
    PRIVATE = "private"


class Availability(StrEnum):
    """Whether the owner is free during an event."""

    BUSY = "busy"
    FREE = "free"


class Role(StrEnum):
    """Whether a participant is needed."""

    REQUIRED = "required"
    OPTIONAL = "optional"


class Answer(StrEnum):
    """The answer of a participant to the invitation."""

    WAITING = "waiting"
    YES = "yes"
    NO = "no"
    MAYBE = "maybe"
