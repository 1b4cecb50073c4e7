"""The three tabs of the follow-up: lists as they are elsewhere, of exactly the rows counted."""

from typing import Any

from flask_babel import gettext as _

from crm.accounts.models import Account
from crm.core.models.text import format_number
from crm.core.views.address import ListAddress, read_address
from crm.core.views.pages import ListPage, Tab
from crm.reporting.pipeline.accounts import export_url
from crm.reporting.pipeline.choice import TABS, Choice
from crm.reporting.pipeline.figures import Figures, Part


def tabs(choice: Choice, figures: Figures) -> list[Tab]:
    """The tabs that the actor may open, with the number of their rows."""
    titles = (str(choice.subject.title), _("Opportunities"), _("Events"))
    found = []
    for key, title in zip(TABS, titles, strict=True):
        part = figures.part(key)
        if key == TABS[0] or part is not figures.records:
            count = format_number(part.total().count)
            is_here = part is figures.part(choice.tab)
            found.append(Tab(key, title, choice.url(tab=key), is_here, count))
    return found


def tab_list(choice: Choice, figures: Figures) -> ListPage:
    """The list of the chosen tab."""
    part = figures.part(choice.tab)
    listed = tab_address(choice, part.view)
    page: ListPage = part.view.list_page(listed, full=False, about=part.where)
    page.title = page.region_label = next(one.label for one in tabs(choice, figures) if one.current)
    page.bin_url = page.add_url = ""
    order = listed.order
    if page.totals_url:
        page.totals_url = _elsewhere(part, "totals", order)
    if page.export_url and part.model is Account:
        page.export_url = export_url(
            ListAddress(part.view.key, "", list(part.filters), order=order)
        )
    elif page.export_url:
        page.export_url = _elsewhere(part, "export", order)
    if page.empty:
        page.empty, page.empty_title, page.empty_links = "no_result", "", []
    return page


def tab_address(choice: Choice, view: Any) -> ListAddress:
    """Order and page of the list of a tab; what the report was asked for stays in its address."""
    address = read_address(view.key, choice.address.path, ())
    filtered = ListAddress(view.key, "", choice.filters, rest=choice.address.rest)
    address.rest, address.search, address.unknown = filtered.pairs(), "", []
    return address


def _elsewhere(part: Part, method: str, order: tuple[str, str] | None) -> str:
    address = ListAddress(part.view.key, part.view.url(method), list(part.filters), order=order)
    return address.url()
