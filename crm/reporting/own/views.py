"""/reporting/own: reports that people make themselves, saved and shared."""

from typing import Any

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from crm.core.errors import DomainError, NotFound
from crm.core.http import wants_part
from crm.core.rows import criteria
from crm.core.saved.models import SavedKind, SavedView
from crm.core.views.base import PK
from crm.core.views.pages import ListPage
from crm.core.views.saved_pages import NewSaved, SavedPages, SavedWords, sentence
from crm.reporting.boards import sheet
from crm.reporting.boards.shown import Shown
from crm.reporting.own.layout import Layout, address_of, read_layout
from crm.reporting.own.page import ReportPage, address_at, page_of, pages
from crm.reporting.own.result import read, title_of
from crm.reporting.own.saved import OpenedReport, ReportRequest, type_of
from crm.reporting.own.subjects import subject, subjects
from crm.reporting.pipeline.subjects import FOLLOW_UP, open_subjects


class OwnReportView(SavedPages):
    """Own reports, through the rights on the lists that they are made of.

    Saved follow-ups stand among them; their page is one of `crm.reporting.pipeline`.
    """

    route_base = "/reporting/own"
    kind = SavedKind.REPORT
    words = SavedWords(
        _l("Own reports"),
        _l("Report “%(name)s” saved"),
        _l("Report “%(name)s” deleted"),
        _l("Report “%(name)s” restored"),
    )
    menu_endpoint = "ReportingView"

    @expose("/")
    def list(self) -> ResponseReturnValue:
        """The reports of the actor and of their groups, and what to make one of."""
        if not current_user.is_authenticated:
            abort(401)
        if not subjects():
            abort(404)
        page = ReportPage(_("Own reports"), "own", "chart-pie", boards=pages())
        followed = (str(FOLLOW_UP), url_for("ReportingView.pipeline"), False)
        page.subjects = [followed] if open_subjects() else []
        page.subjects += [
            (view.words("list_title"), self.url("report", entity=view.entity), False)
            for view in subjects()
        ]
        return self.render("reporting/own/list.html", page=page, lines=[*self.lines()])

    @expose("/lists/<entity>")
    def report(self, entity: str) -> ResponseReturnValue:
        """A report while it is chosen, or as it was saved."""
        layout = _layout(entity)
        address = address_of(layout, request.path)
        if "filter" in request.args:
            return redirect(layout.view.canonical(address), 302)
        return self.render("reporting/own/report.html", page=page_of(layout, address))

    @expose("/lists/<entity>/chart")
    def chart(self, entity: str) -> ResponseReturnValue:
        """The result: a part of the page, or where scripts do not run a page of its own."""
        layout = _layout(entity)
        address = address_of(layout, request.path)
        shown, wrong = None, ""
        try:
            shown = _shown(layout)
        except DomainError as error:
            wrong = sentence(error)
        if shown is not None and layout.view.can("export"):
            shown.csv_url = address_at("csv", layout.view, address)
        template = "reporting/own/part.html" if wants_part() else "reporting/own/chart.html"
        page = ListPage(title_of(layout), entity, "chart-pie")
        back = address_at("report", layout.view, address)
        page.crumbs = [(_("Own reports"), self.url("list")), (page.title, back)]
        return self.render(template, page=page, shown=shown, wrong=wrong)

    @expose("/lists/<entity>/csv")
    def csv(self, entity: str) -> ResponseReturnValue:
        """The table as CSV, of the rows that the actor may export."""
        layout = _layout(entity)
        if not layout.view.can("export"):
            abort(403)
        try:
            text = sheet.write(_shown(layout, [criteria(layout.view.datamodel.obj, "export")]))
        except DomainError as error:
            abort(400, sentence(error))
        return sheet.download(text, entity)

    def about(self, row: SavedView) -> str:
        return type_of(row.entity).about(row)

    def copy_url(self, row: SavedView) -> str:
        return self.url("copy", pk=row.id)

    @expose(f"/open/{PK}")
    def open(self, pk: int) -> ResponseReturnValue:
        """The report as it was saved, without what went away, which is said."""
        row = self.fetch(pk)
        found = _opened(row)
        self.flash_lost(row.name, found.lost)
        return redirect(found.url, 302)

    @expose(f"/copy/{PK}")
    def copy(self, pk: int) -> ResponseReturnValue:
        """The form that saves the report under another name."""
        row = self.fetch(pk)
        query = _opened(row).url.partition("?")[2]
        return redirect(f"{self.url('add', entity=row.entity)}?{query}", 302)

    @expose("/lists/<entity>/add", methods=("GET", "POST"))
    def add(self, entity: str) -> ResponseReturnValue:
        """Save the report that is in this address's arguments."""
        asked = _asked(entity)
        crumbs = [(str(self.words.every), self.url("list")), (asked.title, asked.url)]
        title = _("Save the report")
        return self.add_page(NewSaved(entity, asked.layout, title, crumbs, asked.url, asked.words))

    @expose(f"/update/{PK}", methods=("POST",))
    def update(self, pk: int) -> ResponseReturnValue:
        """Save the report in this address under the name that it had before it was changed."""
        asked = _asked(self.fetch(pk, "edit").entity)
        return self.replaced(pk, asked.layout, asked.unsaved_url)


def _asked(entity: str) -> ReportRequest:
    """The report of the request; 404 where the actor may not read what it is of."""
    if not current_user.is_authenticated:
        abort(401)
    try:
        return type_of(entity).asked(entity)
    except NotFound:
        abort(404)


def _opened(row: SavedView) -> OpenedReport:
    try:
        return type_of(row.entity).opened(row)
    except NotFound:
        abort(404)


def _layout(entity: str) -> Layout:
    """The choices of the request about a list that the actor may open; 404 without it."""
    if not current_user.is_authenticated:
        abort(401)
    view = subject(entity)
    if view is None:
        abort(404)
    return read_layout(view, request.args)


def _shown(layout: Layout, extra: Any = ()) -> Shown:
    """The result for the actor. Raises DomainError where the choices of the request are wrong."""
    address = address_of(layout, request.path)
    wrong = layout.view.query(address).wrong
    if wrong:
        raise DomainError(" ".join(wrong))
    return read(layout, address.filters, extra)


__all__ = ["OwnReportView"]
