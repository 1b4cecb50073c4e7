"""Signals about opportunities, for upper slices."""

from blinker import Namespace

_signals = Namespace()

# An opportunity changed its stage. Receivers get `before` and `after`, two stages, and
# `cancel_events` and `cancel_quotes`: whether planned events and open quotes are cancelled, too.
stage_changed = _signals.signal("stage-changed")
# An opportunity may be lost. Receivers answer what could be cancelled with it, None where there is
# nothing: the name of the argument of `stage_changed`, and the words of its checkbox.
losing = _signals.signal("opportunity-losing")
