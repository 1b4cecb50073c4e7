"""The audit log: who changed what and when, one entry per changed row, written by the flush.

An entry's `changes` map names to [before, after], as JSON:

- a column: its values;
- a list of linked rows (`tags`): what was taken away and what was added, each a list of
  [label, [table, id] …] or None;
- a line (`lines.12`, the list's name and the line's id): a `LineContent`, None where
  there was no line.

A purged row is recorded as a whole: each column, list and line before, with None after. Entries of
one transaction share their `act_id`; they never contain a secret.
"""

from crm.core.journal.models import Journal, history, purged, since, was_purged
from crm.core.journal.writing import install, record, record_changes

__all__ = [
    "Journal",
    "history",
    "install",
    "purged",
    "record",
    "record_changes",
    "since",
    "was_purged",
]
