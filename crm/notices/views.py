"""/notices: what the actor is told, and what they want to be told."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from flask import abort, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import ngettext, pgettext
from sqlalchemy import select

from crm.core import rows
from crm.core.actor import Actor, current_actor
from crm.core.db import db, transaction
from crm.core.errors import NotFound
from crm.core.http import wants_part
from crm.core.models.text import labelled, parse_number
from crm.core.security import safe_next
from crm.core.security.page import Page
from crm.core.views import PK
from crm.core.views.base import flash_saved
from crm.core.views.frame import Bell
from crm.notices import services
from crm.notices.kinds import KINDS
from crm.notices.models import Notice
from crm.notices.reading import COUNTED, MOST, Shown, latest

LATEST, SIZE = 10, 25  # notices under the bell, and on a page of the list
ALL = "all"  # the value of `show`


@dataclass
class NoticesPage:
    """Everything templates/notices/list.html places."""

    title: str
    notices: Sequence[Shown]
    tabs: list[tuple[str, str, bool, str]]  # label, URL, whether it is this one, count
    empty_title: str
    empty_text: str
    range_text: str = ""
    prev_url: str = ""
    next_url: str = ""
    empty: str = ""
    newest: int | None = None  # when the first page was shown
    page_sizes: list[tuple[int, str, bool]] = field(default_factory=list)


# The kinds of which people choose where they are told.
CHOSEN = {key: kind for key, kind in KINDS.items() if kind.is_chosen}


class NoticeView(Page):
    """One's own notices; nobody else's, whatever the rights."""

    route_base = "/notices"
    default_view = "list"

    @expose("/list/")
    def list(self) -> ResponseReturnValue:
        """Those that were not read; with ?show=all every one."""
        shows_all = request.args.get("show") == ALL
        before = _number(request.args.get("before"))
        found = latest(SIZE + 1, unread=not shows_all, before=before)
        page = self._page(found[:SIZE], shows_all=shows_all)
        show = ALL if shows_all else None
        if before is not None:
            page.prev_url = self.url("list", show=show)
        page.newest = _number(request.args.get("newest")) or _newest(found)
        if len(found) > SIZE:
            last = page.notices[-1].id
            page.next_url = self.url("list", show=show, before=last, newest=page.newest)
        return self.render("notices/list.html", page=page)

    def _page(self, found: Sequence[Shown], *, shows_all: bool) -> NoticesPage:
        count = unread_text(current_actor())
        return NoticesPage(
            _("Notifications"),
            found,
            [
                (_("Unread"), self.url("list"), not shows_all, count),
                (pgettext("notices", "All"), self.url("list", show=ALL), shows_all, ""),
            ],
            _("No notifications yet") if shows_all else _("No unread notifications"),
            _("You are notified here when a colleague assigns a record to you."),
            empty="" if found else "nothing",
        )

    @expose("/latest")
    def latest(self) -> ResponseReturnValue:
        """The newest ones, for the window under the bell."""
        found = latest(LATEST)
        return self.render("notices/latest.html", given=found, newest=_newest(found))

    @expose("/count")
    def count(self) -> ResponseReturnValue:
        """What the bell says now; asked for once a minute by every page that is looked at."""
        bell = bell_of(current_actor())
        return jsonify(shown=bell.shown, label=bell.label)

    @expose(f"/read/{PK}", methods=("POST",))
    def read(self, pk: int) -> ResponseReturnValue:
        """Mark one as read: a script asks that follows its link then."""
        try:
            notice = rows.fetch(db.session(), Notice, pk)
        except NotFound:
            abort(404)
        with transaction():
            services.mark_read(notice)
        return ("", 204) if wants_part() else _back()

    @expose("/all_read", methods=("POST",))
    def all_read(self) -> ResponseReturnValue:
        """Mark all as read that were there when the list was shown."""
        newest = parse_number(request.form.get("newest", ""))
        with transaction():
            services.mark_all_read(newest)
        return _back()

    @expose("/choices", methods=("GET", "POST"))
    def choices(self) -> ResponseReturnValue:
        """What the actor wants to be told of."""
        if request.method == "POST":
            with transaction():
                services.choose({kind: _posted(kind) for kind in CHOSEN})
            flash_saved(_("Notification settings saved"))
            return redirect(self.url("choices"), 303)
        mine = User.id == current_actor().user_id
        return self.render(
            "notices/choices.html",
            title=_("Notifications"),
            crumbs=[(_("My profile"), "/profile/")],
            kinds=CHOSEN,
            chosen=services.choices(),
            email=db.session.scalar(select(User.email).where(mine)),
        )


def _number(text: str | None) -> int | None:
    """The number in an address; 400 for anything else."""
    if text is None:
        return None
    number = parse_number(text)
    if number is None:
        abort(400)
    return number


def _newest(found: Sequence[Shown]) -> int | None:
    return found[0].id if found else None


def _posted(kind: str) -> services.Choice:
    return services.Choice(f"page-{kind}" in request.form, f"mail-{kind}" in request.form)


def _back() -> ResponseReturnValue:
    return redirect(safe_next(request.form.get("next")), 303)


def unread_text(actor: Actor) -> str:
    """The number of unread notices as text; "" for none."""
    count = actor.counts.get(COUNTED, 0)
    if count >= MOST:
        return f"{MOST - 1}+"
    return str(count) if count else ""


def bell_of(actor: Actor) -> Bell:
    """The bell of the top bar."""
    shown, title = unread_text(actor), _("Notifications")
    count = actor.counts.get(COUNTED, 0)
    unread = ngettext("%(count)s unread", "%(count)s unread", count, count=shown)
    return Bell(shown, labelled(title, unread) if shown else title)
