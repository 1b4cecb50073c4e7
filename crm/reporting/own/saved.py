"""Saved reports, of lists and of the sales follow-up, as the actor may see them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from flask import request, url_for
from sqlalchemy import ColumnElement

from crm.core.errors import NotFound
from crm.core.models.text import labelled
from crm.core.rows import criteria
from crm.core.saved.layouts import Layout as Saved
from crm.core.saved.models import SavedView
from crm.core.views.address import ListAddress
from crm.core.views.layouts import filter_words
from crm.reporting.boards.shown import Shown
from crm.reporting.own import result
from crm.reporting.own.layout import address_of, open_saved, read_layout, saved_of
from crm.reporting.own.subjects import subject
from crm.reporting.pipeline import saved as follow_ups
from crm.reporting.pipeline.choice import Choice, read_choice
from crm.reporting.pipeline.sheet import tables_of
from crm.reporting.pipeline.subjects import FOLLOW_UP, PIPELINE, open_subjects
from crm.reporting.saving import REPORT


@dataclass(frozen=True)
class ReportRequest:
    """A report that the address of the request says."""

    title: str  # without a name
    words: str  # what it is of, and its filters
    url: str  # its page
    unsaved_url: str  # its page without the id of a saved one
    layout: Callable[[], Saved]  # raises DomainError


@dataclass(frozen=True)
class OpenedReport:
    """A saved report: the address of its page, what is missing, and its tables.

    `tables` raises DomainError where there is too much to be shown; `exported` are those of the
    rows that the actor may export, none without that right.
    """

    url: str
    lost: Sequence[str]
    tables: Callable[[], Sequence[Shown]]
    exported: Callable[[], Sequence[Shown]]


class ReportType(Protocol):
    """How the reports of one `entity` are asked for and opened."""

    def about(self, row: SavedView) -> str:
        """What a report is of; "" where the actor may not read that."""

    def asked(self, entity: str) -> ReportRequest:
        """The report of the request. Raises NotFound where the actor may not read it."""

    def opened(self, row: SavedView) -> OpenedReport:
        """A saved one for the actor. Raises NotFound where they may not read what it is of."""


class ListReports:
    """Reports of a list, whose address is the entity."""

    def about(self, row: SavedView) -> str:
        view = subject(row.entity)
        return view.words("list_title") if view is not None else ""

    def asked(self, entity: str) -> ReportRequest:
        view = _list(entity)
        layout = read_layout(view, request.args)
        address = address_of(layout, _path(view))
        return ReportRequest(
            result.title_of(layout),
            _words(result.title_of(layout), view, address),
            address.url(),
            replace(address, rest=layout.pairs()).url(),
            lambda: saved_of(layout, address),
        )

    def opened(self, row: SavedView) -> OpenedReport:
        view = _list(row.entity)
        layout, left = open_saved(view, row.layout)
        rest = [*layout.pairs(), (REPORT, str(row.id))]
        address = ListAddress(view.key, _path(view), left.filters, rest=rest)

        def tables(*extra: ColumnElement[bool]) -> list[Shown]:
            return [result.read(layout, left.filters, extra)]

        def exported() -> list[Shown]:
            model = view.datamodel.obj
            return tables(criteria(model, "export")) if view.can("export") else []

        return OpenedReport(address.url(), left.lost, tables, exported)


class FollowUpReports:
    """Sales follow-ups."""

    def about(self, row: SavedView) -> str:
        return follow_ups.about(row.layout)

    def asked(self, entity: str) -> ReportRequest:
        if not open_subjects():
            raise NotFound
        choice = read_choice(url_for("ReportingView.pipeline"), request.args.get("subject", ""))
        return ReportRequest(
            str(FOLLOW_UP),
            _words(_title(choice), choice.subject.view(), choice.address),
            choice.url(),
            choice.url(report=""),
            lambda: follow_ups.layout_of(choice),
        )

    def opened(self, row: SavedView) -> OpenedReport:
        found = follow_ups.opened(row.layout, row.id)
        choice = found.choice

        def exported() -> list[Shown]:
            may = choice.subject.view().can("export")
            return tables_of(choice, exported=True) if may else []

        return OpenedReport(choice.url(tab=""), found.lost, lambda: tables_of(choice), exported)


LIST_REPORTS, FOLLOW_UP_REPORTS = ListReports(), FollowUpReports()


def type_of(entity: str) -> ReportType:
    return FOLLOW_UP_REPORTS if entity == PIPELINE else LIST_REPORTS


def _title(choice: Choice) -> str:
    of = labelled(FOLLOW_UP, choice.subject.title)
    return f"{of} · {choice.period}" if choice.period is not None else of


def _words(title: str, view: Any, address: ListAddress) -> str:
    return " · ".join(one for one in (title, filter_words(view, address)) if one)


def _list(entity: str) -> Any:
    view = subject(entity)
    if view is None:
        raise NotFound
    return view


def _path(view: Any) -> str:
    return url_for("OwnReportView.report", entity=view.entity)
