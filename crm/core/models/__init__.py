"""Base classes, columns and field declarations of all tables."""

from crm.core.models import checks as _checks  # noqa: F401  installs the flush hook
from crm.core.models import kinds
from crm.core.models import people as _people  # noqa: F401  before any mapper is final
from crm.core.models.archived import Archivable
from crm.core.models.fields import (
    Label,
    Spec,
    computed,
    field,
    find_spec,
    folded,
    key_of,
    kind_of,
    link_of,
    parent_key,
    spec_of,
    target_of,
    unique,
)
from crm.core.models.merged import Mergeable, merged_index
from crm.core.models.tables import (
    AuditedModel,
    Child,
    Owned,
    Personal,
    Record,
    Reference,
    Settings,
)

__all__ = [
    "Archivable",
    "AuditedModel",
    "Child",
    "Label",
    "Mergeable",
    "Owned",
    "Personal",
    "Record",
    "Reference",
    "Settings",
    "Spec",
    "computed",
    "field",
    "find_spec",
    "folded",
    "key_of",
    "kind_of",
    "kinds",
    "link_of",
    "merged_index",
    "parent_key",
    "spec_of",
    "target_of",
    "unique",
]
