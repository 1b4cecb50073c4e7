"""/reporting: the boards, each of their charts as a table, a drawing and a CSV."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from crm.core.datamodel.filters import FilterFormat, condition
from crm.core.errors import DomainError
from crm.core.http import wants_part
from crm.core.rows import criteria
from crm.core.views import Action
from crm.core.views.address import ListAddress, read_address
from crm.core.views.display import zone
from crm.core.views.pages import ListPage, Note
from crm.reporting.boards import kpis, sheet
from crm.reporting.boards.asked import COMMON, Asked, list_view, with_typed_days
from crm.reporting.boards.matrix import Matrix
from crm.reporting.boards.periods import LABELS, Period, read_period
from crm.reporting.boards.table import ALL, BOARDS, ENTITIES, Board, BoardChart
from crm.reporting.own.pin_views import unpin_action
from crm.reporting.own.pins import Pinned, pinned
from crm.reporting.own.subjects import subjects
from crm.reporting.pipeline.subjects import FOLLOW_UP, PIPELINE, SUBJECTS, open_subjects
from crm.reporting.pipeline.views import PipelinePages

KEPT = ("period", "compare")  # arguments beside the filters of lists
FIRST = "this_quarter"
OWN_REPORTS = _l("Own reports")
SUBJECT_ENTITIES = tuple(one.model.__entity__ for one in SUBJECTS.values())


@dataclass
class PlacedChart:
    """A chart before it is read: its title, where it is fetched, how much room it takes."""

    key: str
    title: str
    url: str
    is_wide: bool
    room: str = ""  # of a drawing beside its table: the class of so many months
    whole_url: str = ""  # of the page of a pinned report
    unpin: Action | None = None


@dataclass
class BoardPage(ListPage):
    """Everything templates/reporting/board.html places; the filters are those of a list."""

    boards: Sequence[tuple[str, str, bool]] = ()
    kpis_url: str = ""  # where the figures above the charts are fetched; "" without any
    kpi_count: int = 0
    charts: list[PlacedChart] = field(default_factory=list)
    period: str = ""
    first: str = ""  # the days of the period, as they are typed
    last: str = ""
    periods: Sequence[tuple[str, str, bool]] = ()  # label, address, whether it is this one
    before: str = ""  # the name of the period before
    compare_url: str = ""
    is_compared: bool = False
    kept: list[tuple[str, str]] = field(default_factory=list)  # of the form of a free period


class ReportingView(PipelinePages):
    """The boards, through the rights on what they count."""

    route_base = "/reporting"
    default_view = "index"
    class_permission_name = "opportunities"
    entities: ClassVar[Sequence[str]] = tuple({*ENTITIES, *SUBJECT_ENTITIES})
    icon = "chart-pie"
    list_title = _l("Reporting")

    @expose("/")
    def index(self) -> ResponseReturnValue:
        return redirect(self.pages("")[0][1], 302)

    def pages(self, current: str) -> list[tuple[str, str, bool]]:
        """(label, address, whether it is `current`) of what the actor may open; 404 without any."""
        boards = _open_boards()
        found = [(FOLLOW_UP, self.url("pipeline"), PIPELINE)] if open_subjects() else []
        found += [(one.title, self._opening_url(one), one.key) for one in boards]
        found += [(OWN_REPORTS, url_for("OwnReportView.list"), "own")] if subjects() else []
        if not found:
            abort(404)
        return [(str(title), url, key == current) for title, url, key in found]

    def _opening_url(self, board: Board) -> str:
        """The address of a board with the filters that it opens with."""
        view = list_view(board.open_charts()[0].model)
        offered = view.visible(view.search_columns)
        filters = [one for one in board.preset() if one[0] in offered]
        rest = [("period", FIRST)] if filters else []
        return ListAddress(view.key, self.url("board", board=board.key), filters, rest=rest).url()

    @expose("/boards/<board>")
    def board(self, board: str) -> ResponseReturnValue:
        found = _board(board)
        charts = found.open_charts()
        view = list_view(charts[0].model)
        address = _address(view, self.url("board", board=board))
        if not request.args and (opening := self._opening_url(found)) != address.path:
            return redirect(opening, 302)
        if "filter" in request.args:
            return redirect(view.canonical(address), 302)
        if "first" in request.args:
            return redirect(with_typed_days(address).url(), 302)
        page = BoardPage(str(found.title), board, self.icon)
        page.boards = self.pages(board)
        asked = _put_filters(page, view, address)
        if asked is not None:
            page.kpi_count = len(found.open_kpis())
            page.kpis_url = self._with_choices("kpis", board) if page.kpi_count else ""
            page.charts = [
                PlacedChart(
                    chart.key,
                    str(chart.title),
                    self._chart_url(found, chart),
                    chart.is_wide,
                    _room(chart, asked.period) if chart.drawn else "",
                )
                for chart in charts
            ]
            page.charts += [_pinned_chart(one, board) for one in pinned(board)]
        return self.render("reporting/board.html", page=page)

    def _chart_url(self, board: Board, chart: BoardChart, method: str = "chart") -> str:
        """The address of one chart with the choices of this request."""
        return self._with_choices(method, board.key, chart=chart.key)

    def _with_choices(self, method: str, board: str, **names: str) -> str:
        query = request.query_string.decode()
        url = self.url(method, board=board, **names)
        return f"{url}?{query}" if query else url

    @expose("/boards/<board>/kpis")
    def kpis(self, board: str) -> ResponseReturnValue:
        """The figures above the charts: a part of the board, or a page of its own."""
        own = _board(board)
        figures = own.open_kpis()
        shown = kpis.read(figures, _asked(figures[0].model)) if figures else []
        csv_url = self._with_choices("kpis_csv", board) if _exported(figures) else ""
        template = "reporting/parts/kpis.html" if wants_part() else "reporting/kpis.html"
        page = ListPage(str(own.title), board, self.icon)
        page.crumbs = [
            (str(self.list_title), ""),
            (str(own.title), self.url("board", board=board)),
        ]
        return self.render(template, page=page, shown=shown, csv_url=csv_url)

    @expose("/boards/<board>/kpis.csv")
    def kpis_csv(self, board: str) -> ResponseReturnValue:
        """The figures as CSV, of the rows that the actor may export."""
        figures = _board(board).open_kpis()
        exported = _exported(figures)
        if not exported:
            abort(403)
        asked = _asked(figures[0].model)
        before = str(asked.before) if asked.before is not None else ""
        text = sheet.write_kpis(kpis.read(exported, asked, "export"), before)
        return sheet.download(text, board)

    @expose("/boards/<board>/<chart>")
    def chart(self, board: str, chart: str) -> ResponseReturnValue:
        """One chart: a part of the board, or where scripts do not run a page of its own."""
        own, found = _chart(board, chart)
        shown = found.read(_asked(found.model))
        shown.url = shown.url if shown.count else ""
        if list_view(found.model).can("export"):
            shown.csv_url = self._chart_url(own, found, "csv")
        template = "reporting/parts/chart.html" if wants_part() else "reporting/chart.html"
        page = ListPage(shown.title, board, self.icon)
        page.crumbs = [
            (str(self.list_title), ""),
            (str(own.title), self.url("board", board=board)),
        ]
        return self.render(template, page=page, shown=shown)

    @expose("/boards/<board>/<chart>.csv")
    def csv(self, board: str, chart: str) -> ResponseReturnValue:
        """The table as CSV, of the rows that the actor may export."""
        _own, found = _chart(board, chart)
        view = list_view(found.model)
        if not view.can("export"):
            abort(403)
        text = sheet.write(found.read(_asked(found.model), [criteria(found.model, "export")]))
        return sheet.download(text, f"{board}-{chart}")


def _exported(figures: Sequence[kpis.Kpi]) -> list[kpis.Kpi]:
    """The figures whose list the actor may export."""
    return [one for one in figures if list_view(one.model).can("export")]


def _pinned_chart(one: Pinned, board: str) -> PlacedChart:
    """A saved report at the end of a board, whose filters do not apply to it."""
    url = url_for("ReportPinView.chart", pk=one.pk, place=board)
    whole_url = url_for("OwnReportView.open", pk=one.pk)
    unpin = unpin_action(one.pk, board)
    return PlacedChart(
        f"report-{one.pk}", one.name, url, one.is_wide, whole_url=whole_url, unpin=unpin
    )


def _room(chart: BoardChart, period: Period | None) -> str:
    """The class with the room of a line for each month or stage, so that nothing below moves."""
    if period is None:
        return ""
    if isinstance(chart, Matrix) and chart.lines.step is None:
        return "m3"
    first, last = period.first, period.last
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    return next((f"m{most}" for most in (1, 3) if months <= most), "m12")


def _open_boards() -> list[Board]:
    """The boards of which the actor may read something."""
    if not current_user.is_authenticated:
        abort(401)
    return [board for board in ALL if board.open_charts()]


def _board(key: str) -> Board:
    board = BOARDS.get(key)
    if board is None or board not in _open_boards():
        abort(404)
    return board


def _chart(key: str, name: str) -> tuple[Board, BoardChart]:
    board = _board(key)
    found = next((chart for chart in board.open_charts() if chart.key == name), None)
    if found is None:
        abort(404)
    return board, found


def _address(view: Any, path: str) -> ListAddress:
    offered = view.visible(view.search_columns)
    return read_address(view.key, path, [name for name in COMMON if name in offered], KEPT)


def _asked(model: type[Any]) -> Asked:
    """The choices of the request; 400 where one is invalid."""
    address = _address(list_view(model), request.path)
    if address.unknown:  # without the filter, more would be counted than was asked for
        abort(400, _("The filter “%(name)s” does not exist here.", name=address.unknown[0]))
    try:
        period = read_period(request.args.get("period", FIRST))
    except ValueError as error:
        abort(400, str(error))
    for one in address.filters:
        try:
            condition(model, *one, FilterFormat(zone()))
        except DomainError as error:
            abort(400, str(error))
    return Asked(period, _is_compared(), tuple(address.filters))


def _is_compared() -> bool:
    return request.args.get("compare", "") not in ("", "0")


def _put_filters(page: BoardPage, view: Any, address: ListAddress) -> Asked | None:
    """The chips of period and filters; None where one of them is invalid, which a note says."""
    query = view.query(address)
    names = [name for name in COMMON if name in view.visible(view.search_columns)]
    view.put_choices(page, address, query.conditions, names)
    page.search_url = address.path
    page.notes = [Note("warn", text) for text in query.wrong]
    asked = request.args.get("period", FIRST)
    try:
        period = read_period(asked)
    except ValueError as error:
        page.notes.append(Note("bad", str(error)))
        period = read_period(FIRST)
    _put_period(page, address, asked, period)
    return None if page.notes else Asked(period, page.is_compared, tuple(address.filters))


def _put_period(page: BoardPage, address: ListAddress, asked: str, period: Period) -> None:
    page.period, page.before = str(period), str(period.before())
    page.first, page.last = period.first.isoformat(), period.last.isoformat()
    page.is_compared = _is_compared()
    other = [("compare", "1")] if page.is_compared else []
    page.periods = [
        (str(label), replace(address, rest=[("period", key), *other]).url(), key == asked)
        for key, label in LABELS.items()
    ]
    turned = [] if page.is_compared else [("compare", "1")]
    page.compare_url = replace(address, rest=[("period", asked), *turned]).url()
    page.kept = replace(address, rest=other).pairs()


__all__ = ["ReportingView"]
