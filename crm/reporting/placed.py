"""The blocks of the home page that somebody may open: extracts of lists, and figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from crm.core.views.address import ListAddress
from crm.opportunities.models import Opportunity
from crm.reporting.blocks import Block, blocks, is_wide
from crm.reporting.boards.asked import list_view
from crm.reporting.boards.table import BOARDS

MONTH = [("period", "this_month"), ("compare", "1")]  # of the address of a board


@dataclass(frozen=True)
class FiguresBlock:
    """Figures of a board, which are fetched after the page."""

    key: str
    title: str
    url: str  # of the figures
    board_url: str


def open_blocks() -> list[tuple[Block, Any]]:
    """The blocks whose lists the actor may open, with their views."""
    found = ((block, list_view(block.model)) for block in blocks())
    return [(block, view) for block, view in found if view is not None]


def figures_blocks() -> list[FiguresBlock]:
    """This month against the last: one's own, or the team's for who looks after others' records."""
    view = list_view(Opportunity)
    if view is None:
        return []
    key = "manager" if is_wide(Opportunity) else "salesperson"
    title = _("The team this month") if key == "manager" else _("My figures this month")
    filters = list(BOARDS[key].preset())
    urls = [
        ListAddress(view.key, url_for(f"ReportingView.{method}", board=key), filters, rest=MONTH)
        for method in ("kpis", "board")
    ]
    return [FiguresBlock("month", title, urls[0].url(), urls[1].url())]


def titles(listed: Sequence[tuple[Block, Any]], figures: Sequence[FiguresBlock]) -> dict[str, str]:
    """The titles of the actor's blocks by their keys, in the order of everybody."""
    lists = {block.key: str(block.title) for block, _view in listed}
    return {**{block.key: block.title for block in figures}, **lists}
