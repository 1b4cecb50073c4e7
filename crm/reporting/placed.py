"""The blocks of the home page that somebody may open: lists, figures and pinned reports."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from crm.core.views import Action
from crm.core.views.address import ListAddress
from crm.opportunities.models import Opportunity
from crm.reporting.blocks import Block, blocks, is_wide
from crm.reporting.boards.asked import list_view
from crm.reporting.boards.people import BY_PERSON
from crm.reporting.boards.table import BOARDS
from crm.reporting.own.pin_views import unpin_action
from crm.reporting.own.pins import HOME, Pinned

MONTH = [("period", "this_month"), ("compare", "1")]  # of the address of a board


@dataclass(frozen=True)
class LaterBlock:
    """Figures of a board, or a saved report: what is fetched after the page."""

    key: str
    title: str
    url: str  # of its content
    whole_url: str  # of the page that it is from
    whole: str  # what that is called
    css: str = ""  # the room that it takes
    actions: tuple[Action, ...] = ()  # beside moving and hiding


def open_blocks() -> list[tuple[Block, Any]]:
    """The blocks whose lists the actor may open, with their views."""
    found = ((block, list_view(block.model)) for block in blocks())
    return [(block, view) for block, view in found if view is not None]


def figures_blocks() -> list[LaterBlock]:
    """This month against the last: one's own, or the team's for who looks after others' records.

    They see before it what each person of the team has to do, and has done.
    """
    view = list_view(Opportunity)
    if view is None:
        return []
    board = "manager" if is_wide(Opportunity) else "salesperson"
    kpis = url_for("ReportingView.kpis", board=board)
    if board == "salesperson":
        title = _("My figures this month")
        return [_board_block(view, "month", title, board, kpis, "c-kpibox n6 compared")]
    by_person = url_for("ReportingView.chart", board=board, chart=BY_PERSON.key)
    return [
        _board_block(view, "team", str(BY_PERSON.title), board, by_person),
        _board_block(view, "month", _("The team this month"), board, kpis, "c-kpibox n6 compared"),
    ]


def _board_block(
    view: Any, key: str, title: str, board: str, url: str, css: str = ""
) -> LaterBlock:
    """A part of a board with the filters that the board opens with, of this month."""
    filters = list(BOARDS[board].preset())
    whole_url = url_for("ReportingView.board", board=board)
    part, whole = (
        ListAddress(view.key, one, filters, rest=MONTH).url() for one in (url, whole_url)
    )
    return LaterBlock(key, title, part, whole, _("Dashboard"), css)


def report_blocks(pinned: Sequence[Pinned]) -> list[LaterBlock]:
    """The saved reports that the actor pinned here."""
    return [
        LaterBlock(
            f"report-{one.pk}",
            one.name,
            url_for("ReportPinView.chart", pk=one.pk, place=HOME),
            url_for("OwnReportView.open", pk=one.pk),
            _("Report"),
            actions=(unpin_action(one.pk, HOME),),
        )
        for one in pinned
    ]


def titles(
    listed: Sequence[tuple[Block, Any]],
    figures: Sequence[LaterBlock],
    reports: Sequence[LaterBlock],
) -> dict[str, str]:
    """The titles of the actor's blocks by their keys, in the order of everybody."""
    lists = {block.key: str(block.title) for block, _view in listed}
    first, last = ({block.key: block.title for block in one} for one in (figures, reports))
    return {**first, **lists, **last}
