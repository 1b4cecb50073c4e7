"""Signals about leads, for upper slices."""

from blinker import Namespace

_signals = Namespace()

# A lead changed its status. Receivers get `before` and `after`, two statuses, and `cancel_events`:
# whether its planned events are to be cancelled with it.
status_changed = _signals.signal("lead-status-changed")

# A lead became an account, and perhaps a contact and an opportunity, which it names.
lead_converted = _signals.signal("lead-converted")

# A conversion is taken back. Receivers get `act_id`, under which the journal has what it
# changed, and `links`: (relation, key) of what the lead had become.
conversion_undone = _signals.signal("conversion-undone")

# What goes along with a lead that is converted. Receivers answer how many rows of theirs the actor
# sees, as a part of a sentence ("3 events"), or None.
conversion_counting = _signals.signal("conversion-counting")
