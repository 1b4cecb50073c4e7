"""Kinds of numbers: counts, exact decimals, amounts of money, percentages, scores."""

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from babel.numbers import format_decimal
from flask_babel import gettext as _

from crm.core.models import operators
from crm.core.models.kinds.base import Format, Kind, too_many_decimals
from crm.core.models.locale import locale
from crm.core.models.text import format_money, format_number, format_percent
from crm.core.types import round_half_up

if TYPE_CHECKING:
    from crm.core.models.fields import Spec

LARGEST_INTEGER = 2**31 - 1
EXACT = r"[+-]?[0-9]{1,18}(\.[0-9]{1,9})?"  # how JSON writes an exact number, as text


class Integer(Kind):
    operators = operators.ORDERED
    widget = "number"
    input_mode = "numeric"
    css = "num r w-amount"
    map_options = frozenset({"factor", "decimal"})
    is_number = repeats = True

    def parse(self, spec: "Spec", text: str, form: Format) -> Any:
        return form.whole(text, self.name)

    def clean(self, spec: "Spec", value: Any, row: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(_("Enter a whole number."))
        refuse_outside(spec, value, LARGEST_INTEGER)
        return value

    def write(self, spec: "Spec", value: Any, zone: str, currency: str | None) -> str:
        return format_number(value)

    def schema(self, spec: "Spec") -> dict[str, Any]:
        low, high = spec.minimum, spec.maximum
        return {
            "type": "integer",
            "minimum": low if low is not None else -LARGEST_INTEGER,
            "maximum": high if high is not None else LARGEST_INTEGER,
        }


class Stars(Integer):
    widget = "stars"
    css = "w-score"
    repeats = False

    def write(self, spec: "Spec", value: Any, zone: str, currency: str | None) -> str:
        return _("%(score)s out of 5", score=value)

    def typed(self, spec: "Spec", value: Any, zone: str) -> str:
        return str(value or "")  # 0 and no score are the same choice in the input


class Exact(Integer):
    """A number with the decimals of its column."""

    input_mode = "decimal"
    is_exact = True
    repeats = False
    least = 0  # decimals that are always written

    def parse(self, spec: "Spec", text: str, form: Format) -> Any:
        return form.number(text, self.name, spec.places)

    def clean(self, spec: "Spec", value: Any, row: Any) -> Any:
        if isinstance(value, float):  # from JSON
            raise ValueError(_("Send this number as text, such as “1234.50”."))
        if isinstance(value, int) and not isinstance(value, bool):
            value = Decimal(value)
        if not isinstance(value, Decimal) or not value.is_finite():
            raise ValueError(number_expected())
        refuse_outside(spec, value, 10 ** (17 - spec.places))
        if value != round_half_up(value, spec.places):
            raise ValueError(too_many_decimals(spec.places))
        return value

    def write(self, spec: "Spec", value: Any, zone: str, currency: str | None) -> str:
        if currency and self.least:
            return format_money(value, currency, spec.places)
        return format_number(value, self.least, spec.places)

    def typed(self, spec: "Spec", value: Any, zone: str) -> str:
        pattern = "0." + "0" * self.least + "#" * (spec.places - self.least)
        return format_decimal(value, format=pattern, locale=locale())

    def to_json(self, spec: "Spec", value: Any) -> Any:
        return f"{Decimal(value):.{spec.places}f}"

    def schema(self, spec: "Spec") -> dict[str, Any]:
        return {"type": "string", "example": f"1234.{'5'.ljust(spec.places, '0')}"}

    def body_schema(self, spec: "Spec") -> dict[str, Any]:
        return {"anyOf": [{"type": "string", "pattern": f"^{EXACT}$"}, {"type": "integer"}]}


class Money(Exact):
    """An amount; its currency stands in a column beside it."""

    least = 2


class Amounts(Kind):
    """Amounts by currency, {"EUR": Decimal}: never added across currencies, and only shown."""

    operators = ()
    css = "num r w-amount"
    is_text = is_filterable = False

    def write(self, spec: "Spec", value: Any, zone: str, currency: str | None) -> str:
        return ", ".join(format_money(value[one], one) for one in sorted(value))

    def to_json(self, spec: "Spec", value: Any) -> Any:
        return {one: f"{value[one]:.2f}" for one in sorted(value)}

    def schema(self, spec: "Spec") -> dict[str, Any]:
        amount = {"type": "string", "example": "1234.50"}
        return {"type": "object", "additionalProperties": amount, "example": {"EUR": "1234.50"}}


class Percent(Exact):
    unit = "%"
    repeats = True

    def write(self, spec: "Spec", value: Any, zone: str, currency: str | None) -> str:
        return format_percent(value, spec.places)


class WholePercent(Integer):
    """A percentage of a column without decimals."""

    unit = "%"
    input_mode = "decimal"
    is_exact = True

    def write(self, spec: "Spec", value: Any, zone: str, currency: str | None) -> str:
        return format_percent(value, 0)


def number_expected() -> str:
    return str(_("Enter a number, such as %(example)s.", example="1234.50"))


def refuse_outside(spec: "Spec", value: Any, largest: int) -> None:
    """Raises ValueError where `value` is outside the range of its field."""
    low, high = spec.minimum, spec.maximum
    if low is not None and high is not None and not low <= value <= high:
        raise ValueError(_("Enter a number between %(low)s and %(high)s.", low=low, high=high))
    if low is not None and value < low:
        raise ValueError(
            _("Enter zero or a positive number.")
            if low == 0
            else _("Enter at least %(low)s.", low=low)
        )
    if (high is not None and value > high) or abs(value) > largest:
        raise ValueError(_("This number is too large."))
