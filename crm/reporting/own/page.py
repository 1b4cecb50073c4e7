"""The page on which a report is chosen, beside its result."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import current_app, request, url_for
from flask_babel import gettext as _

from crm.core.saved.layouts import read_saved
from crm.core.saved.models import SavedKind
from crm.core.views.address import ListAddress
from crm.core.views.pages import Note
from crm.reporting.boards.views import ReportingView
from crm.reporting.own.layout import (
    AND,
    BY,
    LOOK,
    MEASURE,
    TABLE,
    UNSET,
    Layout,
    is_saved_as,
)
from crm.reporting.own.pin_views import pin_menu
from crm.reporting.own.subjects import groups_of, measures_of, subjects
from crm.reporting.saving import REPORT, SavablePage, put_saving

Option = tuple[str, str, bool]  # value, label, whether it is chosen


@dataclass
class Choice:
    """A select of the form."""

    name: str
    label: str
    options: Sequence[Option]


@dataclass
class ReportPage(SavablePage):
    """Everything templates/reporting/own/report.html places; the filters are those of a list."""

    boards: Sequence[tuple[str, str, bool]] = ()
    choices: Sequence[Choice] = ()
    subjects: list[tuple[str, str, bool]] = field(default_factory=list)
    kept: list[tuple[str, str]] = field(default_factory=list)  # of the form
    chart_url: str = ""  # where the result is fetched; "" where something is wrong


def pages() -> list[tuple[str, str, bool]]:
    """The pages of Reporting, as tabs."""
    every = current_app.extensions["appbuilder"].baseviews
    return next(one for one in every if isinstance(one, ReportingView)).pages("own")


def page_of(layout: Layout, address: ListAddress) -> ReportPage:
    """The page of a choice."""
    view = layout.view
    page = ReportPage(view.words("list_title"), "own", "chart-pie")
    page.crumbs = [(_("Reporting"), ""), (_("Own reports"), url_for("OwnReportView.list"))]
    page.boards, page.choices = pages(), _choices(layout)
    page.subjects = [
        (one.words("list_title"), url_for("OwnReportView.report", entity=one.entity), one is view)
        for one in subjects()
    ]
    query = view.query(address)
    view.put_choices(page, address, query.conditions, view.filter_names())
    page.search_url, page.kept = address.path, _kept(address)
    page.notes = [Note("warn", text) for text in [*layout.wrong, *query.wrong]]
    if not query.wrong:
        page.chart_url = address_at("chart", view, address)
    _put_saved(page, layout, address)
    return page


def address_at(method: str, view: Any, address: ListAddress) -> str:
    """The address of another page with the same choices."""
    url = url_for(f"OwnReportView.{method}", entity=view.entity)
    return f"{url}?{urlencode(address.pairs())}"


def _put_saved(page: ReportPage, layout: Layout, address: ListAddress) -> None:
    row = read_saved(request.args.get(REPORT, ""), layout.view.entity, SavedKind.REPORT)
    is_same = row is not None and is_saved_as(row.layout, layout, address.filters)
    put_saving(page, layout.view.entity, address.pairs(), row, is_same=is_same)
    if row is not None:
        page.pins = pin_menu(row.id)


def _kept(address: ListAddress) -> list[tuple[str, str]]:
    """What the form keeps: the filters, and which report is open."""
    chosen = {BY, AND, MEASURE, LOOK}
    return [pair for pair in address.pairs() if pair[0] not in chosen]


def _choices(layout: Layout) -> list[Choice]:
    groups = {key: label for key, (label, _group) in groups_of(layout.view).items()}
    measures = {key: label for key, (label, _measure) in measures_of(layout.view).items()}
    first, second = [*layout.by, UNSET][:2]
    look = TABLE if layout.is_table else ""
    return [
        _choice(BY, _("Group by"), groups, first),
        _choice(AND, _("And by"), {UNSET: _("Nothing else"), **groups}, second),
        _choice(MEASURE, _("Measure"), {"": _("Number"), **measures}, layout.measure),
        _choice(LOOK, _("Shown as"), {"": _("Chart"), TABLE: _("Table")}, look),
    ]


def _choice(name: str, label: str, options: dict[str, str], chosen: str) -> Choice:
    return Choice(name, label, [(key, text, key == chosen) for key, text in options.items()])
