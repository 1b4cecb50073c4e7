"""Merge 2 to 5 records of one table into one of them, in one transaction. Source: spec 6.4.

What moves is found from the metadata: every foreign key to the table, so that those of a table
added later move too. An entity adds only its exceptions, as `MergeRules`; upper slices listen to
`merging` and `merged`.
"""

from crm.core.merging.counting import Moving, count_moving, moving_to
from crm.core.merging.merged import MERGED_NAMES, MOVED, kept_instead
from crm.core.merging.rules import FEWEST, MOST, MergeRules
from crm.core.merging.services import (
    check_kept,
    check_records,
    default_kept,
    may_merge,
    merge,
    plan_merge,
)
from crm.core.merging.signals import merged, merging
from crm.core.merging.uniting import ranked_rows, unite
from crm.core.merging.values import (
    Sources,
    choices,
    default_sources,
    is_empty,
    is_joined,
    is_offered,
    merged_fields,
    must_choose,
    value_key,
)

__all__ = [
    "FEWEST",
    "MERGED_NAMES",
    "MOST",
    "MOVED",
    "MergeRules",
    "Moving",
    "Sources",
    "check_kept",
    "check_records",
    "choices",
    "count_moving",
    "default_kept",
    "default_sources",
    "is_empty",
    "is_joined",
    "is_offered",
    "kept_instead",
    "may_merge",
    "merge",
    "merged",
    "merged_fields",
    "merging",
    "moving_to",
    "must_choose",
    "plan_merge",
    "ranked_rows",
    "unite",
    "value_key",
]
