"""Kinds whose values are some of a list: yes or no, the choices of a field, codes of a standard."""

from collections.abc import Callable, Collection, Iterable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from crm.core.models import operators
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
            raise ValueError(_("Answer yes or no."))
        return value

    def write(self, spec: "Spec", value: Any, zone: str, currency: str | None) -> str:
        return _("Yes") if value else _("No")

    def filter_choices(self, spec: "Spec") -> list[tuple[str, str]]:
        return [("1", _("Yes")), ("0", _("No"))]

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

    def schema(self, spec: "Spec") -> dict[str, Any]:
        is_number = spec.stored_as is int
        values = [getattr(key, "value", key) for key in spec.choices or ()]
        return {
            "type": "integer" if is_number else "string",
            "enum": [int(value) if is_number else str(value) for value in values],
        }


class Code(Kind):
    """A code of a list: those of `offered`, in this order, stand in a select; a stored one stays.

    `words` names one; files may do so, too, where it `has_names`. A list that is ours alone is
    part of the JSON schema: `is_ours`.
    """

    operators: Sequence[Operator] = operators.CHOSEN
    widget = "select"
    repeats = True

    def __init__(
        self,
        name: str,
        codes: Callable[[], Collection[str]],
        *,
        offered: Callable[[], Iterable[str]] | None = None,
        case: Callable[[str], str] = str.upper,
        words: Callable[[str], str] = str,
        has_names: bool = False,
        is_ours: bool = False,
    ) -> None:
        super().__init__(name)
        self.codes, self.offered, self.case = codes, offered or codes, case
        self.words, self.has_names, self.is_ours = words, has_names, is_ours

    def parse(self, spec: "Spec", text: str, form: Format) -> Any:
        return form.code(text, self.name) if self.has_names else text

    def clean(self, spec: "Spec", value: Any, row: Any) -> str:
        text = self.case(BLANKS.sub(" ", as_text(value)))
        if text not in self.codes():
            raise ValueError(_("Not a valid choice."))
        return text

    def write(self, spec: "Spec", value: Any, zone: str, currency: str | None) -> str:
        return self.words(str(value))

    def choices(self, spec: "Spec") -> list[tuple[str, str]]:
        return [(code, self.words(code)) for code in self.offered()]

    def older(self, spec: "Spec", text: str) -> list[tuple[str, str]]:
        return [(text, self.words(text))] if text in self.codes() else []

    def schema(self, spec: "Spec") -> dict[str, Any]:
        if self.is_ours:
            return {"type": "string", "enum": list(self.codes())}
        return super().schema(spec)


class Currency(Code):
    """A currency; a filter shows all of them."""

    def filter_choices(self, spec: "Spec") -> list[tuple[str, str]]:
        return self.choices(spec)


class Hue(Code):
    operators = operators.TEXT
    widget = "hue"
