"""The records that a message about a record is about, too."""

from collections.abc import Iterable
from typing import Any

from crm.mail.models import RELATED


def records_around(relation: str, row: Any, names: Iterable[str] = RELATED) -> dict[str, Any]:
    """Relation of a message → record: `row`, and what it links to by relations of these names."""
    found = {name: getattr(row, name, None) for name in names}
    return {name: one for name, one in found.items() if one is not None} | {relation: row}
