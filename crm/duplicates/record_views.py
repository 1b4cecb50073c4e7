"""What looks the same as one record: while one types, beside its page, and on a page of its own."""

from typing import Any

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _

from crm.core.forms import Form
from crm.core.models.text import parse_number
from crm.core.views import PK, Action, FormPage, Panel, RecordPage
from crm.duplicates.dismissing import ordered
from crm.duplicates.display import ShownMatch, shown_match
from crm.duplicates.finding import Match, likely_of, likely_values
from crm.duplicates.group_views import DuplicatesPage, GroupPages
from crm.duplicates.listing import Group

BESIDE, TOLD = 3, 20  # records beside a form or a record, on the page of one record


class MatchPages(GroupPages):
    """The duplicates of one record."""

    # While one types ────────────────────────────────────────────────────────────────────────────

    def form_page(self, form: Form, title: str, action: str, cancel: str, key: str) -> FormPage:
        page = super().form_page(form, title, action, cancel, key)
        asked = {} if key == "add" else {"id": key}
        page.live_url = self.url("while_typing", **asked)
        return page

    @expose("/while_typing", methods=("POST",))
    @has_access
    def while_typing(self) -> ResponseReturnValue:
        """HTML about the unsaved form: what looks the same. It keeps nobody from saving."""
        pk = parse_number(request.args.get("id", ""))
        row = self.row(pk, "edit") if pk is not None else None
        names = self.edit_names(row) if row is not None else self.add_names()
        form = self.form(names, row)
        if row is not None:
            form.set_context(row)
        form.read(request.form)
        but = [row.id] if row is not None else []
        values = {"company_id": getattr(row, "company_id", None), **form.values}
        found = likely_values(self.datamodel.obj, values, BESIDE, but=but)
        matches = [self._shown(match) for match in found]
        return render_template("duplicates/while_typing.html", matches=matches)

    # Beside a record ────────────────────────────────────────────────────────────────────────────

    def fill_first_tab(self, page: RecordPage, row: Any) -> None:
        super().fill_first_tab(page, row)
        page.panels.append(Panel("", later_url=self.url("matches", pk=row.id)))

    @expose(f"/matches/{PK}")
    @has_access
    def matches(self, pk: int) -> ResponseReturnValue:
        """The panel of a record with what looks the same, fetched after its page; "" for none."""
        row = self.row(pk, names=self.line_names())
        found = [self._shown(match) for match in likely_of(row, BESIDE + 1)]
        count = f"{BESIDE}+" if len(found) > BESIDE else str(len(found))
        title = _("Duplicates (%(count)s)", count=count)
        url = self.url("duplicates_of", pk=pk)
        return self.render("duplicates/matches.html", matches=found[:BESIDE], title=title, url=url)

    def _shown(self, match: Match) -> ShownMatch:
        return shown_match(match, self.page_of(match.row))

    def record_menu(self, row: Any, editable: bool) -> list[Action]:
        menu = super().record_menu(row, editable)
        url = self.url("duplicates_of", pk=row.id)
        menu.insert(0, Action(_("Check duplicates"), url, "equal"))
        return menu

    @expose(f"/duplicates/{PK}")
    @has_access
    def duplicates_of(self, pk: int) -> ResponseReturnValue:
        """What looks like one record, each beside it."""
        row = self.row(pk, names=self.line_names())
        found = likely_of(row, TOLD)
        groups = [
            Group(
                (row.id, match.row.id),
                (ordered(row.id, match.row.id),),
                match.score,
                match.reasons,
                match.against,
            )
            for match in found
        ]
        page = DuplicatesPage(_("Duplicates"), [*self.breadcrumbs(), (str(row), self.home(row))])
        page.blocks = self.blocks(groups)
        self.say_empty(page, _("Nothing looks the same as this record."))
        return self.render("duplicates/list.html", page=page)
