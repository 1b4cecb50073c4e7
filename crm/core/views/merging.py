"""/X/merge: 2 to 5 records side by side become one. Source: spec 6.4."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.core.db import transaction
from crm.core.errors import Conflict, DomainError, NotFound
from crm.core.merging import (
    MOST,
    Sources,
    check_records,
    count_moving,
    default_kept,
    is_joined,
    kept_instead,
    may_merge,
    merge,
    plan_merge,
)
from crm.core.models.text import parse_number
from crm.core.views.base import PK, Action
from crm.core.views.merge_dialog import MergeWith
from crm.core.views.merge_page import MergeAsked, MergeDisplay
from crm.core.views.versions import ConcurrentEdit


class MergePages(MergeDisplay):
    """Pages of a table whose records may be merged."""

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
            return self.merge_page(MergeAsked(records, self._asked_kept(records) or kept, {}))
        return self._merge_posted(records)

    @expose("/merge_effects", methods=("POST",))
    @has_access
    def merge_effects(self) -> ResponseReturnValue:
        """What would happen, for the choices so far."""
        self._refuse_merging()
        records = self._merged_records(_asked_ids())
        kept = self._asked_kept(records) or abort(400)
        moving = count_moving(self.datamodel.obj, [row.id for row in records])
        effects = list(self.merge_consequences(records, kept, moving))
        return self.render("core/parts/merge_effects.html", effects=effects)

    @expose(f"/merge_with/{PK}", methods=("GET", "POST"))
    @has_access
    def merge_with(self, pk: int) -> ResponseReturnValue:
        """Ask for the other records, then lead to the page."""
        self._refuse_merging()
        row = self.row(pk, "edit")
        dialog = MergeWith(self.datamodel, row, self.picker_base())
        dialog.set_context(row)
        if request.method == "GET" or not dialog.read(request.form):
            return self._asking(row, dialog, 200 if request.method == "GET" else dialog.status)
        others = dialog.values["merged_into"]
        return redirect(self.merge_url([row.id, *(other.id for other in others)]), 303)

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
        found = self.datamodel.fetch_each(ids, "edit", self.merge_names())
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

    # Merging ────────────────────────────────────────────────────────────────────────────────────

    def _merge_posted(self, records: list[Any]) -> ResponseReturnValue:
        kept = self._asked_kept(records) or abort(400)
        asked = MergeAsked(records, kept, self._posted_sources(records))
        told = self._changed_meanwhile(records)
        if any(told.values()):
            return self.merge_page(asked, 409, told=told)
        count = len(records)
        try:
            plan = plan_merge(records, kept, asked.sources, self.merge_rules)
            with transaction():
                merge(plan)
        except (Conflict, NotFound):
            return self._merge_again(records)
        except DomainError as error:
            return self.merge_page(asked, error.status, error=error)
        self.tell_merged(kept)
        message = ngettext("%(num)s record merged", "%(num)s records merged", count)
        return self.to_record(kept, message)

    def tell_merged(self, kept: Any) -> None:
        """Called after a merge: slices flash what it leaves to do."""

    def _merge_again(self, records: Sequence[Any]) -> ResponseReturnValue:
        """Somebody saved or merged one of them between the check and the lock."""
        ids = [row.id for row in records]
        self.datamodel.session.expire_all()
        now = self._merged_records(ids)
        if [row.id for row in now] != ids:
            return self._merged_before(now)
        kept = self._asked_kept(now) or abort(400)
        told = self._changed_meanwhile(now)
        return self.merge_page(MergeAsked(now, kept, self._posted_sources(now)), 409, told=told)

    def _posted_sources(self, records: Sequence[Any]) -> Sources:
        ids = {row.id for row in records}
        found: dict[str, Sequence[int]] = {}
        for name in self.merge_names():
            sent = [parse_number(text) for text in request.form.getlist(f"v-{name}")]
            chosen = [pk for pk in sent if pk is not None and pk in ids]
            if chosen or f"joins-{name}" in request.form:
                found[name] = chosen if is_joined(self.datamodel.obj, name) else chosen[:1]
        return found

    def _changed_meanwhile(self, records: Sequence[Any]) -> Mapping[int, ConcurrentEdit | None]:
        names = self.compared_names()
        return {row.id: self.concurrent_edit(row, _version_of(row.id), names) for row in records}


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
