"""/home: each person moves, hides and shows again the blocks of their home page."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from crm.core.db import transaction
from crm.core.errors import NotFound
from crm.core.http import wants_part
from crm.core.security.page import Page
from crm.core.views import Action
from crm.reporting import arranging
from crm.reporting.arranging import Layout
from crm.reporting.lines import lines_of
from crm.reporting.placed import figures_blocks, open_blocks, report_blocks, titles

HERE = "from"  # argument: posted from the page of all blocks, which then opens again


@dataclass(frozen=True)
class PlacedBlock:
    """A block on the page of all of them."""

    key: str
    title: str
    is_hidden: bool
    actions: list[Action]


class HomeLayoutView(Page):
    """The order of one's own home page."""

    route_base = "/home"
    default_view = "arrange"

    @expose("/")
    def arrange(self) -> ResponseReturnValue:
        """All blocks, hidden ones too."""
        named, layout = _own()
        acts = block_actions(layout.places, layout.hidden, "list")
        lines = [
            PlacedBlock(key, named[key], key in layout.hidden, acts[key]) for key in layout.places
        ]
        return self.render("reporting/arrange.html", title=_("Arrange home"), lines=lines)

    @expose("/<key>")
    def lines(self, key: str) -> ResponseReturnValue:
        """The rows of a block, fetched after the page; the list that they are of, where not."""
        found = next((one for one in open_blocks() if one[0].key == key), None)
        if found is None:
            abort(404)
        block, view = found
        if not wants_part():
            return redirect(view.preset_url(block.preset()), 302)
        given = lines_of(block, view, view.preset_where(block.preset()))
        return self.render("reporting/parts/lines.html", given=given)

    @expose("/<key>/before/<other>", methods=("POST",))
    def before(self, key: str, other: str) -> ResponseReturnValue:
        return self._move(key, other, after=False)

    @expose("/<key>/after/<other>", methods=("POST",))
    def after(self, key: str, other: str) -> ResponseReturnValue:
        return self._move(key, other, after=True)

    def _move(self, key: str, other: str, *, after: bool) -> ResponseReturnValue:
        def act(layout: Layout) -> tuple[str, dict[str, Any]]:
            was, followed = layout.beside(key) if key in layout.places else (key, False)
            layout.move(key, other, after=after)
            return "after" if followed else "before", {"other": was}

        return self._changed(key, _("“%(name)s” moved"), act)

    @expose("/<key>/hide", methods=("POST",))
    def hide(self, key: str) -> ResponseReturnValue:
        def act(layout: Layout) -> tuple[str, dict[str, Any]]:
            layout.hide(key)
            return "show", {}

        return self._changed(key, _("“%(name)s” hidden"), act)

    @expose("/<key>/show", methods=("POST",))
    def show(self, key: str) -> ResponseReturnValue:
        def act(layout: Layout) -> tuple[str, dict[str, Any]]:
            layout.show(key)
            return "hide", {}

        return self._changed(key, _("“%(name)s” shown again"), act)

    def _changed(
        self, key: str, said: str, act: Callable[[Layout], tuple[str, dict[str, Any]]]
    ) -> ResponseReturnValue:
        """Change the layout; `act` answers the method that reverts it. 404 for no such block."""
        named, layout = _own()
        try:
            undo, values = act(layout)
        except NotFound:
            abort(404)
        with transaction():
            arranging.keep(layout)
        more = {HERE: "list"} if request.args.get(HERE) == "list" else {}
        message: Any = {
            "text": said % {"name": named[key]},
            "undo_url": self.url(undo, key=key, **values, **more),
        }
        flash(message, "success")
        home = self.url("arrange") if more else "/"
        return redirect(f"{home}#b-{key}", 303)


def _own() -> tuple[dict[str, str], Layout]:
    """The titles of the actor's blocks by their keys, and their layout."""
    kept = arranging.read_kept()
    named = titles(open_blocks(), figures_blocks(), report_blocks(kept.pinned))
    return named, arranging.arranged(kept, list(named))


def block_actions(
    keys: Sequence[str], hidden: Collection[str] = (), place: str = ""
) -> dict[str, list[Action]]:
    """What may be done with each of these blocks, which stand in this order on one page."""
    return {key: list(_actions(keys, at, key in hidden, place)) for at, key in enumerate(keys)}


def _actions(keys: Sequence[str], at: int, is_hidden: bool, place: str) -> Iterator[Action]:
    def url(method: str, **values: Any) -> str:
        more: dict[str, Any] = {HERE: place} if place else {}
        return url_for(f"HomeLayoutView.{method}", key=keys[at], **values, **more)

    if at:
        above = url("before", other=keys[at - 1])
        yield Action(_("Move up"), above, "arrow-up", "post")
    if at + 1 < len(keys):
        below = url("after", other=keys[at + 1])
        yield Action(_("Move down"), below, "arrow-down", "post")
    if is_hidden:
        yield Action(_("Show"), url("show"), "eye", "post")
    else:
        yield Action(_("Hide"), url("hide"), "eye-off", "post")
