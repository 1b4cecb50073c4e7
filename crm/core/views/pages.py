"""The values of the templates of lists and records."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from markupsafe import Markup

from crm.core.models.kinds import Kind
from crm.core.models.operators import Operator
from crm.core.views.base import Action, FieldGroup
from crm.core.views.display import Field


@dataclass
class Note:
    """A notice on the page; `tone` is its severity."""

    tone: str
    text: str
    url: str = ""
    url_label: str = ""


@dataclass
class Column:
    """A column header of the list."""

    name: str
    label: str
    css: str
    sort_url: str | None = None
    sorted: str = ""

    @property
    def is_name(self) -> bool:
        """Whether its cells are the headers of their rows."""
        return self.css == "w-name"


@dataclass
class Row:
    """A row of the list; `html` are its cells without the last, which has the actions."""

    id: int
    url: str
    main: str
    actions: list[Action] = field(default_factory=list)
    html: Markup | str = ""


@dataclass
class Chip:
    """An applied filter, with the URL that removes it."""

    name: str
    label: str
    operator: str
    value_text: str
    remove_url: str
    values: dict[str, str] = field(default_factory=dict)  # text of each choice → its words
    is_typed: bool = True  # its popover changes it


@dataclass
class FilterChoice:
    """A filter that is offered."""

    name: str
    label: str
    kind: Kind
    operators: Sequence[Operator]
    choices: list[tuple[str, str]]
    picker_url: str = ""
    current_operator: int | None = None
    current_values: tuple[str, ...] = ()
    words: dict[str, str] = field(default_factory=dict)  # of the current values
    is_offered: bool = True  # in the menu of filters
    popover: Markup | str = ""

    @property
    def is_in_days(self) -> bool:
        """Whether the current value is a number of days."""
        number = self.current_operator
        return number is not None and any(one.days for one in self.operators[number : number + 1])


@dataclass(frozen=True)
class SavedTab:
    """A saved filter as a tab above its list."""

    name: str
    url: str
    current: bool
    id: int
    is_private: bool


@dataclass
class ListPage:
    """Everything templates/core/list.html places."""

    title: str
    key: str
    entity_icon: str
    columns: list[Column] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    count: int = 0
    capped: bool = False
    total_text: str = ""
    range_text: str = ""
    prev_url: str = ""
    next_url: str = ""
    page_sizes: list[tuple[int, str, bool]] = field(default_factory=list)
    presets: list[tuple[str, str, bool, str]] = field(default_factory=list)
    saved_tabs: list[SavedTab] = field(default_factory=list)
    chips: list[Chip] = field(default_factory=list)
    filters: list[FilterChoice] = field(default_factory=list)
    state: list[tuple[str, str]] = field(default_factory=list)
    search: str = ""
    search_url: str = ""
    search_label: str = ""
    search_way: str = ""  # how the search matched, in words
    region_label: str = ""
    empty: str = ""
    empty_title: str = ""
    empty_text: str = ""
    empty_links: list[tuple[str, str, str]] = field(default_factory=list)  # label, URL, its rows
    add_url: str = ""
    add_label: str = ""
    add_opens_dialog: bool = False
    new_row: Any = None  # the form of a new row, the last one
    bin_url: str = ""
    export_url: str = ""
    sums: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    sums_label: str = ""
    totals_url: str = ""
    counts_url: str = ""
    save_url: str = ""  # saves the filters as a new saved filter
    update_url: str = ""  # or in place of those of `saved_name`
    save_label: str = ""  # of a report, which is saved with more than its filters
    saved_name: str = ""
    saved_version: int = 0
    menu_url: str = ""  # of a row's menu, before its id
    sort_options: list[tuple[str, str, bool]] = field(default_factory=list)
    notes: list[Any] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    menu: list[Action] = field(default_factory=list)
    views: list[tuple[str, str, str, bool]] = field(default_factory=list)
    card_template: str = ""
    above: Any = None  # what `above_template` places above the rows of a tab
    above_template: str = ""
    crumbs: list[tuple[str, str]] = field(default_factory=list)

    @property
    def is_counted_by_tab(self) -> bool:
        """Whether the number on the current tab is that of the list."""
        is_saved = any(tab.current for tab in self.saved_tabs) and not self.save_url
        return is_saved or any(current for _label, _url, current, _key in self.presets)


@dataclass
class Tab:
    """A tab of a record."""

    key: str
    label: str
    url: str
    current: bool
    count: str | None = None


@dataclass
class HistoryEntry:
    """An entry of the journal as text."""

    who: str
    date: date
    day: str  # the date in words
    time: str
    icon: str
    action_text: str
    changes: list[tuple[str, str, str]]
    about: str = ""  # the record that it happened to, before that one was merged into this one


@dataclass
class Panel:
    """A read-only block in the side column; `first` puts it above the groups of fields.

    `later_url` answers with the whole block, which is fetched after the page.
    """

    title: str
    first: bool = False
    html: Markup | str = ""
    figures: list[Field] = field(default_factory=list)
    lines: list[Field] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    empty: str = ""
    url: str = ""
    url_label: str = ""
    meta: str = ""
    actions: list[Action] = field(default_factory=list)
    later_url: str = ""


@dataclass
class AddressBlock:
    """A postal address as a block; `tags` say what it is used for."""

    title: str
    lines: list[str]
    tags: list[str]
    edit_url: str = ""


@dataclass
class RecordPage:
    """Everything templates/core/record.html places."""

    title: str
    id: int
    crumbs: list[tuple[str, str]]
    actions: list[Action] = field(default_factory=list)
    menu: list[Action] = field(default_factory=list)
    headline: list[Field] = field(default_factory=list)
    tabs: list[Tab] = field(default_factory=list)
    groups: list[FieldGroup] = field(default_factory=list)
    side: list[FieldGroup] = field(default_factory=list)
    panels: list[Panel] = field(default_factory=list)
    read_panels: list[Panel] = field(default_factory=list)
    figures: list[Field] = field(default_factory=list)
    folded: list[str] = field(default_factory=list)  # the labels of the fields that say nothing
    stages: list[Any] = field(default_factory=list)
    related: ListPage | None = None
    history: list[HistoryEntry] | None = None
    row_version: int | None = None
    neighbors_url: str = ""
    edit_url: str = ""
    field_url: str = ""
    notice: Note | None = None
    concurrent_edit: Any = None  # what others changed, where an action was refused because of it
