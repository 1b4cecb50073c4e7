"""/X/duplicates: what looks the same, while one types, beside a record, and as a list of groups."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from flask import abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose, has_access
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from crm.core import rows
from crm.core.actor import Scope, current_actor
from crm.core.datamodel.loading import loading
from crm.core.db import transaction
from crm.core.errors import NotFound
from crm.core.forms import Form
from crm.core.models import spec_of
from crm.core.models.text import format_near, format_number, parse_number
from crm.core.types import utcnow
from crm.core.views import PK, Action, FormPage, ModelView, RecordPage
from crm.core.views.address import ListAddress
from crm.core.views.display import zone
from crm.core.views.list import count_text
from crm.core.views.pages import ListPage, Note, Panel, Tab
from crm.duplicates.checking import note, standing
from crm.duplicates.dismissing import Pair, dismiss, examine, ordered
from crm.duplicates.display import Block, Line, Twin, block_of, crowded_words, twin_of
from crm.duplicates.finding import Match, likely_of, likely_values
from crm.duplicates.listing import COUNTED, Group, Listing
from crm.duplicates.sources import Source, source_of

SIZE = 25  # groups on a page
BESIDE, TOLD = 3, 20  # records beside a form or a record, on the page of one record
MERGED = 5  # records that one merge takes
PAIR = re.compile(r"([0-9]{1,10})-([0-9]{1,10})")
MOST_PAIRS = 45  # those of ten records


@dataclass
class DuplicatesPage:
    """Everything templates/duplicates/list.html places."""

    title: str
    crumbs: list[tuple[str, str]]
    tabs: list[Tab] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    empty: str = ""
    empty_title: str = ""
    empty_text: str = ""
    range_text: str = ""
    prev_url: str = ""
    next_url: str = ""
    page_sizes: list[tuple[int, str, bool]] = field(default_factory=list)
    checked: str = ""


class DuplicatePages(ModelView):
    """The pages of a table whose records are compared (`sources`)."""

    duplicate_columns: ClassVar[Sequence[str]] = ()  # of a record in a group, beside its name
    duplicate_relations: ClassVar[Sequence[str]] = ()  # read with them

    def __init__(self, **kwargs: Any) -> None:
        reading = dict.fromkeys(("duplicates", "duplicates_of", "twins", "while_typing"), "read")
        acting = dict.fromkeys(("dismiss", "examine", "check_duplicates"), "edit")
        self.method_actions = {**self.method_actions, **reading, **acting}  # type: ignore[misc]  # of this view
        super().__init__(**kwargs)

    @property
    def source(self) -> Source:
        return source_of(self.datamodel.obj)

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
        twins = [self._twin(match) for match in found]
        return render_template("duplicates/while_typing.html", twins=twins)

    # Beside a record ────────────────────────────────────────────────────────────────────────────

    def fill_first_tab(self, page: RecordPage, row: Any) -> None:
        super().fill_first_tab(page, row)
        page.panels.append(Panel("", later_url=self.url("twins", pk=row.id)))

    @expose(f"/twins/{PK}")
    @has_access
    def twins(self, pk: int) -> ResponseReturnValue:
        """The panel of a record with what looks the same, fetched after its page; "" for none."""
        row = self.row(pk, names=self._line_names())
        found = [self._twin(match) for match in likely_of(row, BESIDE + 1)]
        count = f"{BESIDE}+" if len(found) > BESIDE else str(len(found))
        title = _("Duplicates (%(count)s)", count=count)
        url = self.url("duplicates_of", pk=pk)
        return self.render("duplicates/twins.html", twins=found[:BESIDE], title=title, url=url)

    def _twin(self, match: Match) -> Twin:
        return twin_of(match, self.page_of(match.row))

    def record_menu(self, row: Any, editable: bool) -> list[Action]:
        menu = super().record_menu(row, editable)
        url = self.url("duplicates_of", pk=row.id)
        menu.insert(0, Action(_("Check duplicates"), url, "equal"))
        return menu

    @expose(f"/duplicates/{PK}")
    @has_access
    def duplicates_of(self, pk: int) -> ResponseReturnValue:
        """What looks like one record, each beside it."""
        row = self.row(pk, names=self._line_names())
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
        page = DuplicatesPage(_("Duplicates"), [*self.breadcrumbs(), (str(row), self._home(row))])
        page.blocks = self._blocks(groups)
        self._say_empty(page, _("Nothing looks the same as this record."))
        return self.render("duplicates/list.html", page=page)

    def _home(self, row: Any) -> str:
        return self.page_of(row) or self.url("list")

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
        page.blocks = self._blocks(groups, is_dismissed=is_dismissed)
        self._put_pages(page, counts[is_dismissed], number, "dismissed" if is_dismissed else "")
        self._put_standing(page)
        self._say_empty(
            page,
            _("Nobody dismissed anything yet.") if is_dismissed else _("Nothing looks the same."),
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
        page.range_text = _(
            "%(first)s–%(last)s of %(total)s",
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
            page.checked = _("Checked: %(time)s", time=format_near(checked_at, zone()))
        if asked_at is not None:
            text = _("The records are being checked; the result comes in a few minutes.")
            page.notes.append(Note("info", text))
        elif self.can("edit"):
            url = self.url("check_duplicates")
            page.actions.append(Action(_("Check duplicates"), url, "refresh", "post"))
        if words := crowded_words(crowded):
            page.notes.append(Note("info", words))

    def _say_empty(self, page: DuplicatesPage, title: str) -> None:
        if not page.blocks:
            page.empty, page.empty_title = "nothing", title
            page.empty_text = _("Leads, accounts and contacts are compared with their own kind.")

    # Groups ─────────────────────────────────────────────────────────────────────────────────────

    def _line_names(self) -> list[str]:
        names = self.visible(self.duplicate_columns)
        return [*names, *self.duplicate_relations]

    def _blocks(self, groups: Sequence[Group], *, is_dismissed: bool = False) -> list[Block]:
        found = self._rows({pk for group in groups for pk in group.ids})
        edited = (
            rows.allowed(self.datamodel.session, "edit", list(found.values())) if found else set()
        )
        model, names = self.datamodel.obj, self.visible(self.duplicate_columns)
        head = [(name, str(spec_of(model, name).label)) for name in names]
        blocks = []
        for group in groups:
            shown = [found[pk] for pk in group.ids if pk in found]
            if len(shown) < 2:
                continue
            block = block_of(group, shown, self._line, head)
            may = not edited.isdisjoint(group.ids)
            block.actions = self._actions(group, shown, edited, is_dismissed) if may else []
            blocks.append(block)
        return blocks

    def _rows(self, ids: set[int]) -> dict[int, Any]:
        model = self.datamodel.obj
        options = loading(model, self._line_names())
        asked = select(model).where(model.id.in_(ids)).options(*options)
        return (
            {row.id: row for row in self.datamodel.session.scalars(asked).unique()} if ids else {}
        )

    def _line(self, row: Any) -> Line:
        names = self.visible(self.duplicate_columns)
        fields = [self.field_of(row, name) for name in names]
        return Line(str(row), self._home(row), fields)

    def _actions(
        self, group: Group, shown: Sequence[Any], edited: set[int], is_dismissed: bool
    ) -> list[Action]:
        pairs = [pair for pair in group.pairs if not edited.isdisjoint(pair)][:MOST_PAIRS]
        values = [("pairs", " ".join(f"{low}-{high}" for low, high in pairs))]
        verb, label = ("examine", _("Examine again")) if is_dismissed else ("dismiss", _("Dismiss"))
        actions = [Action(label, self.url(verb), "", "post", values=values)] if pairs else []
        merge_url = getattr(self, "merge_url", None)
        ids = [row.id for row in shown if row.id in edited][:MERGED]
        if merge_url is not None and len(ids) > 1 and self._may_merge() and not is_dismissed:
            actions.append(Action(_("Merge"), merge_url(ids), "git-merge"))
        return actions

    def _may_merge(self) -> bool:
        widest = current_actor().widest_scope("edit", self.class_permission_name)
        return widest >= Scope.COMPANY

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
        read = self._rows({pk for pair in pairs for pk in pair})
        if any(low == high or low not in read or high not in read for low, high in pairs):
            abort(404)
        edited = rows.allowed(self.datamodel.session, "edit", list(read.values()))
        if any(edited.isdisjoint(pair) for pair in pairs):
            raise NotFound
        return pairs
