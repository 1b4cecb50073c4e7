"""Signals about messages, for upper slices."""

from blinker import Namespace

_signals = Namespace()

# A message failed for good. Sent in the worker's transaction; receivers write rows only.
message_failed = _signals.signal("message-failed")

# A message was kept from being sent, or queued once more. Sent in the transaction that did so;
# receivers write rows only.
message_cancelled = _signals.signal("message-cancelled")
message_queued_again = _signals.signal("message-queued-again")

# A message was accepted by the mail server. Sent in the worker's transaction, as above.
message_sent = _signals.signal("message-sent")
