"""Signals about accounts, for upper slices."""

from blinker import Namespace

_signals = Namespace()

# An account is about to go into the bin. Receivers answer how many rows of theirs still need it,
# as a sentence part ("3 opportunities"), or None; any answer keeps the account where it is.
account_deleting = _signals.signal("account-deleting")

# The amounts of accounts are asked for. Receivers answer those of these `ids` that the actor may
# see, as {account id: {"open": {currency: sum}, "won": {currency: sum}}}.
amounts_asked = _signals.signal("account-amounts-asked")
