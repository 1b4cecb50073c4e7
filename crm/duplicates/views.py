"""/X/duplicates: the list of groups that look the same, and what may be done to them."""

import re
from collections.abc import Sequence
from typing import Any

from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.core import rows
from crm.core.actor import current_actor
from crm.core.db import transaction
from crm.core.models.text import format_near, format_number, parse_number
from crm.core.types import utcnow
from crm.core.views import Action
from crm.core.views.address import ListAddress
from crm.core.views.display import zone
from crm.core.views.list_parts import count_text
from crm.core.views.pages import ListPage, Note, Tab
from crm.duplicates.checking import note, standing
from crm.duplicates.dismissing import Pair, dismiss, examine, ordered
from crm.duplicates.display import crowded_words
from crm.duplicates.group_views import MOST_PAIRS, DuplicatesPage
from crm.duplicates.listing import COUNTED, Listing
from crm.duplicates.record_views import MatchPages

SIZE = 25  # groups on a page
PAIR = re.compile(r"([0-9]{1,10})-([0-9]{1,10})")


class DuplicatePages(MatchPages):
    """The pages of a table whose records are compared (`sources`)."""

    def __init__(self, **kwargs: Any) -> None:
        reading = dict.fromkeys(("duplicates", "duplicates_of", "matches", "while_typing"), "read")
        acting = dict.fromkeys(("dismiss", "examine", "check_duplicates"), "edit")
        self.method_actions = {**self.method_actions, **reading, **acting}  # type: ignore[misc]  # of this view
        super().__init__(**kwargs)

    # The list ───────────────────────────────────────────────────────────────────────────────────

    def list_page(self, address: ListAddress, **said: Any) -> ListPage:
        page = super().list_page(address, **said)
        if said.get("about") is None:
            page.menu.append(Action(_("Duplicates"), self.url("duplicates"), "equal"))
        return page

    @expose("/duplicates")
    @has_access
    def duplicates(self) -> ResponseReturnValue:
        """The groups of the last check, and those that were dismissed."""
        is_dismissed = request.args.get("show") == "dismissed"
        number = max(parse_number(request.args.get("page", "")) or 1, 1)
        listing = Listing(self.source, current_actor().active_company_id)
        counts = (listing.count(), listing.count_dismissed())
        first = (number - 1) * SIZE
        groups = (listing.dismissed if is_dismissed else listing.page)(first, SIZE)
        page = DuplicatesPage(_("Duplicates"), self.breadcrumbs())
        page.tabs = self._tabs(counts, is_dismissed)
        page.blocks = self.blocks(groups, is_dismissed=is_dismissed)
        self._put_pages(page, counts[is_dismissed], number, "dismissed" if is_dismissed else "")
        self._put_standing(page)
        self.say_empty(
            page,
            _("Nothing has been dismissed yet.") if is_dismissed else _("Nothing looks the same."),
        )
        return self.render("duplicates/list.html", page=page)

    def _tabs(self, counts: Sequence[int], is_dismissed: bool) -> list[Tab]:
        here = self.url("duplicates")
        texts = [count_text(min(n, COUNTED), capped=n > COUNTED) for n in counts]
        return [
            Tab("", _("To examine"), here, not is_dismissed, texts[0]),
            Tab("dismissed", _("Dismissed"), f"{here}?show=dismissed", is_dismissed, texts[1]),
        ]

    def _put_pages(self, page: DuplicatesPage, count: int, number: int, show: str) -> None:
        first = (number - 1) * SIZE
        if not page.blocks:
            return
        shown = min(count, COUNTED)
        page.range_text = ngettext(
            "%(first)s–%(last)s of %(total)s group",
            "%(first)s–%(last)s of %(total)s groups",
            shown,
            first=format_number(first + 1),
            last=format_number(max(min(first + SIZE, shown), first + len(page.blocks))),
            total=count_text(shown, capped=count > COUNTED),
        )
        here = self.url("duplicates") + (f"?show={show}&" if show else "?")
        page.prev_url = f"{here}page={number - 1}" if number > 1 else ""
        page.next_url = f"{here}page={number + 1}" if first + SIZE < count else ""

    def _put_standing(self, page: DuplicatesPage) -> None:
        """When the records were checked, and the button that asks for it."""
        checked_at, asked_at, crowded = standing(self.source)
        if checked_at is not None:
            page.checked = _("Last checked: %(time)s", time=format_near(checked_at, zone()))
        if asked_at is not None:
            text = _("The records are being checked; the result comes in a few minutes.")
            page.notes.append(Note("info", text))
        elif self.can("edit"):
            url = self.url("check_duplicates")
            page.actions.append(Action(_("Check duplicates"), url, "refresh", "post"))
        if words := crowded_words(crowded):
            page.notes.append(Note("info", words))

    # Verbs ──────────────────────────────────────────────────────────────────────────────────────

    @expose("/dismiss", methods=("POST",))
    @has_access
    def dismiss(self) -> ResponseReturnValue:
        """Note that these records are no duplicates, until one of them changes."""
        pairs = self._posted_pairs()
        with transaction():
            count = dismiss(self.source, pairs)
        flash(ngettext("%(num)s pair dismissed", "%(num)s pairs dismissed", count), "success")
        return self._back()

    @expose("/examine", methods=("POST",))
    @has_access
    def examine(self) -> ResponseReturnValue:
        """Take a dismissal back."""
        pairs = self._posted_pairs()
        with transaction():
            examine(self.source, pairs)
        flash(_("To be examined again"), "success")
        return self._back()

    @expose("/check_duplicates", methods=("POST",))
    @has_access
    def check_duplicates(self) -> ResponseReturnValue:
        """Ask the worker for a check of all records."""
        with transaction() as session:
            note(session, self.source, asked_at=utcnow())
        return self._back()

    def _back(self) -> ResponseReturnValue:
        came_from = request.form.get("next", "")
        here = self.url("duplicates")
        return redirect(came_from if came_from.startswith((here + "?", here + "/")) else here, 303)

    def _posted_pairs(self) -> list[Pair]:
        """The pairs of the button: of two records that the actor reads, one of which they edit."""
        words = request.form.get("pairs", "").split()
        found = [PAIR.fullmatch(word) for word in words]
        if not found or len(found) > MOST_PAIRS or not all(found):
            abort(400)
        pairs = [ordered(int(one[1]), int(one[2])) for one in found if one is not None]
        read = self.compared_rows({pk for pair in pairs for pk in pair})
        if any(low == high or low not in read or high not in read for low, high in pairs):
            abort(404)
        edited = rows.allowed(self.datamodel.session, "edit", list(read.values()))
        if any(edited.isdisjoint(pair) for pair in pairs):
            abort(404)
        return pairs
