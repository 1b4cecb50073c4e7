"""What the pages of duplicates have in common: groups of records, and what may be done to them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from flask_babel import gettext as _
from sqlalchemy import select

from crm.core import rows
from crm.core.datamodel.loading import loading
from crm.core.merging import MOST, may_merge
from crm.core.models import spec_of
from crm.core.views import Action
from crm.core.views.merging import MergePages
from crm.core.views.pages import Note, Tab
from crm.duplicates.display import Block, Line, block_of
from crm.duplicates.listing import Group
from crm.duplicates.sources import Source, source_of

MOST_PAIRS = 45  # those of ten records


@dataclass
class DuplicatesPage:
    """Everything templates/duplicates/list.html places."""

    title: str
    crumbs: list[tuple[str, str]]
    tabs: list[Tab] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    empty: str = ""
    empty_title: str = ""
    empty_text: str = ""
    range_text: str = ""
    prev_url: str = ""
    next_url: str = ""
    page_sizes: list[tuple[int, str, bool]] = field(default_factory=list)
    checked: str = ""


class GroupPages(MergePages):
    """Groups of records that look the same, each with the way to merge or dismiss it."""

    duplicate_columns: ClassVar[Sequence[str]] = ()  # of a record in a group, beside its name
    duplicate_relations: ClassVar[Sequence[str]] = ()  # read with them

    @property
    def source(self) -> Source:
        return source_of(self.datamodel.obj)

    def home(self, row: Any) -> str:
        """The page of a record, else the list."""
        return self.page_of(row) or self.url("list")

    def say_empty(self, page: DuplicatesPage, title: str) -> None:
        """Where there are no groups: why, instead of them."""
        if not page.blocks:
            page.empty, page.empty_title = "nothing", title
            page.empty_text = _(
                "Leads are compared with leads, accounts with accounts, contacts with contacts."
            )

    def line_names(self) -> list[str]:
        """What is read of each record in a group."""
        names = self.visible(self.duplicate_columns)
        return [*names, *self.duplicate_relations]

    def blocks(self, groups: Sequence[Group], *, is_dismissed: bool = False) -> list[Block]:
        """The groups with those of their records that the actor reads, if two are left."""
        found = self.compared_rows({pk for group in groups for pk in group.ids})
        edited = (
            rows.allowed(self.datamodel.session, "edit", list(found.values())) if found else set()
        )
        model, names = self.datamodel.obj, self.visible(self.duplicate_columns)
        head = [(name, str(spec_of(model, name).label)) for name in names]
        blocks = []
        for group in groups:
            shown = [found[pk] for pk in group.ids if pk in found]
            if len(shown) < 2:
                continue
            block = block_of(group, shown, self._line, head)
            may = not edited.isdisjoint(group.ids)
            block.actions = self._actions(group, shown, edited, is_dismissed) if may else []
            blocks.append(block)
        return blocks

    def compared_rows(self, ids: set[int]) -> dict[int, Any]:
        model = self.datamodel.obj
        options = loading(model, self.line_names())
        asked = select(model).where(model.id.in_(ids)).options(*options)
        return (
            {row.id: row for row in self.datamodel.session.scalars(asked).unique()} if ids else {}
        )

    def _line(self, row: Any) -> Line:
        names = self.visible(self.duplicate_columns)
        fields = [self.field_of(row, name) for name in names]
        return Line(str(row), self.home(row), fields)

    def _actions(
        self, group: Group, shown: Sequence[Any], edited: set[int], is_dismissed: bool
    ) -> list[Action]:
        pairs = [pair for pair in group.pairs if not edited.isdisjoint(pair)][:MOST_PAIRS]
        values = [("pairs", " ".join(f"{low}-{high}" for low, high in pairs))]
        verb, label = ("examine", _("Examine again")) if is_dismissed else ("dismiss", _("Dismiss"))
        actions = [Action(label, self.url(verb), "", "post", values=values)] if pairs else []
        ids = [row.id for row in shown if row.id in edited][:MOST]
        if len(ids) > 1 and may_merge(self.class_permission_name) and not is_dismissed:
            actions.append(Action(_("Merge"), self.merge_url(ids), "git-merge"))
        return actions
