"""Kinds whose values are some of a list: yes or no, the choices of a field, codes of a standard."""

from collections.abc import Callable, Collection, Iterable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from crm.core.config import languages
from crm.core.models import operators
from crm.core.models.codes import (
    HUES,
    countries,
    country_choices,
    country_name,
    hue_name,
    language_name,
)
from crm.core.models.kinds.base import Format, Kind
from crm.core.models.kinds.texts import BLANKS, as_text
from crm.core.models.operators import Operator

if TYPE_CHECKING:
    from crm.core.models.fields import Spec


class Boolean(Kind):
    """Yes or no; an empty text is no."""

    operators = operators.EQUAL
    widget = "boolean"
    empty = False
    repeats = True

    def parse(self, spec: "Spec", text: str, form: Format) -> Any:
        return form.boolean(text)

    def clean(self, spec: "Spec", value: Any, row: Any) -> Any:
        if not isinstance(value, bool):
            raise ValueError(_("Yes or no is expected."))
        return value

    def write(self, spec: "Spec", value: Any, zone: str, currency: str | None) -> str:
        return _("Yes") if value else _("No")

    def filter_choices(self, spec: "Spec") -> list[tuple[str, str]]:
        return [("1", _("Yes")), ("0", _("No"))]

    def from_json(self, spec: "Spec", raw: Any) -> Any:
        return raw

    def to_json(self, spec: "Spec", value: Any) -> Any:
        return value

    def schema(self, spec: "Spec") -> dict[str, Any]:
        return {"type": "boolean"}


class Choice(Kind):
    """One of the `choices` of its field, kept as text, as a member of an Enum, or as a number."""

    operators: Sequence[Operator] = operators.CHOSEN
    widget = "select"
    repeats = True

    def parse(self, spec: "Spec", text: str, form: Format) -> Any:
        return form.choice(text, spec.choices or {})

    def clean(self, spec: "Spec", value: Any, row: Any) -> Any:
        stored = value.value if isinstance(value, Enum) else value
        if not isinstance(stored, str | int) or str(stored) not in (spec.choices or {}):
            raise ValueError(_("Not a valid choice."))
        return spec.stored_as(stored)

    def write(self, spec: "Spec", value: Any, zone: str, currency: str | None) -> str:
        stored = value.value if isinstance(value, Enum) else value
        return str((spec.choices or {}).get(str(stored), stored))

    def typed(self, spec: "Spec", value: Any, zone: str) -> str:
        return str(value.value if isinstance(value, Enum) else value)

    def choices(self, spec: "Spec") -> list[tuple[str, str]]:
        return [(key, str(words)) for key, words in (spec.choices or {}).items()]

    filter_choices = choices

    def from_json(self, spec: "Spec", raw: Any) -> Any:
        return raw

    def to_json(self, spec: "Spec", value: Any) -> Any:
        return value.value if isinstance(value, Enum) else value

    def schema(self, spec: "Spec") -> dict[str, Any]:
        is_number = spec.stored_as is int
        values = [getattr(key, "value", key) for key in spec.choices or ()]
        return {
            "type": "integer" if is_number else "string",
            "enum": [int(value) if is_number else str(value) for value in values],
        }


class Code(Kind):
    """A code of a standard: `codes` are allowed, `offered` are shown in a select."""

    operators: Sequence[Operator] = operators.CHOSEN
    widget = "select"
    repeats = True

    def __init__(
        self,
        name: str,
        codes: Callable[[], Collection[str]],
        offered: Callable[[], Iterable[str]],
        case: Callable[[str], str] = str.upper,
    ) -> None:
        super().__init__(name)
        self.codes, self.offered, self.case = codes, offered, case

    def clean(self, spec: "Spec", value: Any, row: Any) -> str:
        text = self.case(BLANKS.sub(" ", as_text(value)))
        if text not in self.codes():
            raise ValueError(_("Not a valid choice."))
        return text

    def choices(self, spec: "Spec") -> list[tuple[str, str]]:
        return [(code, self.write(spec, code, "", None)) for code in self.offered()]


class Currency(Code):
    def filter_choices(self, spec: "Spec") -> list[tuple[str, str]]:
        return self.choices(spec)


class Country(Code):
    """A country; files may name it in words."""

    def __init__(self, name: str) -> None:
        super().__init__(name, countries, countries)

    def parse(self, spec: "Spec", text: str, form: Format) -> Any:
        return form.code(text, self.name)

    def write(self, spec: "Spec", value: Any, zone: str, currency: str | None) -> str:
        return country_name(str(value))

    def choices(self, spec: "Spec") -> list[tuple[str, str]]:
        return country_choices()


class Language(Code):
    """A language of the program; files may name it in words."""

    def __init__(self, name: str) -> None:
        super().__init__(name, languages, languages, str.lower)

    def parse(self, spec: "Spec", text: str, form: Format) -> Any:
        return form.code(text, self.name)

    def write(self, spec: "Spec", value: Any, zone: str, currency: str | None) -> str:
        return language_name(str(value))

    def schema(self, spec: "Spec") -> dict[str, Any]:
        return {"type": "string", "enum": list(self.codes())}


class Hue(Code):
    """One of the eight hues of a word of a vocabulary."""

    operators = operators.TEXT
    widget = "hue"

    def __init__(self, name: str) -> None:
        super().__init__(name, lambda: HUES, lambda: HUES, str.lower)

    def write(self, spec: "Spec", value: Any, zone: str, currency: str | None) -> str:
        return hue_name(str(value))

    def schema(self, spec: "Spec") -> dict[str, Any]:
        return {"type": "string", "enum": list(HUES)}
