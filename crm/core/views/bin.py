"""/X/delete, /X/bin/, /X/restore: soft delete and restore, by POST."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.core.actor import current_actor
from crm.core.datamodel.paging import PageRequest
from crm.core.datamodel.saving import check_version
from crm.core.db import transaction
from crm.core.errors import Conflict, DomainError, NotFound, Unavailable
from crm.core.models import spec_of
from crm.core.models.text import format_day, format_instant, format_number
from crm.core.rows import criteria
from crm.core.types import utcnow
from crm.core.views.base import PK
from crm.core.views.display import Field, person, zone
from crm.core.views.fitting import fit
from crm.core.views.form import FormPages
from crm.core.views.pages import Column, ListPage
from crm.core.views.versions import posted_version

SOON = 7  # days before the purge in which the date is marked
OWN_WIDTH = 586  # pixels: of w-date, w-who, w-purge and act of list.css, which every bin has


@dataclass
class BinRow:
    """A line of the bin; its name is no link, because a row in the bin has no page."""

    id: int
    fields: list[Field]
    restore_url: str
    deleted_on: str
    deleted_by: Field | None
    purge_on: str
    purge_soon: str
    kept: Field | None = None  # the record into which it was merged

    @property
    def main(self) -> Field:
        return self.fields[0]


@dataclass
class BinPage(ListPage):
    """Everything templates/core/bin.html places; a `refusal` says why a row could not come back."""

    note: str = ""
    refusal: str = ""


class BinPages(FormPages):
    """Delete and restore."""

    @expose(f"/delete/{PK}", methods=("POST",))
    @has_access
    def delete(self, pk: int) -> ResponseReturnValue:
        row = self.row(pk, "delete")
        version, name = self.checked_version(row), str(row)
        undo_url = ""
        try:
            with transaction():
                check_version(row, version)
                self.datamodel.remove(row)
                if self.datamodel.has_bin:
                    undo_url = self.act_url("restore", row)
        except Conflict:
            return self.stale_response(pk)
        except Unavailable:
            raise
        except DomainError as error:
            flash(str(error), "danger")
            return redirect(self.url("show", pk=pk), 303)
        message: Any = _("%(name)s deleted", name=name)
        if undo_url:
            message = {"text": message, "undo_url": undo_url}
        flash(message, "success")
        return redirect(self.list_left() or self.url("list"), 303)

    @expose("/bin/")
    @has_access
    def bin(self) -> ResponseReturnValue:
        return self.render("core/bin.html", page=self.bin_page())

    @expose(f"/restore/{PK}", methods=("POST",))
    @has_access
    def restore(self, pk: int) -> ResponseReturnValue:
        row = self._deleted(pk)
        try:
            with transaction():
                check_version(row, posted_version())
                row = self.datamodel.restore(pk)
        except NotFound:
            abort(404)
        except Unavailable:
            raise
        except DomainError as error:
            page = self.bin_page()
            page.refusal = str(error)
            return self.render("core/bin.html", 409, page=page)
        return self.to_record(row, _("%(name)s restored", name=row))

    def _deleted(self, pk: int) -> Any:
        """The row in the bin, or 404."""
        model = self.datamodel.obj
        known = model.id == pk, *self.bin_conditions(), criteria(model, "delete")
        statement = self.datamodel.select(*known, in_bin=True)
        statement = statement.execution_options(populate_existing=True)
        return self.datamodel.session.scalars(statement).unique().first() or abort(404)

    def bin_page(self) -> BinPage:
        """What the actor may restore, newest first."""
        if not self.datamodel.has_bin:
            abort(404)
        model = self.datamodel.obj
        statement = self.datamodel.select(
            *self.base_conditions(), *self.bin_conditions(), criteria(model, "delete"), in_bin=True
        )
        token = request.args.get("after", "")
        try:
            relations = [*self.relations(self.visible(self.list_columns)), "changed_by"]
            found = self.datamodel.page(
                statement, [("deleted_at", "desc")], PageRequest(25, token), relations
            )
        except ValueError:
            abort(400)
        page = BinPage(_("Bin"), self.key, "trash")
        page.crumbs = [(self.words("list_title"), self.url("list"))]
        names = self.bin_names()
        labels = [str(spec_of(model, name).label) for name in names]
        css = ["w-name", *["opt"] * (len(names) - 1)]  # a phone shows the name alone
        page.columns = list(map(Column, names, labels, css))
        fit(page.columns, (), beside=OWN_WIDTH)
        kept = self._kept_of(found.rows)
        page.rows = [self._bin_row(row, names, kept) for row in found.rows]  # type: ignore[misc]  # a bin has lines of its own
        page.next_url = self.url("bin") + f"?after={found.after}" if found.after else ""
        page.count = len(page.rows)
        page.total_text = format_number(page.count)
        page.empty = "" if page.rows else "nothing"
        page.empty_title = _("The bin is empty")
        page.note = self._bin_note()
        return page

    def bin_conditions(self) -> list[Any]:
        """Conditions on the rows of this bin, where two views share a table."""
        return []

    def bin_names(self) -> list[str]:
        """The first columns of the list, which identify a record."""
        return self.visible(self.list_columns)[:3]

    def _bin_days(self) -> int:
        return int(current_actor().settings.get("bin_days") or 90)

    def _bin_note(self) -> str:
        days = self._bin_days()
        stay = ngettext(
            "Deleted records stay here for %(num)s day; restored, they come back as they were.",
            "Deleted records stay here for %(num)s days; restored, they come back as they were.",
            days,
        )
        then = _(
            "After that they are deleted for good, with their lines and files, once a day; "
            "a record stays as long as another one needs it."
        )
        return f"{stay} {then}"

    def _kept_of(self, rows: Sequence[Any]) -> Mapping[int, Any]:
        """id → record, of those into which `rows` were merged; not by the link, of a bin's rows."""
        model = self.datamodel.obj
        ids = {pk for row in rows if (pk := getattr(row, "merged_into_id", None)) is not None}
        if not ids:
            return {}
        found = self.datamodel.session.scalars(self.datamodel.select(model.id.in_(ids)))
        return {row.id: row for row in found.unique()}

    def _bin_row(self, row: Any, names: list[str], kept: Mapping[int, Any]) -> BinRow:
        fields = [self.field_of(row, name) for name in names]
        for one in fields:
            one.url = None
        if getattr(row, "merged_into_id", None) is not None:
            return self._merged_row(row, fields, kept.get(row.merged_into_id))
        purge = row.deleted_at + timedelta(days=self._bin_days())
        left = (purge - utcnow()).days
        soon = ngettext("in %(num)s day", "in %(num)s days", left) if left < SOON else ""
        return BinRow(
            row.id,
            fields,
            self.act_url("restore", row),
            format_instant(row.deleted_at, zone()),
            _deleted_by(row),
            format_day(purge.astimezone(ZoneInfo(zone())).date()),
            soon if left >= 1 else _("today"),
        )

    def _merged_row(self, row: Any, fields: list[Field], kept: Any) -> BinRow:
        """A record that was merged stays for good, as its address leads to the kept one."""
        shown = Field("merged_into", "", "reference", kept, str(kept or ""), missing=kept is None)
        shown.url = self.page_of(kept) if kept is not None else None
        at = format_instant(row.deleted_at, zone())
        return BinRow(row.id, fields, "", at, _deleted_by(row), "", "", shown)


def _deleted_by(row: Any) -> Field | None:
    return person(row.changed_by) if row.changed_by is not None else None
