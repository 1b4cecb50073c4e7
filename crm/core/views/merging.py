"""/X/merge: 2 to 5 records side by side become one. Source: spec 6.4."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.core.db import transaction
from crm.core.errors import Conflict, DomainError, NotFound
from crm.core.merging import (
    MOST,
    MergeRules,
    Moving,
    Sources,
    check_kept,
    check_records,
    choices,
    count_moving,
    default_kept,
    default_sources,
    is_joined,
    is_offered,
    kept_instead,
    may_merge,
    merge,
    merged_fields,
    moving_to,
    plan_merge,
    value_key,
)
from crm.core.models import spec_of
from crm.core.models.text import parse_number
from crm.core.views.base import PK, Action, views_of
from crm.core.views.display import Field
from crm.core.views.merge_dialog import MergeWith
from crm.core.views.verbs import VerbPages
from crm.core.views.versions import ConcurrentEdit

LINKS = ("email", "phone", "url")  # kinds that are shown as links


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
    error: str = ""


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


@dataclass
class _Asked:
    """What was asked for: the records, the one to keep, whose values."""

    records: list[Any]
    kept: Any
    sources: Sources


class MergePages(VerbPages):
    """Pages of a table whose records may be merged."""

    merge_rules: ClassVar[MergeRules]
    merge_template = "core/merge.html"
    merge_first: ClassVar[Sequence[str]] = ()  # fields that the form lacks, e.g. the kind
    picked_columns: Sequence[str] = ("merged_into",)

    @expose("/merge", methods=("GET", "POST"))
    @has_access
    def merge(self) -> ResponseReturnValue:
        self._refuse_merging()
        ids = _asked_ids()
        records = self._merged_records(ids)
        if [row.id for row in records] != ids:
            return self._merged_before(records)
        try:
            check_records(records, self.merge_rules)
        except DomainError as error:
            return self._not_merged(records, error)
        if request.method == "GET":
            kept = default_kept(records, self.merge_rules)
            return self._merge_page(_Asked(records, self._asked_kept(records) or kept, {}))
        return self._merge_posted(records)

    @expose("/merge_effects", methods=("POST",))
    @has_access
    def merge_effects(self) -> ResponseReturnValue:
        """What would happen, for the choices so far."""
        self._refuse_merging()
        records = self._merged_records(_asked_ids())
        kept = self._asked_kept(records) or abort(400)
        moving = count_moving(self.datamodel.obj, [row.id for row in records])
        effects = list(self._effects(records, kept, moving))
        return self.render("core/parts/merge_effects.html", effects=effects)

    @expose(f"/merge_with/{PK}", methods=("GET", "POST"))
    @has_access
    def merge_with(self, pk: int) -> ResponseReturnValue:
        """Ask for the other record, then lead to the page."""
        self._refuse_merging()
        row = self.row(pk, "edit")
        dialog = MergeWith(self.datamodel, row, self.picker_base())
        dialog.set_context(row)
        if request.method == "GET" or not dialog.read(request.form):
            return self._asking(row, dialog, 200 if request.method == "GET" else dialog.status)
        other = dialog.values["merged_into"]
        return redirect(self.merge_url([row.id, other.id]), 303)

    def merge_url(self, ids: Sequence[int]) -> str:
        """The page that merges these records."""
        return self.url("merge") + "?ids=" + ",".join(map(str, ids))

    def record_menu(self, row: Any, editable: bool) -> list[Action]:
        menu = super().record_menu(row, editable)
        if editable and may_merge(self.class_permission_name):
            url = self.url("merge_with", pk=row.id)
            menu.insert(0, Action(_("Merge…"), url, "git-merge", opens_dialog=True))
        return menu

    # Which records ──────────────────────────────────────────────────────────────────────────────

    def _refuse_merging(self) -> None:
        if not may_merge(self.class_permission_name):
            abort(403, _("You are not allowed to merge records."))

    def _merged_records(self, ids: Sequence[int]) -> list[Any]:
        """The records in this order; instead of one that was merged, the one that was kept."""
        found = self.datamodel.fetch_each(ids, "edit", self._merge_names())
        records = [found.get(pk) or kept_instead(self.datamodel.obj, pk) for pk in ids]
        if not all(row is not None for row in records):
            abort(404)
        return list(dict.fromkeys(records)) if len(found) < len(set(ids)) else records

    def _merged_before(self, records: Sequence[Any]) -> ResponseReturnValue:
        """Some of them were merged meanwhile: what is left of the question, or the result."""
        if len(records) == 1:
            return redirect(self.page_of(records[0]) or self.url("list"), 303)
        if request.method == "POST":
            flash(
                _("Some of these records have been merged in the meantime. Compare what is left."),
                "warning",
            )
        return redirect(self.merge_url([row.id for row in records]), 303)

    def _not_merged(self, records: Sequence[Any], error: DomainError) -> ResponseReturnValue:
        flash(str(error), "danger")
        return redirect(self.page_of(records[0]) or self.url("list"), 303)

    def _asked_kept(self, records: Sequence[Any]) -> Any | None:
        wanted = parse_number(request.values.get("keep", ""))
        return next((row for row in records if row.id == wanted), None)

    def _merge_names(self) -> list[str]:
        """The fields that are compared, in the order of the form."""
        names = self.visible(dict.fromkeys([*self.merge_first, *(self.edit_columns or ())]))
        known = merged_fields(self.datamodel.obj)
        return [name for name in names if name in known]

    # Merging ────────────────────────────────────────────────────────────────────────────────────

    def _merge_posted(self, records: list[Any]) -> ResponseReturnValue:
        kept = self._asked_kept(records) or abort(400)
        asked = _Asked(records, kept, self._posted_sources(records))
        told = self._changed_meanwhile(records)
        if any(told.values()):
            return self._merge_page(asked, 409, told=told)
        count = len(records)
        try:
            plan = plan_merge(records, kept, asked.sources, self.merge_rules)
            with transaction():
                merge(plan)
        except (Conflict, NotFound):
            return self._merge_again(records)
        except DomainError as error:
            return self._merge_page(asked, error.status, error=error)
        message = ngettext("%(num)s record merged", "%(num)s records merged", count)
        return self.to_record(kept, message)

    def _merge_again(self, records: Sequence[Any]) -> ResponseReturnValue:
        """Somebody saved or merged one of them between the check and the lock."""
        ids = [row.id for row in records]
        self.datamodel.session.expire_all()
        now = self._merged_records(ids)
        if [row.id for row in now] != ids:
            return self._merged_before(now)
        kept = self._asked_kept(now) or abort(400)
        told = self._changed_meanwhile(now)
        return self._merge_page(_Asked(now, kept, self._posted_sources(now)), 409, told=told)

    def _posted_sources(self, records: Sequence[Any]) -> Sources:
        ids = {row.id for row in records}
        found: dict[str, Sequence[int]] = {}
        for name in self._merge_names():
            sent = [parse_number(text) for text in request.form.getlist(f"v-{name}")]
            chosen = [pk for pk in sent if pk is not None and pk in ids]
            if chosen or f"joins-{name}" in request.form:
                found[name] = chosen if is_joined(self.datamodel.obj, name) else chosen[:1]
        return found

    def _changed_meanwhile(self, records: Sequence[Any]) -> Mapping[int, ConcurrentEdit | None]:
        names = self.compared_names()
        return {row.id: self.concurrent_edit(row, _version_of(row.id), names) for row in records}

    # The page ───────────────────────────────────────────────────────────────────────────────────

    def _merge_page(
        self,
        asked: _Asked,
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
        page.effects = list(self._effects(records, kept, moving))
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

    def _fill_lines(self, page: MergePage, asked: _Asked, sources: Sources) -> None:
        records, open_ = asked.records, set(choices(asked.kept, self.merge_rules))
        for name in self._merge_names():
            if len({value_key(row, name) for row in records}) == 1:
                page.same.append(self.field_of(records[0], name))
                continue
            chosen = sources.get(name, ()) if name in open_ else None
            page.lines.append(self._merge_line(name, asked, chosen))

    def _merge_line(self, name: str, asked: _Asked, chosen: Sequence[int] | None) -> MergeLine:
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
        return MergeLine(name, label, cells, is_joined(model, name))

    def _tell_merge_error(self, page: MergePage, error: DomainError) -> None:
        lines = {line.name: line for line in page.lines}
        labels = {name: str(spec_of(self.datamodel.obj, name).label) for name in lines}
        for name, text in error.fields.items():
            if name == "keep":
                page.keep_error = text
                page.errors.append(("m-keep", _("Record that is kept"), text))
            elif name in lines:
                lines[name].error = text
                page.errors.append((f"m-{name}", labels[name], text))
            else:
                page.form_errors.append(text)
        if error.message:
            page.form_errors.append(error.message)

    # What will happen ───────────────────────────────────────────────────────────────────────────

    def _effects(
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
                "%(names)s goes to the bin. Its address leads to the record that is kept.",
                "%(names)s go to the bin. Their addresses lead to the record that is kept.",
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


def _asked_ids() -> list[int]:
    """The ids of the address; 400 where these are none."""
    texts = request.args.get("ids", "").split(",")
    ids = [parse_number(text) for text in texts]
    if not all(ids) or len(ids) > 2 * MOST:
        abort(400)
    return [pk for pk in ids if pk is not None]


def _version_of(pk: int) -> int:
    text = request.form.get(f"version-{pk}", "")
    if not text.isdecimal() or len(text) > 9:
        abort(400)
    return int(text)
