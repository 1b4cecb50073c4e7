"""Parsing of JSON values, independent of the language."""

from typing import Any

from flask_babel import gettext as _

from crm.core.config import languages
from crm.core.datamodel.filters import FilterFormat
from crm.core.models import Spec
from crm.core.models.kinds import CONTROL, JSON, JsonFormat, refuse_longer
from crm.core.models.kinds.texts import words_expected


class JsonFilterFormat(JsonFormat, FilterFormat):
    def whole(self, text: str, kind: str) -> int:
        number = self.number(text, kind, 0)
        if number != number.to_integral_value():
            raise ValueError(_("Enter a whole number."))
        return int(number)

    def boolean(self, text: str) -> bool:
        return FilterFormat.boolean(self, text)

    def last(self, moment: Any, text: str) -> Any:
        return moment


JSON_FILTER = JsonFilterFormat()


def value_of(spec: Spec, raw: Any) -> Any:
    """The Python value of a JSON value, validated without the row.

    Raises ValueError with a sentence.
    """
    if isinstance(raw, str):
        refuse_longer(raw, spec.longest)  # as it came, as the description says
        raw = CONTROL.sub("", raw)
        raw = spec.kind.parse(spec, raw, JSON) if raw.strip() else None
        if raw is not None and spec.kind.needs_row:
            return raw
    elif raw is not None:
        raw = spec.kind.clean(spec, raw, None)
        if isinstance(raw, dict) and not raw.keys() <= set(languages()):
            raise ValueError(words_expected())
    return spec.clean(raw)
