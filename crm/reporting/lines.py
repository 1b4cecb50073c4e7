"""A block of the home page for its template: its first rows, or where they are fetched."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import url_for

from crm.core.datamodel.paging import PageRequest
from crm.core.models.text import format_number
from crm.core.views import Action
from crm.reporting.blocks import Block, HomeLine
from crm.reporting.placed import LaterBlock

LINES = 6  # rows of each block
AT_ONCE = 2  # blocks with their rows in the page; the others are below what a screen shows


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
    later_url: str = ""  # of its content, where that is fetched after the page
    whole_url: str = ""  # the same without scripts
    css: str = ""  # of the room for it
    actions: list[Action] = field(default_factory=list)


def list_block(block: Block, view: Any, count: int) -> ShownBlock:
    """A block of so many rows, of which none are read yet."""
    shown = ShownBlock(block.key, str(block.title), str(block.empty))
    if count:
        shown.count = format_number(count)
        shown.url, shown.url_label = view.preset_url(block.preset()), view.words("list_title")
        shown.later_url = url_for("HomeLayoutView.lines", key=block.key)
        shown.whole_url, shown.css = shown.url, f"l{min(count, LINES)}"
    elif view.can("create"):
        shown.add_url, shown.add_label = view.url("add"), view.words("add_title")
    return shown


def lines_of(block: Block, view: Any, where: Sequence[Any]) -> list[HomeLine]:
    """The first rows of a block, which satisfy `where`."""
    statement = view.datamodel.select(*where)
    page = view.datamodel.page(statement, [block.order], PageRequest(LINES), block.relations)
    return [block.line(view, row) for row in page.rows]


def later_block(block: LaterBlock) -> ShownBlock:
    shown = ShownBlock(block.key, block.title, "", later_url=block.url, css=block.css)
    shown.url, shown.url_label = block.whole_url, block.whole
    shown.whole_url, shown.actions = block.url, list(block.actions)
    return shown
