"""/reporting/own: reports that people make themselves, saved and shared."""

from typing import Any

from flask import Response, abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_login import current_user

from crm.core.db import transaction
from crm.core.errors import DomainError, NotFound
from crm.core.models.text import parse_number
from crm.core.rows import criteria
from crm.core.saved import services
from crm.core.saved.models import SavedKind, SavedView
from crm.core.security.page import Page
from crm.core.views.base import PK
from crm.core.views.pages import ListPage
from crm.core.views.saved_form import form_fields, form_page, given_by
from crm.reporting.boards import sheet
from crm.reporting.boards.shown import Shown
from crm.reporting.own import saved
from crm.reporting.own.layout import Layout, address_of, open_saved, read_layout, saved_of
from crm.reporting.own.page import ReportPage, address_at, page_of, pages
from crm.reporting.own.result import read, title_of
from crm.reporting.own.subjects import subject, subjects


class OwnReportView(Page):
    """Own reports, through the rights on the lists that they are made of."""

    route_base = "/reporting/own"
    default_view = "list"
    menu_endpoint = "ReportingView"

    @expose("/")
    def list(self) -> ResponseReturnValue:
        """The reports of the actor and of their groups, and the lists to make one of."""
        if not current_user.is_authenticated:
            abort(401)
        if not subjects():
            abort(404)
        page = ReportPage(_("Own reports"), "own", "chart-pie", boards=pages())
        page.subjects = [
            (view.words("list_title"), self.url("report", entity=view.entity), False)
            for view in subjects()
        ]
        return self.render("reporting/own/list.html", page=page, lines=saved.lines())

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
            wrong = _words(error)
        if shown is not None and layout.view.can("export"):
            shown.csv_url = address_at("csv", layout.view, address)
        part = bool(request.headers.get("HX-Request"))
        template = "reporting/own/part.html" if part else "reporting/own/chart.html"
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
            abort(400, _words(error))
        answer = Response(text, mimetype="text/csv")
        answer.headers["Content-Disposition"] = f'attachment; filename="{entity}.csv"'
        return answer

    @expose(f"/open/{PK}")
    def open(self, pk: int) -> ResponseReturnValue:
        """The report as it was saved, without what went away, which is said."""
        row = saved.fetch(pk)
        view = subject(row.entity)
        if view is None:
            abort(404)
        found = open_saved(view, row.layout, row.id)
        if found.lost:
            flash(saved.lost_words(row.name, found.lost), "warning")
        return redirect(f"{self.url('report', entity=view.entity)}?{found.query}", 302)

    @expose("/lists/<entity>/add", methods=("GET", "POST"))
    def add(self, entity: str) -> ResponseReturnValue:
        """Save the report that is in this address's arguments."""
        layout = _layout(entity)
        address = address_of(layout, request.path)
        back, fields, refused = address_at("report", layout.view, address), form_fields(None), None
        if request.method == "POST":
            try:
                kept, given = saved_of(layout, address), given_by(fields)
                with transaction():
                    row = services.create(SavedKind.REPORT, entity, kept, given)
                    pk, name = row.id, row.name
            except DomainError as error:
                refused = error
            else:
                return self._saved(pk, name)
        crumbs = [(_("Own reports"), self.url("list")), (title_of(layout), back)]
        page = form_page(_("Save this report"), crumbs, fields, back, refused)
        page.intro = title_of(layout)
        return self.render("core/form.html", refused.status if refused else 200, page=page)

    def _saved(self, pk: int, name: str) -> ResponseReturnValue:
        flash(_("Report “%(name)s” saved", name=name), "success")
        return redirect(self.url("open", pk=pk), 303)

    @expose(f"/update/{PK}", methods=("POST",))
    def update(self, pk: int) -> ResponseReturnValue:
        """Save the report in this address under the name that it had before it was changed."""
        layout = _layout(saved.fetch(pk, "edit").entity)
        address = address_of(layout, self.url("report", entity=layout.view.entity))
        try:
            kept = saved_of(layout, address)
            with transaction():
                name = services.replace_layout(pk, kept, _version()).name
        except NotFound:
            abort(404)
        except DomainError as error:
            flash(_words(error), "danger")
            return redirect(address.url(), 303)
        return self._saved(pk, name)

    @expose(f"/edit/{PK}", methods=("GET", "POST"))
    def edit(self, pk: int) -> ResponseReturnValue:
        """Rename it, share it."""
        row = saved.fetch(pk, "edit")
        fields, version, refused = form_fields(row), row.row_version, None
        if request.method == "POST":
            try:
                given = given_by(fields)
                with transaction():
                    name = services.change(pk, given, _version()).name
            except NotFound:
                abort(404)
            except DomainError as error:
                refused = error
            else:
                flash(_("Report “%(name)s” saved", name=name), "success")
                return redirect(self.url("list"), 303)
        back = self.url("list")
        page = form_page(row.name, [(_("Own reports"), back)], fields, back, refused)
        page.hidden = [("row_version", str(version))]
        return self.render("core/form.html", refused.status if refused else 200, page=page)

    @expose(f"/delete/{PK}", methods=("POST",))
    def delete(self, pk: int) -> ResponseReturnValue:
        saved.fetch(pk, "edit")
        with transaction():
            name = services.remove(pk).name
        text = _("Report “%(name)s” deleted", name=name)
        message: Any = {"text": text, "undo_url": self.url("restore", pk=pk)}
        flash(message, "success")
        return redirect(self.url("list"), 303)

    @expose(f"/restore/{PK}", methods=("POST",))
    def restore(self, pk: int) -> ResponseReturnValue:
        try:
            with transaction():
                name = _restored(pk).name
        except DomainError as error:
            flash(_words(error), "danger")
        else:
            flash(_("Report “%(name)s” restored", name=name), "success")
        return redirect(self.url("list"), 303)


def _restored(pk: int) -> SavedView:
    try:
        row = services.restore(pk)
    except NotFound:
        abort(404)
    if row.kind != SavedKind.REPORT.value:
        abort(404)
    return row


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


def _words(error: DomainError) -> str:
    return " ".join([error.message, *error.fields.values()]).strip() or _("Nothing was saved.")


def _version() -> int:
    return parse_number(request.form.get("row_version", "")) or 0


__all__ = ["OwnReportView"]
