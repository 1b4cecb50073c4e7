"""Signals about merges, for slices with more than foreign keys to the merged records."""

from blinker import Signal

# Sent with the table's class, `kept` and `losers`: the id of the kept record, those of the others.
merging = Signal("links are about to move from the losers to the kept record")
merged = Signal("all links point to the kept record, which has its values")
