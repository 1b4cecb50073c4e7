"""Signals about messages, for upper slices."""

from blinker import Namespace

_signals = Namespace()

# A message failed for good. Sent in the worker's transaction; receivers write rows only.
message_failed = _signals.signal("message-failed")

# A message was accepted by the mail server. Sent in the worker's transaction, as above.
message_sent = _signals.signal("message-sent")
