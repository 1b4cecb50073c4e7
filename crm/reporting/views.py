"""/: the home page: what is to be done, and in a new installation the first steps."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from babel.dates import format_date
from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import IndexView, expose
from flask_babel import gettext as _

from crm.calendar.models import Event
from crm.companies import demo
from crm.companies.days import today
from crm.core.db import db
from crm.core.models.locale import locale
from crm.core.models.text import format_number
from crm.core.views import Action, Preset
from crm.core.views.display import hue_of, initials
from crm.reporting import arranging
from crm.reporting.arranging_views import block_actions
from crm.reporting.blocks import APPROVALS
from crm.reporting.boards.asked import list_view
from crm.reporting.lines import AT_ONCE, ShownBlock, later_block, lines_of, list_block
from crm.reporting.placed import figures_blocks, open_blocks, report_blocks, titles
from crm.reporting.queries import counts
from crm.reporting.side import figure_preset, figures, recent, reminders
from crm.reporting.steps import Step, first_steps, may_set_up


@dataclass
class DemoPerson:
    """Somebody of the demo, and how to sign in as them."""

    name: str
    text: str
    username: str
    url: str
    initials: str
    hue: str
    has_password: bool


@dataclass
class HomePage:
    """Everything templates/reporting/home.html places."""

    title: str
    sub: str
    blocks: list[ShownBlock] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    people: list[DemoPerson] = field(default_factory=list)
    erase_url: str = ""
    figures: list[tuple[str, str, str]] = field(default_factory=list)  # label, number, address
    reminders: list[tuple[str, str, str, str]] = field(default_factory=list)
    recent: list[tuple[str, str, str, str]] = field(default_factory=list)

    @property
    def next_step(self) -> Step | None:
        """The step with the page's primary button."""
        return next((step for step in self.steps if not step.is_done), None)


class HomeView(IndexView):
    """The home page."""

    setting = None

    @expose("/")
    def index(self) -> ResponseReturnValue:
        steps = first_steps()
        page = HomePage(_("My day"), format_date(today(), "EEEE d MMMM y", locale=locale()))
        if steps:
            done = sum(step.is_done for step in steps)
            page.title = _("First steps")
            page.sub = _("%(done)s of %(all)s done", done=done, all=len(steps))
        page.steps = steps
        _put_work(page)
        if may_set_up() and (people := demo.people()):
            page.people = [_person(one) for one in people]
            page.erase_url = url_for("SetupView.demo")
        page.reminders, page.recent = reminders(), recent()
        return render_template("reporting/home.html", page=page, view=self)


def _put_work(page: HomePage) -> None:
    """The blocks and the figures, with all their counts in one statement."""
    open_ = open_blocks()
    if not open_:
        text = _("Your role gives access to no records yet. Ask your administrator.")
        page.blocks = [ShownBlock("none", _("Nothing to show yet"), text)]
        return
    is_new = bool(page.steps)
    kept = arranging.read_kept()
    months, reports = [] if is_new else figures_blocks(), report_blocks(kept.pinned)
    layout = arranging.arranged(kept, list(titles(open_, months, reports)))
    listed = [(block, view) for block, view in open_ if block.key not in layout.hidden]
    shown = {
        f"figure-{key}": (figure_preset(key, label, filters), view)
        for key, label, model, filters in figures()
        if (view := list_view(model)) is not None
    }
    presets = {**{b.key: (b.preset(), view) for b, view in listed}, **shown}
    where = {key: view.preset_where(preset) for key, (preset, view) in presets.items()}
    wanted = {key: (presets[key][1].datamodel.obj, where[key]) for key in presets}
    counted = db.session.execute(counts(wanted)) if wanted else ()
    found = {key: int(count) for key, count in counted}
    by_key = {block.key: (block, view) for block, view in listed}
    shown_keys = [
        key
        for key in layout.places
        if key in by_key and (found[key] or (by_key[key][0].empty and not is_new))
    ]
    blocks = {key: list_block(*by_key[key], found[key]) for key in shown_keys}
    for key in [key for key in shown_keys if found[key]][:AT_ONCE]:
        blocks[key].lines = lines_of(*by_key[key], where[key])
    for block in (*months, *reports):
        if block.key not in layout.hidden:
            blocks[block.key] = later_block(block)
    page.blocks = [blocks[key] for key in layout.places if key in blocks]
    page.figures = [
        _figure(preset, view, found[key]) for key, (preset, view) in shown.items() if not is_new
    ]
    if not is_new:
        _put_actions(page, [view for block, view in open_ if block not in APPROVALS])


def _put_actions(page: HomePage, views: Sequence[Any]) -> None:
    """What is done on the page, and with each of its blocks."""
    arrange = block_actions([block.key for block in page.blocks])
    for block in page.blocks:
        block.actions = [*arrange[block.key], *block.actions]
    url = url_for("HomeLayoutView.arrange")
    page.actions = [Action(_("Arrange home"), url, "layout-grid"), *_actions(views)]


def _figure(preset: Preset, view: Any, count: int) -> tuple[str, str, str]:
    return str(preset.label), format_number(count), view.preset_url(preset) if count else ""


def _person(user: Any) -> DemoPerson:
    roles = ", ".join(str(role) for role in user.roles)
    place = user.agency or next(iter(user.companies), None)
    text = f"{roles}, {place}" if place is not None else roles
    url = url_for("UserView.show", pk=user.id)
    return DemoPerson(
        str(user), text, user.username, url, initials(str(user)), hue_of(user.id),
        bool(user.password),
    )  # fmt: skip


def _actions(views: Sequence[Any]) -> list[Action]:
    """The calendar, and the page's button: create the first entity that the actor may create."""
    calendar = [
        Action(_("Calendar"), url_for("CalendarView.show"), "calendar")
        for view in views
        if view.datamodel.obj is Event
    ][:1]
    view = next((view for view in views if view.can("create")), None)
    if view is None:
        return calendar
    return [*calendar, Action(view.words("add_title"), view.url("add"), "plus", primary=True)]
