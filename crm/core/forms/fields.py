"""One input: what was typed, what it means, what is wrong with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from crm.core.forms.options import Option
from crm.core.models import Spec


@dataclass
class FormField:
    """A field of a form. `texts` is what stands in the input, typed or stored."""

    name: str
    spec: Spec
    texts: list[str] = field(default_factory=list)
    data: Any = None
    errors: list[str] = field(default_factory=list)
    width: str = ""
    options: list[Option] = field(default_factory=list)
    blank: str | None = None
    picker_url: str = ""
    picker_with: tuple[str, ...] = ()
    unit: str = ""
    parts: list[tuple[str, str, str, str]] = field(default_factory=list)
    rows: list[list["FormField"]] = field(default_factory=list)
    blank_row: list["FormField"] = field(default_factory=list)
    add_label: str = ""
    readonly: bool = False
    accept: str = ""
    current: Any = None
    kind: str = ""
    search_name: str = ""
    format_hint: str = ""
    autocomplete: str = "off"
    help: Any = None
    dependents: list["FormField"] = field(default_factory=list)
    opens_with: str = ""
    inherit: Any = None
    fields: list["FormField"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.kind = self.kind or self.spec.kind.name
        self.help = self.help or self.spec.help

    def copy(self, name: str) -> "FormField":
        """The same input under another name, many times faster than making it again."""
        made = object.__new__(FormField)
        made.__dict__.update(self.__dict__)
        made.name, made.errors = name, []
        return made

    @property
    def id(self) -> str:
        return f"f-{self.name}".replace(".", "-")

    @property
    def label(self) -> str:
        return str(self.spec.label)

    @property
    def text(self) -> str:
        return self.texts[0] if self.texts else ""

    @property
    def count_name(self) -> str:
        return f"{self.name}-count"

    def limit_to(self, rows: Iterable[Any]) -> None:
        """Offer these rows only, and what is chosen already; to be called once all are offered."""
        values = {str(row.id) for row in rows}
        self.options = [one for one in self.options if one.value in values or one.selected]
        self.picker_url = ""

    def is_unchanged(self, sent: Sequence[str]) -> bool:
        """Whether a browser that sends `sent` sends back what stands in the input.

        Then the stored value is meant, with what its text does not say: seconds, the second of
        two hours in autumn, empty or zero. An empty box is not sent, whether "no" or nothing said.
        """
        if self.kind == "boolean":
            return not any(sent) and not self.data
        here, there = (
            [text.replace("\r\n", "\n") for text in texts] for texts in (self.texts, sent)
        )
        return sorted(here) == sorted(there) if self.kind == "references" else here == there

    def fill(self, value: Any, zone: str) -> None:
        """Put a stored value into the input."""
        if self.spec.kind.is_file:
            return  # a file has no text; `current` says which one there is
        self.data = value
        if self.kind != "output" and self.spec.kind.is_text:
            self.texts = [self.spec.typed(value, zone)]
