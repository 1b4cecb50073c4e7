"""/reporting/pipeline: the follow-up of leads, or of clients and prospects. Source: spec 12.1."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import Any

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _

from crm.core.saved.layouts import read_saved
from crm.core.saved.models import SavedKind
from crm.core.views.pages import ListPage, Note, Tab
from crm.reporting.boards import sheet as boards_sheet
from crm.reporting.boards.asked import with_typed_days
from crm.reporting.pipeline import lists, saved
from crm.reporting.pipeline.accounts import AccountsTogether
from crm.reporting.pipeline.captions import captions
from crm.reporting.pipeline.choice import Choice, read_choice
from crm.reporting.pipeline.figures import read_figures
from crm.reporting.pipeline.sheet import as_shown
from crm.reporting.pipeline.subjects import FOLLOW_UP, PIPELINE, open_subjects
from crm.reporting.pipeline.tables import FollowUpTables, Kpi, Table
from crm.reporting.saving import SavablePage, put_saving


@dataclass
class PipelinePage(SavablePage):
    """Everything templates/reporting/pipeline.html places; the filters are those of a list."""

    boards: list[tuple[str, str, bool]] = field(default_factory=list)
    subject: str = ""
    subjects: list[tuple[str, str, bool]] = field(default_factory=list)
    period: str = ""
    first: str = ""  # the days of the period, as they are typed
    last: str = ""
    periods: list[tuple[str, str, bool]] = field(default_factory=list)
    kept: list[tuple[str, str]] = field(default_factory=list)  # of the form of a free period
    strip: list[Kpi] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    tabs: list[Tab] = field(default_factory=list)
    related: ListPage | None = None


class PipelinePages(AccountsTogether, ABC):
    """The page of the follow-up, and its tables as CSV: a part of the pages of Reporting."""

    icon: str

    @abstractmethod
    def pages(self, current: str) -> list[tuple[str, str, bool]]:
        """(label, address, whether it is `current`) of them; 404 where the actor opens none."""

    @expose("/pipeline")
    def pipeline(self) -> ResponseReturnValue:
        pages = self.pages(PIPELINE)
        choice = read_choice(self.url("pipeline"), request.args.get("subject", ""))
        view = choice.subject.view()
        if "filter" in request.args:
            return redirect(view.canonical(choice.address), 302)
        if "first" in request.args:
            return redirect(with_typed_days(choice.address).url(), 302)
        page = PipelinePage(str(FOLLOW_UP), PIPELINE, self.icon, boards=pages)
        page.crumbs = [(_("Reporting"), "")]
        _put_choice(page, choice, view)
        _put_saved(page, choice)
        if not choice.wrong:
            self._put_figures(page, choice)
        return self.render("reporting/pipeline.html", page=page)

    def _put_figures(self, page: PipelinePage, choice: Choice) -> None:
        figures = read_figures(choice)
        follow_up = FollowUpTables(choice, figures)
        page.strip, page.captions = follow_up.strip(), captions(choice)
        page.tables = follow_up.tables()
        if figures.records.view.can("export"):
            page.tables = [
                replace(one, csv_url=self._with_choice("pipeline_table", table=one.key))
                for one in page.tables
            ]
        page.tabs = lists.tabs(choice, figures)
        page.related = lists.tab_list(choice, figures)
        page.export_url = page.related.export_url

    def _with_choice(self, method: str, **names: str) -> str:
        query = request.query_string.decode()
        url = self.url(method, **names)
        return f"{url}?{query}" if query else url

    @expose("/pipeline/<table>.csv")
    def pipeline_table(self, table: str) -> ResponseReturnValue:
        """A table of the follow-up as CSV, of the rows that the actor may export."""
        self.pages(PIPELINE)
        choice = read_choice(self.url("pipeline"), request.args.get("subject", ""))
        if choice.wrong:
            abort(400, "\n".join(choice.wrong))
        if not choice.subject.view().can("export"):
            abort(403)
        figures = read_figures(choice, exported=True)
        tables = FollowUpTables(choice, figures).tables()
        found = next((one for one in tables if one.key == table), None) or abort(404)
        text = boards_sheet.write(as_shown(found, figures.records.total().count, ""))
        return boards_sheet.download(text, f"{PIPELINE}-{table}")


def _put_saved(page: PipelinePage, choice: Choice) -> None:
    row = read_saved(choice.report, PIPELINE, SavedKind.REPORT)
    is_same = row is not None and saved.is_layout_of(row.layout, choice)
    put_saving(page, PIPELINE, choice.pairs(), row, is_same=is_same)
    if row is not None:
        page.crumbs.append((str(FOLLOW_UP), page.search_url))


def _put_choice(page: PipelinePage, choice: Choice, view: Any) -> None:
    """The chips of subject, period and filters."""
    address, period = choice.address, choice.period
    conditions = [] if choice.wrong else view.query(address).conditions
    view.put_choices(page, address, conditions, choice.subject.names())
    page.search_url = address.path
    page.notes = [Note("warn", text) for text in choice.wrong]
    page.subject = str(choice.subject.title)
    page.subjects = [
        (str(one.title), choice.about(one), one is choice.subject) for one in open_subjects()
    ]
    page.periods = choice.periods()
    page.period = str(period) if period is not None else _("Whenever")
    if period is not None:
        page.first, page.last = period.first.isoformat(), period.last.isoformat()
    page.kept = [pair for pair in address.pairs() if pair[0] != "period"]
