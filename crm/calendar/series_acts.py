"""Moving and deleting events of a series: the question how far that goes, and the act.

For the calendar: `/events/move/<id>?starts_at=…&ends_at=…` (ISO 8601 with an offset) asks in a
dialog how far a move goes (GET) and moves (POST with the event's `row_version`, and `reach`, "this"
without it); it leads back to the page that it was opened on, or to `back`.
"""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.calendar.guest_views import ASKED as TELL_ASKED
from crm.calendar.guest_views import TELL, is_told
from crm.calendar.invitations import noting
from crm.calendar.models import Event
from crm.calendar.series import changing, deleting, undoing
from crm.calendar.series.question import (
    Choice,
    QuestionPage,
    apart_words,
    choices,
    refused_words,
    tell_words,
)
from crm.calendar.series.reach import Reach
from crm.calendar.series.telling import series_sentence
from crm.companies.views.owned import OwnedView
from crm.core.datamodel.saving import check_version
from crm.core.db import transaction
from crm.core.errors import Conflict, DomainError
from crm.core.models.dates import check_year
from crm.core.models.text import format_near
from crm.core.security.redirects import HOME, current_path, safe_next
from crm.core.views import PK, Action
from crm.core.views.display import zone

REACH, APART = "reach", "with_apart"
ASKED = (REACH, APART, TELL, TELL_ASKED, "csrf_token")  # what the question itself posts


class SeriesActs(OwnedView):
    """What the pages of events do with events of a series, of which it asks how far."""

    # Moving ─────────────────────────────────────────────────────────────────────────────────────

    @expose(f"/move/{PK}", methods=("GET", "POST"))
    @has_access
    def move(self, pk: int) -> ResponseReturnValue:
        event = self.row(pk, "edit")
        starts_at, ends_at = (_moment(name) for name in ("starts_at", "ends_at"))
        if request.method == "POST":
            return self._moved(event, starts_at, ends_at)
        offered = choices(event, _moving)
        page = self.asking_page(event, _("Move “%(name)s”", name=event), offered)
        page.action = f"{request.path}?{urlencode(list(request.args.items()))}"
        page.cancel_label = _("Keep the time")
        shown = [format_near(one, zone()) for one in (event.starts_at, starts_at)]
        page.intro = " → ".join(shown)
        page.hidden = [("row_version", str(event.row_version)), ("back", current_path())]
        return self.render("calendar/series_question.html", page=page, row=event)

    def _moved(self, event: Event, starts_at: datetime, ends_at: datetime) -> ResponseReturnValue:
        version, undo_url = self.checked_version(event), ""
        former = undoing.Former.of(event.series) if event.series is not None else None
        try:
            with transaction():
                check_version(event, version)
                found = changing.move(
                    event, starts_at, ends_at, posted_reach(), with_apart=APART in request.form
                )
                _tell_or_not(event)
                moved = undoing.token_of(former) if former is not None else ""
                if moved:
                    undo_url = self.url("undo_move", pk=event.id, move=moved)
        except Conflict:
            return self.stale_response(event.id)
        number = len(found.events)
        message = ngettext("%(num)s event moved", "%(num)s events moved", number)
        told: Any = {"text": message, "undo_url": undo_url}
        flash(told, "success")
        return redirect(_back() or self.page_of(event) or self.url("list"), 303)

    @expose(f"/undo_move/{PK}", methods=("POST",))
    @has_access
    def undo_move(self, pk: int) -> ResponseReturnValue:
        """Put the events of a move of a series back, all or none; `move` says which."""
        event = self.row(pk, "edit")
        back = _back() or self.page_of(event) or self.url("list")
        try:
            with transaction():
                number = len(undoing.undo(request.args.get("move", "")))
        except DomainError as error:
            flash(str(error), "danger")
            return redirect(back, 303)
        flash(ngettext("%(num)s event moved back", "%(num)s events moved back", number), "success")
        return redirect(back, 303)

    # Deleting ───────────────────────────────────────────────────────────────────────────────────

    def record_menu(self, row: Event, editable: bool) -> list[Action]:
        menu = super().record_menu(row, editable)
        url = self.url("delete_series", pk=row.id)
        asks = Action(_("Delete"), url, "trash", danger=True, opens_dialog=True)
        return [asks if one.danger and row.series_id is not None else one for one in menu]

    @expose(f"/delete_series/{PK}", methods=("GET", "POST"))
    @has_access
    def delete_series(self, pk: int) -> ResponseReturnValue:
        """Ask how far a deletion goes (GET), and delete (POST)."""
        event = self.row(pk, "delete")
        if event.series_id is None:
            return redirect(self.url("show", pk=pk), 303)
        if request.method == "POST":
            return self._deleted_series(event)
        offered = choices(event, _deleting, action="delete")
        page = self.asking_page(event, _("Delete “%(name)s”", name=event), offered, "delete")
        page.danger, page.cancel_label, page.apart = True, _("Keep them"), ""
        page.hidden = [("row_version", str(event.row_version))]
        return self.render("calendar/series_question.html", page=page, row=event)

    def _deleted_series(self, event: Event) -> ResponseReturnValue:
        version = self.checked_version(event)
        try:
            with transaction():
                check_version(event, version)
                found = deleting.delete(event, posted_reach())
                _tell_or_not(event)
                undo_url = self.act_url("restore", found.events[0])
        except Conflict:
            return self.stale_response(event.id)
        number = len(found.events)
        message = ngettext("%(num)s event deleted", "%(num)s events deleted", number)
        told: Any = {"text": message, "undo_url": undo_url}
        flash(told, "success")
        return redirect(self.list_left() or self.url("list"), 303)

    # The question ───────────────────────────────────────────────────────────────────────────────

    def asking_page(
        self, row: Event, title: str, offered: list[Choice], action: str = "edit"
    ) -> QuestionPage:
        url = self.page_of(row) or self.url("list")
        page = QuestionPage(
            title, request.path, self.breadcrumbs(row), [], url,
            offered[0].submit if offered else _("Save"), "",
        )  # fmt: skip
        page.choices = offered
        page.intro = series_sentence(row)
        in_series = row.series_id is not None
        page.apart = apart_words(row) if in_series else ""
        page.refused = refused_words(row, action) if in_series else ""
        page.tell = tell_words(row, action)
        return page


def posted_reach() -> Reach:
    """How far the change goes: this event, unless the question was answered otherwise."""
    text = request.form.get(REACH, Reach.THIS)
    return Reach(text) if text in list(Reach) else abort(400)


def _tell_or_not(event: Event) -> None:
    if not is_told():
        noting.tell_nobody(event)


def _moment(name: str) -> datetime:
    try:
        found = datetime.fromisoformat(request.args.get(name, ""))
        check_year(found.year)
    except ValueError:
        abort(400)
    return found if found.tzinfo is not None else abort(400)


def _back() -> str:
    """The page on which the question was asked."""
    back = safe_next(request.form.get("back") or current_path())
    return "" if back == HOME else back


def _moving(number: int) -> str:
    return ngettext("Move %(num)s event", "Move %(num)s events", number)


def _deleting(number: int) -> str:
    return ngettext("Delete %(num)s event", "Delete %(num)s events", number)
