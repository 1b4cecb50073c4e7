"""What the page of a merge shows: records side by side, and what will happen."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.core.errors import DomainError
from crm.core.merging import (
    MergeRules,
    Moving,
    Sources,
    check_kept,
    choices,
    count_moving,
    default_sources,
    is_joined,
    is_offered,
    merged_fields,
    moving_to,
    value_key,
)
from crm.core.models import spec_of
from crm.core.views.base import views_of
from crm.core.views.merge_table import MergeCell, MergeLine, MergePage, MergeRecord
from crm.core.views.verbs import VerbPages
from crm.core.views.versions import ConcurrentEdit

LINKS = ("email", "phone", "url")  # kinds that are shown as links


@dataclass
class MergeAsked:
    """What was asked for: the records, the one to keep, whose values."""

    records: list[Any]
    kept: Any
    sources: Sources


class MergeDisplay(VerbPages):
    """The page itself, and the words of a slice for it."""

    merge_rules: ClassVar[MergeRules]
    merge_template = "core/merge.html"
    merge_first: ClassVar[Sequence[str]] = ()  # fields that the form lacks, e.g. the kind

    def merge_url(self, ids: Sequence[int]) -> str:
        """The page that merges these records."""
        return self.url("merge") + "?ids=" + ",".join(map(str, ids))

    def merge_names(self) -> list[str]:
        """The fields that are compared, in the order of the form."""
        names = self.visible(dict.fromkeys([*self.merge_first, *(self.edit_columns or ())]))
        known = merged_fields(self.datamodel.obj)
        return [name for name in names if name in known]

    # The page ───────────────────────────────────────────────────────────────────────────────────

    def merge_page(
        self,
        asked: MergeAsked,
        status: int = 200,
        *,
        told: Mapping[int, ConcurrentEdit | None] | None = None,
        error: DomainError | None = None,
    ) -> ResponseReturnValue:
        records, kept, rules = asked.records, asked.kept, self.merge_rules
        ids = [row.id for row in records]
        moving = count_moving(self.datamodel.obj, ids)
        linked: Counter[int] = sum(moving.values(), Counter())
        sources = {**default_sources(records, kept, rules), **asked.sources}
        title = ngettext("Merge %(num)s record", "Merge %(num)s records", len(records))
        page = MergePage(
            title=title,
            action=self.merge_url(ids),
            effects_url=self.merge_url(ids).replace("/merge?", "/merge_effects?"),
            cancel_url=self.page_of(records[0]) or self.url("list"),
            crumbs=[(self.words("list_title"), self.url("list"))],
            records=[self._merge_record(row, row is kept, linked[row.id]) for row in records],
            submit_label=title,
        )
        for one in page.records:
            one.told = (told or {}).get(one.id)
        self._fill_lines(page, asked, sources)
        page.effects = list(self.merge_consequences(records, kept, moving))
        if error is not None:
            self._tell_merge_error(page, error)
        return self.render(self.merge_template, status, page=page)

    def _merge_record(self, row: Any, is_kept: bool, links: int) -> MergeRecord:
        text = ngettext("%(num)s link", "%(num)s links", links)
        return MergeRecord(
            row.id, str(row), self.merge_details(row), text, row.row_version, is_kept
        )

    def merge_details(self, row: Any) -> str:
        """What tells a record from another of the same name."""
        owner = self.field_of(row, "owner")
        return owner.text or _("Unassigned")

    def _fill_lines(self, page: MergePage, asked: MergeAsked, sources: Sources) -> None:
        records, open_ = asked.records, set(choices(asked.kept, self.merge_rules))
        for name in self.merge_names():
            if len({value_key(row, name) for row in records}) == 1:
                page.same.append(self.field_of(records[0], name))
                continue
            chosen = sources.get(name, ()) if name in open_ else None
            page.lines.append(self._merge_line(name, asked, chosen))

    def _merge_line(self, name: str, asked: MergeAsked, chosen: Sequence[int] | None) -> MergeLine:
        """The values of a field; None is `chosen` where a rule decides."""
        model, records = self.datamodel.obj, asked.records
        decide = self.merge_rules.decided.get(name)
        decided = value_key(asked.kept, name) if decide is None else decide(records)
        cells = []
        for row in records:
            value = self.field_of(row, name)
            value.url = None  # within the label of a choice
            value.kind = "text" if value.kind in LINKS else value.kind
            has_one = value_key(row, name) not in (None, "")
            is_open = chosen is not None and has_one and is_offered(row, name, records)
            cell = MergeCell(row.id, str(row), value, is_open, row.id in (chosen or ()))
            if chosen is None and value_key(row, name) == decided:
                cell.note = _("always wins")
            cells.append(cell)
        label = str(spec_of(model, name).label)
        return MergeLine(name, label, cells, is_joined(model, name), chosen is None)

    def _tell_merge_error(self, page: MergePage, error: DomainError) -> None:
        lines = {line.name: line for line in page.lines}
        labels = {name: str(spec_of(self.datamodel.obj, name).label) for name in lines}
        for name, text in error.fields.items():
            if name == "keep":
                page.keep_error = text
                page.errors.append(("m-keep", _("Kept record"), text))
            elif name in lines:
                lines[name].refuse(text)
                page.errors.append((f"m-{name}", labels[name], text))
            else:
                page.form_errors.append(text)
        if error.message:
            page.form_errors.append(error.message)

    # What will happen ───────────────────────────────────────────────────────────────────────────

    def merge_consequences(
        self, records: Sequence[Any], kept: Any, moving: Moving
    ) -> Iterator[tuple[str, str]]:
        """(icon, sentence) of each consequence."""
        try:
            check_kept(kept, records, self.merge_rules)
        except DomainError as error:
            yield "alert-circle", str(error)
            return
        losers = [row for row in records if row is not kept]
        yield self.icon, self.kept_words(kept, records)
        for record, number in moving_to(moving, [row.id for row in losers]):
            view = next(iter(views_of(record)), None)
            if view is not None:
                yield view.icon, view.moving_words(number, self.datamodel.obj)
        names = ", ".join(self.short_name(row) for row in losers)
        yield (
            "git-merge",
            ngettext(
                "%(names)s goes to the bin. Its address leads to the kept record.",
                "%(names)s go to the bin. Their addresses lead to the kept record.",
                len(losers),
                names=names,
            ),
        )
        yield "history", _("The journal of all of them stays readable.")

    def short_name(self, row: Any) -> str:
        """What a sentence calls a record."""
        return str(row)

    def kept_words(self, kept: Any, records: Sequence[Any]) -> str:
        """What becomes of the record that is kept."""
        return _("%(name)s is kept.", name=kept)
