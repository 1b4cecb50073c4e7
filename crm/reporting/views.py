"""/: the home page, with the user's open work."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from babel.dates import format_date
from flask import render_template
from flask.typing import ResponseReturnValue
from flask_appbuilder import IndexView, expose
from flask_babel import gettext as _

from crm.companies.days import today
from crm.core.actor import current_actor
from crm.core.datamodel.paging import PageRequest
from crm.core.db import db
from crm.core.models.locale import locale
from crm.core.models.text import format_number
from crm.core.views import Action
from crm.core.views.base import all_views
from crm.core.views.nav import preset_url
from crm.reporting.blocks import BLOCKS, Block, HomeLine
from crm.reporting.queries import counts

LINES = 6  # rows of each block


@dataclass
class ShownBlock:
    """The values of a block for the template."""

    key: str
    title: str
    empty: str
    lines: list[HomeLine] = field(default_factory=list)
    count: str = ""
    url: str = ""
    url_label: str = ""
    add_url: str = ""
    add_label: str = ""


@dataclass
class HomePage:
    """Everything templates/reporting/home.html places."""

    title: str
    date_text: str
    blocks: list[ShownBlock]
    actions: list[Action] = field(default_factory=list)


class HomeView(IndexView):
    """The home page."""

    setting = None

    @expose("/")
    def index(self) -> ResponseReturnValue:
        open_ = [(block, view) for block in BLOCKS if (view := _view_of(block)) is not None]
        page = HomePage(
            _("My day"), format_date(today(), "EEEE d MMMM y", locale=locale()), _shown(open_)
        )
        page.actions = _actions([view for _block, view in open_])
        return render_template("reporting/home.html", page=page, view=self)


def _view_of(block: Block) -> Any:
    """The view of a block's list, if the actor may open it."""
    actor = current_actor()
    for view in all_views():
        if view.datamodel.obj is block.model and view.can("read"):
            return view if view.setting is None or actor.is_enabled(view.setting) else None
    return None


def _shown(open_: Sequence[tuple[Block, Any]]) -> list[ShownBlock]:
    if not open_:
        text = _("Your role opens no records yet. Your administrator decides which ones it may.")
        return [ShownBlock("none", _("Nothing to show yet"), text)]
    where = {block.key: view.preset_where(block.preset()) for block, view in open_}
    wanted = {block.key: (block.model, where[block.key]) for block, _view in open_}
    found = {key: int(count) for key, count in db.session.execute(counts(wanted))}
    return [_block(block, view, where[block.key], found[block.key]) for block, view in open_]


def _block(block: Block, view: Any, where: Sequence[Any], count: int) -> ShownBlock:
    shown = ShownBlock(block.key, str(block.title), str(block.empty))
    if count:
        statement = view.datamodel.select(*where)
        rows = view.datamodel.page(
            statement, [block.order], PageRequest(LINES), block.relations
        ).rows
        shown.lines = [block.line(view, row) for row in rows]
        shown.count = format_number(count)
        shown.url, shown.url_label = preset_url(view, block.preset()), view.words("list_title")
    elif view.can("create"):
        shown.add_url, shown.add_label = view.url("add"), view.words("add_title")
    return shown


def _actions(views: Sequence[Any]) -> list[Action]:
    """The page's button: create the first entity that the actor may create."""
    view = next((view for view in views if view.can("create")), None)
    if view is None:
        return []
    return [Action(view.words("add_title"), view.url("add"), "plus", primary=True)]
