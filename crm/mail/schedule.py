"""When a message that was not accepted is tried again. Source: spec 9.5."""

from datetime import timedelta

# After the first try, the second one, and so on; then the message has failed.
PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
MOST_TRIES = len(PAUSES) + 1


def pause_after(tries: int) -> timedelta | None:
    """How long to wait after this many tries; None where there is no further one."""
    return PAUSES[tries - 1] if tries <= len(PAUSES) else None
