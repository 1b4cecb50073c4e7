"""Kinds that are no plain value: other rows, and files."""

from typing import TYPE_CHECKING, Any

from crm.core.models import operators
from crm.core.models.kinds.base import Format, Kind

if TYPE_CHECKING:
    from crm.core.models.fields import Spec


class Reference(Kind):
    """Another row, or None."""

    operators = operators.CHOSEN
    widget = "reference"
    is_link = repeats = True
    is_text = False

    def parse_filter(self, spec: "Spec", text: str, form: Format) -> Any:
        return form.key(text)


class References(Reference):
    operators = operators.LINKED
    widget = "references"
    map_options = frozenset({"separator"})
    is_list = True
    repeats = False

    def write(self, spec: "Spec", value: Any, zone: str, currency: str | None) -> str:
        return ", ".join(str(item) for item in value)


class File(Kind):
    widget = "file"
    is_file = True
    is_text = is_filterable = False
