"""Signals about leads, for upper slices."""

from blinker import Namespace

_signals = Namespace()

# A lead changed its status. Receivers get `before` and `after`, two statuses, and `cancel_events`:
# whether its planned events are to be cancelled with it.
status_changed = _signals.signal("lead-status-changed")
