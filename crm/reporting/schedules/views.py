"""/reporting/schedules: saved reports by e-mail, to oneself and to colleagues."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from crm.core.db import transaction
from crm.core.errors import DomainError, NotFound
from crm.core.models.text import parse_number
from crm.core.saved import services as saved
from crm.core.saved.models import SavedKind, SavedView
from crm.core.security.page import Page
from crm.core.views.base import PK
from crm.reporting.own.page import pages
from crm.reporting.own.saved import type_of
from crm.reporting.schedules import listing, services
from crm.reporting.schedules.form import form_fields, form_page, given_by
from crm.reporting.schedules.models import ReportSchedule

T = TypeVar("T")


class ScheduleView(Page):
    """One's own schedules, and those by which colleagues send to one; nobody else's."""

    route_base = "/reporting/schedules"
    default_view = "list"
    menu_endpoint = "ReportingView"

    @expose("/")
    def list(self) -> ResponseReturnValue:
        """Both, with what becomes of them."""
        return self.render(
            "reporting/schedules/list.html",
            title=_("Reports by e-mail"),
            boards=pages(),
            own=listing.own(),
            received=listing.received(),
        )

    @expose(f"/add/{PK}", methods=("GET", "POST"))
    def add(self, pk: int) -> ResponseReturnValue:
        """A schedule for the saved report `pk`."""
        view = _report(pk)
        if not type_of(view.entity).about(view):
            abort(404)
        fields, refused = form_fields(view, None), None
        if request.method == "POST":
            try:
                given = given_by(fields)
                with transaction():
                    services.create(view, given)
            except DomainError as error:
                refused = error
            else:
                return self._done(_("“%(name)s” is sent by e-mail", name=view.name))
        back = url_for("OwnReportView.open", pk=view.id)
        page = form_page(_("Send by e-mail"), [(view.name, back)], fields, back, refused)
        return self.render("core/form.html", refused.status if refused else 200, page=page)

    @expose(f"/edit/{PK}", methods=("GET", "POST"))
    def edit(self, pk: int) -> ResponseReturnValue:
        row = _found(lambda: services.fetch(pk, "edit"))
        view = _view_of(row)
        fields, version, refused = form_fields(view, row), row.row_version, None
        if request.method == "POST":
            posted = parse_number(request.form.get("row_version", "")) or 0
            try:
                given = given_by(fields)
                with transaction():
                    services.change(pk, view, given, posted)
            except NotFound:
                abort(404)
            except DomainError as error:
                refused = error
            else:
                return self._done(_("“%(name)s” is sent by e-mail", name=view.name))
        back = self.url("list")
        page = form_page(view.name, [(_("Reports by e-mail"), back)], fields, back, refused)
        page.hidden = [("row_version", str(version))]
        return self.render("core/form.html", refused.status if refused else 200, page=page)

    @expose(f"/pause/{PK}", methods=("POST",))
    def pause(self, pk: int) -> ResponseReturnValue:
        return self._act(services.pause, pk, _("“%(name)s” paused"), "resume")

    @expose(f"/resume/{PK}", methods=("POST",))
    def resume(self, pk: int) -> ResponseReturnValue:
        return self._act(services.resume, pk, _("“%(name)s” resumed"), "pause")

    @expose(f"/delete/{PK}", methods=("POST",))
    def delete(self, pk: int) -> ResponseReturnValue:
        return self._act(services.remove, pk, _("“%(name)s” is no longer sent"), "restore")

    @expose(f"/restore/{PK}", methods=("POST",))
    def restore(self, pk: int) -> ResponseReturnValue:
        return self._act(services.restore, pk, _("“%(name)s” is sent again"))

    @expose(f"/unsubscribe/{PK}", methods=("POST",))
    def unsubscribe(self, pk: int) -> ResponseReturnValue:
        text = _("“%(name)s” is no longer sent to you")
        return self._act(services.unsubscribe, pk, text, "subscribe")

    @expose(f"/subscribe/{PK}", methods=("POST",))
    def subscribe(self, pk: int) -> ResponseReturnValue:
        text = _("“%(name)s” is sent to you again")
        return self._act(services.subscribe, pk, text, "unsubscribe")

    def _act(
        self, act: Callable[[int], ReportSchedule], pk: int, said: str, undo: str = ""
    ) -> ResponseReturnValue:
        """Change a schedule; `undo` is the method that reverts it."""

        def changed() -> str:
            with transaction():
                return act(pk).name

        text = said % {"name": _found(changed)}
        message: Any = {"text": text, "undo_url": self.url(undo, pk=pk)} if undo else text
        flash(message, "success")
        return redirect(self.url("list"), 303)

    def _done(self, text: str) -> ResponseReturnValue:
        flash(text, "success")
        return redirect(self.url("list"), 303)


def _found(act: Callable[[], T]) -> T:
    """What `act` answers; 404 for what is not the actor's."""
    try:
        return act()
    except NotFound:
        abort(404)


def _report(pk: int) -> SavedView:
    """The saved report that the actor reads; 404 for anything else."""
    view = _found(lambda: saved.fetch(pk))
    if view.kind != SavedKind.REPORT.value:
        abort(404)
    return view


def _view_of(row: ReportSchedule) -> SavedView:
    """The report of a schedule; 404 where it was deleted, or its owner may not read it any more."""
    if row.saved_view_id is None:
        abort(404)
    return _report(row.saved_view_id)


__all__ = ["ScheduleView"]
