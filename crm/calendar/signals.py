"""Signals about events, for the parts of the calendar that stand beside them and upper slices.

They are sent within the transaction, once the rows are in the database; receivers write rows only.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from blinker import Namespace

_signals = Namespace()

# Occurrences were made like the event that is the sender: at the creation of a series all but its
# first one, at a new rule those that there were too few of. Receivers get `events`, a list. Fields
# and participants are copied already; what else belongs to an event, a receiver copies.
occurrences_created = _signals.signal("occurrences-created")

# Events begin or end at another time. The sender is None; receivers get `moves`, a list of Move.
moved = _signals.signal("events-moved")


@dataclass(frozen=True)
class Move:
    """An event that takes place at another time, and when it was to."""

    event: Any
    starts_at: datetime
    ends_at: datetime
