"""Signals about opportunities, for upper slices."""

from blinker import Namespace

_signals = Namespace()

# An opportunity changed its stage. Receivers get `before` and `after`, two stages, and
# `cancel_events`: whether its planned events are to be cancelled with it.
stage_changed = _signals.signal("stage-changed")
