"""One field of a form: the typed text, the parsed value, the errors."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from crm.core.forms.options import Option
from crm.core.models import Spec

# A text that is typed; another one is chosen.
TYPED = ("text", "number", "longtext")
# Of one record. What was typed beyond is shown again, as far as core.limits lets a form go.
MOST_LINES = 500


class NewLine(NamedTuple):
    """A kind of line that may be added; `text` is what its first column begins with."""

    value: str
    label: str
    icon: str
    text: str = ""


@dataclass(frozen=True)
class LineTable:
    """How child rows are laid out as a table that is edited in place.

    Lines of the kind `plain` have all `columns`, of the others only the first one.
    """

    columns: Sequence[str]
    kind: str
    kinds: Sequence[NewLine]  # `plain` is the first
    total: str
    total_label: str
    summed: Sequence[str] = ()  # other kinds with a total
    note: str = ""  # a longer text, under the first column
    below: Sequence[str] = ()  # of plain lines, under the line: seldom filled in
    hidden: Sequence[str] = ()  # of plain lines: kept, but not shown
    source: str = ""  # the link to a row that fills a line, searched in the first column
    fills: Sequence[str] = ()  # the columns that such a row fills
    most: int = MOST_LINES

    @property
    def plain(self) -> str:
        return self.kinds[0].value

    def is_open(self, cells: Mapping[str, "FormField"]) -> bool:
        """Whether a value is filled in under the line, or anything is wrong there."""
        below = [cells[name] for name in self.below]
        return any(one.errors or (one.text and one.widget in TYPED) for one in below)

    def total_of(self, row: Sequence["FormField"]) -> str:
        """The name of the figure at the end of the line."""
        return row[0].name.removesuffix("id") + self.total

    def blank(self, field: "FormField", kind: NewLine) -> list["FormField"]:
        """The inputs of a new line of this kind."""
        texts = {self.kind: kind.value, self.columns[0]: kind.text}
        line = [part.copy(part.name) for part in field.blank_row]
        for name, part in field.cells(line).items():
            if texts.get(name):
                part.texts = [texts[name]]
        return line


@dataclass
class FormField:
    """A field of a form. `texts` are the contents of the input, typed or stored."""

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
    part_errors: dict[str, list[str]] = field(default_factory=dict)  # language → of `errors`
    rows: list[list["FormField"]] = field(default_factory=list)
    blank_row: list["FormField"] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)  # of the lines that were sent
    table: LineTable | None = None
    add_label: str = ""
    readonly: bool = False
    accept: str = ""
    current: Any = None
    widget: str = ""
    search_name: str = ""
    days_if: str = ""  # the checkbox with which a moment is a day
    live_url: str = ""  # answers a post of the form with HTML, to be shown below
    follows: str = ""  # the moment from which this one keeps its distance
    autocomplete: str = "off"
    help: Any = None
    dependents: list["FormField"] = field(default_factory=list)
    opens_with: str = ""
    inherit: Any = None
    warning: str = ""
    actions: list[Any] = field(default_factory=list)
    fields: list["FormField"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.widget = self.widget or self.spec.kind.widget
        self.help = self.help or self.spec.help

    def copy(self, name: str) -> "FormField":
        """The same input under another name; much faster than making a new one."""
        made = object.__new__(FormField)
        made.__dict__.update(self.__dict__)
        made.name, made.errors = name, []
        return made

    @property
    def id(self) -> str:
        return f"f-{self.name}".replace(".", "-")

    @property
    def is_link(self) -> bool:
        """Whether rows are chosen in it; lines and shown values may be links, too."""
        return self.widget in ("reference", "references")

    @property
    def label(self) -> str:
        return str(self.spec.label)

    @property
    def text(self) -> str:
        return self.texts[0] if self.texts else ""

    @property
    def count_name(self) -> str:
        return f"{self.name}-count"

    def cells(self, row: Sequence["FormField"]) -> dict[str, "FormField"]:
        """The inputs of a line by the name of their column."""
        return {part.name.rpartition("-")[2]: part for part in row}

    def limit_to(self, rows: Iterable[Any]) -> None:
        """Restrict the choices to these rows and the present one; call after `load_choices`."""
        values = {str(row.id) for row in rows}
        self.options = [one for one in self.options if one.value in values or one.selected]
        self.picker_url = ""

    def is_unchanged(self, sent: Sequence[str]) -> bool:
        """Whether `sent` is what a browser sends for an unchanged input.

        The stored value is kept then, as its text loses detail: seconds, the second of two equal
        hours in autumn, NULL or zero. An unticked checkbox is not sent, be it False or NULL.
        """
        if self.widget == "boolean":
            return not any(sent) and not self.data
        here, there = (
            [text.replace("\r\n", "\n") for text in texts] for texts in (self.texts, sent)
        )
        return sorted(here) == sorted(there) if self.widget == "references" else here == there

    def fill(self, value: Any, zone: str) -> None:
        if self.spec.kind.is_file:
            return  # a file has no text; `current` is its name
        self.data = value
        if self.widget != "output" and self.spec.kind.is_text:
            self.texts = [self.spec.typed(value, zone)]
