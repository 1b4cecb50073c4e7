"""Signals about companies, for upper slices."""

from blinker import Namespace

_signals = Namespace()

# A company got its settings, in the transaction that creates it.
settings_added = _signals.signal("settings-added")
