"""/reporting/pins: saved reports where they are pinned."""

from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_login import current_user

from crm.core.db import transaction
from crm.core.errors import DomainError, NotFound
from crm.core.http import wants_part
from crm.core.saved import services
from crm.core.saved.models import SavedKind, SavedView
from crm.core.security.page import Page
from crm.core.views.base import PK, Action
from crm.core.views.pages import ListPage
from crm.core.views.saved_pages import lost_words
from crm.reporting import arranging
from crm.reporting.boards.shown import Shown
from crm.reporting.own import pins, saved
from crm.reporting.own.subjects import subject

HERE = "from"  # argument: posted from the report's own page, which then opens again


class ReportPinView(Page):
    """The reports that one pinned to one's home or to a dashboard, each one's own."""

    route_base = "/reporting/pins"
    default_view = "chart"
    menu_endpoint = "ReportingView"

    @expose(f"/{PK}/<place>")
    def chart(self, pk: int, place: str) -> ResponseReturnValue:
        """The report: a part of the page it is pinned to, or a page of its own.

        The filters of a dashboard do not apply to it: they would change what its name says, and
        its list may not have them. Its caption says so.
        """
        row = _report(pk)
        if place not in pins.places():
            abort(404)
        found = saved.LIST_REPORTS.opened(row)
        shown, wrong = None, ""
        try:
            (shown,) = found.tables()
        except DomainError as error:
            wrong = str(error)
        if shown is not None:
            self._put_notes(shown, row, place, found.lost)
            shown.csv_url = _csv_url(row, found.url)
        template = "reporting/own/part.html" if wants_part() else "reporting/own/chart.html"
        page = ListPage(row.name, row.entity, "chart-pie")
        own = url_for("OwnReportView.list")
        page.crumbs = [(_("Own reports"), own), (row.name, _report_url(pk))]
        return self.render(template, page=page, shown=shown, wrong=wrong)

    def _put_notes(self, shown: Shown, row: SavedView, place: str, lost: Sequence[str]) -> None:
        shown.title = row.name
        notes = [*shown.notes]
        if place != pins.HOME:
            notes.append(_("With the filters of the report, not those of this dashboard."))
        if lost:
            notes.append(lost_words(row.name, lost))
        shown.notes = notes

    @expose(f"/{PK}/<place>/add", methods=("POST",))
    def add(self, pk: int, place: str) -> ResponseReturnValue:
        """Pin the report there."""
        name = _report(pk).name
        try:
            with transaction():
                pins.pin(pk, place)
                if place == pins.HOME:
                    arranging.uncover(f"report-{pk}")
        except NotFound:
            abort(404)
        except DomainError as error:
            flash(str(error), "danger")
        else:
            text = _("“%(name)s” pinned to: %(place)s", name=name, place=pins.places()[place])
            self._tell(text, "remove", pk, place)
        return redirect(_back(pk, place), 303)

    @expose(f"/{PK}/<place>/remove", methods=("POST",))
    def remove(self, pk: int, place: str) -> ResponseReturnValue:
        """Take the report away from there."""
        name, title = _report(pk).name, pins.places().get(place)
        if title is None:
            abort(404)
        with transaction():
            pins.unpin(pk, place)
        text = _("“%(name)s” unpinned from: %(place)s", name=name, place=title)
        self._tell(text, "add", pk, place)
        return redirect(_back(pk, place), 303)

    def _tell(self, text: str, undo: str, pk: int, place: str) -> None:
        """Say it to the next page, with the way back and what the page was filtered by."""
        message: Any = {"text": text, "undo_url": act_url(undo, pk, place)}
        flash(message, "success")


def act_url(method: str, pk: int, place: str, query: str = "") -> str:
    """Where a report is pinned or unpinned, with the arguments of the page that comes after."""
    url = url_for(f"ReportPinView.{method}", pk=pk, place=place)
    query = query or request.query_string.decode()
    return f"{url}?{query}" if query else url


def pin_menu(pk: int) -> Action:
    """Pin a report to each place, or where it is pinned, unpin it."""
    there = pins.places_of(pk)
    acts = [
        _pin_act(pk, place, str(title), place in there) for place, title in pins.places().items()
    ]
    return Action(_("Pin to…"), "", "pin", children=acts)


def _pin_act(pk: int, place: str, title: str, is_there: bool) -> Action:
    query = f"{HERE}=report"
    if is_there:
        label, url = _("Unpin from: %(place)s", place=title), act_url("remove", pk, place, query)
        return Action(label, url, "pinned-off", "post")
    return Action(
        _("Pin to: %(place)s", place=title), act_url("add", pk, place, query), "pin", "post"
    )


def unpin_action(pk: int, place: str) -> Action:
    return Action(_("Unpin"), act_url("remove", pk, place), "pinned-off", "post")


def _report(pk: int) -> SavedView:
    """A saved report that the actor reads, of a list that they may open; 404 without."""
    if not current_user.is_authenticated:
        abort(401)
    try:
        row = services.fetch(pk)
    except NotFound:
        abort(404)
    if row.kind != SavedKind.REPORT.value or subject(row.entity) is None:
        abort(404)
    return row


def _csv_url(row: SavedView, url: str) -> str:
    """Where the table of a report, whose page is at `url`, is exported; "" without the right."""
    if not subject(row.entity).can("export"):
        return ""
    return f"{url_for('OwnReportView.csv', entity=row.entity)}?{url.partition('?')[2]}"


def _report_url(pk: int) -> str:
    return url_for("OwnReportView.open", pk=pk)


def _back(pk: int, place: str) -> str:
    """The page that it was asked on."""
    if request.args.get(HERE) == "report":
        return _report_url(pk)
    if place == pins.HOME:
        return f"/#b-report-{pk}"
    query = request.query_string.decode()
    url = url_for("ReportingView.board", board=place)
    return f"{url}?{query}" if query else url
