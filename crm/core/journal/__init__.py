"""Who changed what, when: one entry per changed row, written by the flush itself.

An entry's `changes` map names to [before, after], in the forms that JSON has:

- a column: its values;
- a list of linked rows (`tags`): what was taken away and what was added, each a list of
  [label, [table, id] …] or None;
- a line (`lines.12`, the list's name and the line's id): what `Content` says of it, None where
  there was no line.

A purged row is recorded whole: each column, list and line as before, with None after it. The
entries of one transaction share their `act_id`; they never contain a secret.
"""

from crm.core.journal.models import Journal, history, purged, since, was_purged
from crm.core.journal.writing import install, record

__all__ = ["Journal", "history", "install", "purged", "record", "since", "was_purged"]
