"""The interface of kinds of fields, and of text formats."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from flask_babel import ngettext

from crm.core.models import operators
from crm.core.models.dates import parse_date, parse_instant
from crm.core.models.locale import locale
from crm.core.models.numbers import number_format
from crm.core.models.operators import Operator
from crm.core.models.text import parse_number

if TYPE_CHECKING:
    from crm.core.models.fields import Spec

TRUE_WORDS = {"1", "true", "on", "yes", "y", "oui", "o", "vrai"}
FALSE_WORDS = {"0", "false", "off", "no", "n", "non", "faux"}
# Control characters except tab and newline, which are removed; PostgreSQL refuses NUL.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Format:
    """Parses texts as typed by the user, in their language.

    Files, filters and API clients write values differently: each has a subclass. Methods raise
    ValueError with a message for the user.
    """

    def __init__(self, zone: str = "UTC") -> None:
        self.zone = zone

    def number(self, text: str, kind: str, places: int) -> Decimal:
        """More decimals than `places` are refused, even where they are zeros.

        Who types 12,500 into an amount in French means thousands more often than 12,50.
        """
        value = number_format(locale()).read(text, kind)
        if -int(value.as_tuple().exponent) > places:
            raise ValueError(too_many_decimals(places))
        return value

    def whole(self, text: str, kind: str) -> int:
        return number_format(locale()).parse_int(text, kind)

    def day(self, text: str) -> date:
        return parse_date(text, self.zone)

    def moment(self, text: str) -> datetime:
        return parse_instant(text, self.zone)

    def boolean(self, text: str) -> bool:
        word = text.casefold()
        if word in TRUE_WORDS:
            return True
        if word in FALSE_WORDS:
            return False
        raise ValueError(_("Answer yes or no."))

    def choice(self, text: str, choices: Mapping[str, Any]) -> str:
        """The stored value that `text` means: forms send it as it is."""
        return text

    def code(self, text: str, kind: str) -> str:
        """The code of a country or a language."""
        return text

    def words(self, text: str) -> Any:
        """A text in several languages; forms have an input for each of them."""
        return text

    def rich_text(self, text: str) -> str:
        """HTML, or plain text; a file holds plain text alone."""
        return text

    def key(self, text: str) -> int:
        """The id of a row."""
        number = parse_number(text)
        if number is None:
            raise ValueError(_("Not a valid choice."))
        return number


class Kind:
    """Parses, validates, formats and serializes the values of a field, and describes its input.

    Without state: what differs between fields of one kind is in their Spec, by which the methods
    are called.
    """

    operators: Sequence[Operator] = operators.TEXT
    widget = "text"  # its input (templates/core/parts/input.html)
    input_type = "text"
    input_mode = ""
    unit = ""  # beside the input
    css = ""  # of its column in a list
    empty: Any = None  # what an empty text means
    longest: int | None = None  # characters, where its column has no length
    map_options: frozenset[str] = frozenset()  # in an import's map, beside those of every field
    json_format = ""
    is_link = False  # leads to another row, or to several
    is_list = False
    is_file = False  # kept as a file with an address of its own
    is_number = False
    is_exact = False  # a number that may have decimals; its Spec says how many
    is_filterable = True
    is_typed = True  # people choose the values of filters by it; else only links do
    is_text = True  # one input, or one argument of a URL, holds a value
    is_key = False  # a text by which an import may find rows
    needs_row = False  # validation needs the row's country
    repeats = False  # few values, which many rows have

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name

    # Text → value ───────────────────────────────────────────────────────────────────────────────

    def parse(self, spec: "Spec", text: str, form: Format) -> Any:
        """The value that `text`, which is not empty, means. Raises ValueError."""
        return text

    def clean(self, spec: "Spec", value: Any, row: Any) -> Any:
        """`value`, which is not empty, as it is stored. Raises ValueError."""
        return value

    def parse_filter(self, spec: "Spec", text: str, form: Format) -> Any:
        """What a filter compares with. Raises ValueError."""
        return spec.clean(spec.parse(text, form))

    def compared(self, column: Any) -> Any:
        """What a filter compares in place of the stored value."""
        return column

    # Value → text ───────────────────────────────────────────────────────────────────────────────

    def write(self, spec: "Spec", value: Any, zone: str, currency: str | None) -> str:
        """`value`, which is not empty, as the reader's language writes it."""
        return str(value)

    def typed(self, spec: "Spec", value: Any, zone: str) -> str:
        """`value`, which is not None, as it stands in an input: what `parse` reads back."""
        return str(value)

    def identity(self, value: Any) -> Any:
        """What tells a value from another: two ways to write the same are no difference."""
        return value

    def choices(self, spec: "Spec") -> list[tuple[str, str]]:
        """(stored value, words) of all values, where they are few enough for a select."""
        return []

    def older(self, spec: "Spec", text: str) -> list[tuple[str, str]]:
        """The choice that a stored text is, which is no longer among `choices`."""
        return []

    def filter_choices(self, spec: "Spec") -> list[tuple[str, str]]:
        """The same for a filter, which shows all of them at once."""
        return []

    # JSON ───────────────────────────────────────────────────────────────────────────────────────

    def to_json(self, spec: "Spec", value: Any) -> Any:
        """`value`, which is not None, as JSON."""
        return to_json(value)

    def schema(self, spec: "Spec") -> dict[str, Any]:
        """The JSON schema of a value in an answer; a new dict each time."""
        schema: dict[str, Any] = {"type": "string"}
        if spec.longest is not None:
            schema["maxLength"] = spec.longest
        if self.json_format:
            schema["format"] = self.json_format
        return schema

    def body_schema(self, spec: "Spec") -> dict[str, Any]:
        """The JSON schema of a value in a body."""
        return self.schema(spec)


def to_json(value: Any) -> Any:
    """A column's value in JSON; `Spec.revive` is the inverse."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str | int | float | dict | None) else str(value)


def tidy(text: str) -> str:
    """`text` without control characters and surrounding spaces."""
    return CONTROL.sub("", text.replace("\r\n", "\n")).strip()


def refuse_longer(text: str, most: int | None) -> None:
    """Raises ValueError where `text` has more than `most` characters."""
    if most is not None and len(text) > most:
        raise ValueError(
            ngettext("Enter at most %(num)s character.", "Enter at most %(num)s characters.", most)
        )


def too_many_decimals(places: int) -> str:
    return str(
        ngettext("Enter at most %(num)s decimal.", "Enter at most %(num)s decimals.", places)
    )
