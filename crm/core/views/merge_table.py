"""What templates/core/merge.html places: a column for each record, a line for each field."""

from dataclasses import dataclass, field

from crm.core.views.display import Field
from crm.core.views.versions import ConcurrentEdit


@dataclass
class MergeRecord:
    """A column of the page: a record that may be the one that is kept."""

    id: int
    name: str
    details: str
    links: str
    version: int
    is_kept: bool
    told: ConcurrentEdit | None = None


@dataclass
class MergeCell:
    """A value of one of the records; `is_open` where it may be chosen."""

    record: int
    name: str
    value: Field
    is_open: bool
    is_chosen: bool
    note: str = ""


@dataclass
class MergeLine:
    """A field whose values differ."""

    name: str
    label: str
    cells: list[MergeCell]
    is_joined: bool = False
    is_decided: bool = False
    error: str = ""

    def refuse(self, text: str) -> None:
        """Say what is wrong with the choice; having no value may be the only way out."""
        self.error = text
        for cell in self.cells:
            cell.is_open = cell.is_open or not (self.is_decided or cell.value.text)


@dataclass
class MergePage:
    """Everything templates/core/merge.html places."""

    title: str
    action: str
    effects_url: str
    cancel_url: str
    crumbs: list[tuple[str, str]]
    records: list[MergeRecord]
    submit_label: str
    keep_error: str = ""
    lines: list[MergeLine] = field(default_factory=list)
    same: list[Field] = field(default_factory=list)
    effects: list[tuple[str, str]] = field(default_factory=list)
    errors: list[tuple[str, str, str]] = field(default_factory=list)
    form_errors: list[str] = field(default_factory=list)
