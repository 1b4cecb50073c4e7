"""/reporting/targets: the targets of a year, by person and quarter."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_appbuilder import expose
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select

from crm.companies.days import today
from crm.companies.models import Company
from crm.core.actor import current_actor
from crm.core.datamodel.buckets import Step
from crm.core.db import db, transaction
from crm.core.errors import DomainError
from crm.core.models import spec_of
from crm.core.models.text import format_money, parse_number
from crm.core.security.page import Page
from crm.core.views.pages import Note
from crm.opportunities.models import SalesTarget
from crm.opportunities.services import targets
from crm.opportunities.services.targets import Cell, Changed
from crm.reporting.boards.periods import written

FIRST, LAST = 2000, 2099  # years
WAS = "was."


@dataclass
class Input:
    """A target as it is typed; `was` is what the page showed first."""

    name: str
    label: str
    text: str
    was: str
    error: str = ""


@dataclass
class Person:
    """A line of the table."""

    name: str
    inputs: Sequence[Input]
    is_gone: bool  # deactivated


@dataclass
class TargetsPage:
    """Everything templates/reporting/targets.html places."""

    year: int
    company: Company
    currency: str
    quarters: Sequence[str]
    people: Sequence[Person]
    totals: Sequence[str]
    companies: Sequence[tuple[int, str]]
    currencies: Sequence[tuple[str, str]]
    action: str
    cancel_url: str
    title: str
    crumbs: Sequence[tuple[str, str]]
    errors: Sequence[tuple[str, str, str]] = ()
    notes: Sequence[Note] = field(default_factory=list)

    @property
    def year_options(self) -> list[tuple[int, str]]:
        """The years before and after, and the present one."""
        near = {self.year - 1, self.year, self.year + 1, today().year}
        return [(one, str(one)) for one in sorted(near) if FIRST <= one <= LAST]


class TargetsView(Page):
    """The page on which targets are set, by who edits the opportunities of a company."""

    route_base = "/reporting/targets"
    default_view = "year"
    class_permission_name = "opportunities"
    menu_endpoint = "ReportingView"
    list_title = _l("Targets")

    @expose("/")
    def year(self) -> ResponseReturnValue:
        company, year, currency = _chosen()
        return self.render("reporting/targets.html", page=_page(company, year, currency, {}, {}))

    @expose("/save", methods=("POST",))
    def save(self) -> ResponseReturnValue:
        """Write what was changed; errors show the page again as it was typed."""
        company, year, currency = _chosen()
        typed, wrong = request.form.to_dict(), dict[str, str]()
        changes = _changes(year, typed, wrong)
        if not wrong:
            try:
                with transaction():
                    targets.set_targets(company, year, currency, changes)
                here = {"year": year, "company": company.id, "currency": currency}
                return redirect(self.url("year", saved=len(changes), **here), 303)
            except DomainError as error:
                wrong = dict(error.fields)
        page = _page(company, year, currency, typed, wrong)
        return self.render("reporting/targets.html", 422, page=page)


def _chosen() -> tuple[Company, int, str]:
    """The company, year and currency of the request; 403 without the right, 404 unknown."""
    if not current_user.is_authenticated:
        abort(401)
    if not targets.may_set():
        abort(403)
    company = _company(request.values.get("company", ""))
    year = parse_number(request.values.get("year", "")) or today().year
    currency = request.values.get("currency") or company.currency
    if not FIRST <= year <= LAST or currency not in dict(_currencies()):
        abort(404)
    return company, year, currency


def _company(text: str) -> Company:
    actor = current_actor()
    first = actor.company.id if actor.company is not None else next(iter(actor.company_ids), 0)
    pk = parse_number(text) if text else first
    if pk is None or not targets.may_set(pk):
        abort(404)
    return db.session.get(Company, pk) or abort(404)


def _currencies() -> list[tuple[str, str]]:
    spec = spec_of(SalesTarget, "currency")
    return spec.kind.choices(spec)


def _changes(year: int, typed: dict[str, str], wrong: dict[str, str]) -> dict[Cell, Changed]:
    """The cells that were changed; what is no amount is put into `wrong`, by its name."""
    found: dict[Cell, Changed] = {}
    for name, text in typed.items():
        cell = _cell(name, year)
        if cell is None:
            continue
        try:
            was, now = _amount(typed.get(WAS + name, "")), _amount(text)
        except ValueError as error:
            wrong[name] = str(error)
            continue
        if was != now:
            found[cell] = Changed(was, now)
    return found


def _amount(text: str) -> Decimal | None:
    spec = spec_of(SalesTarget, "amount")
    value = spec.parse(text)
    return None if value is None else spec.clean(value)


def _cell(name: str, year: int) -> Cell | None:
    """The person and quarter of an input; None for another field."""
    person, dot, quarter = name.partition(".")
    if not (dot and person.isdecimal() and quarter in ("1", "2", "3", "4")):
        return None
    pk = parse_number(person)
    return None if pk is None else (pk, date(year, int(quarter) * 3 - 2, 1))


def _page(
    company: Company, year: int, currency: str, typed: dict[str, str], wrong: dict[str, str]
) -> TargetsPage:
    known = targets.targets_of(company, year, currency)
    quarters = targets.quarters(year)
    words = [written(one, Step.QUARTER) for one in quarters]
    people, errors = [], []
    for person in targets.people_of(company, [pk for pk, _quarter in known]):
        inputs = [
            _input(person, (person.id, quarter), word, known, typed, wrong)
            for quarter, word in zip(quarters, words, strict=True)
        ]
        errors += [(one.name, one.label, one.error) for one in inputs if one.error]
        people.append(Person(str(person), inputs, not person.active))
    totals = [
        format_money(
            sum((t.amount for t in known.values() if t.quarter == q), Decimal(0)), currency
        )
        for q in quarters
    ]
    board = url_for("ReportingView.board", board="forecast")
    page = TargetsPage(
        year, company, currency, words, people, totals, _companies(), _currencies(),
        url_for("TargetsView.save"), board, _("Targets of %(year)s", year=str(year)),
        [(_("Reporting"), ""), (_("Forecast"), board)], errors,
    )  # fmt: skip
    if request.args.get("saved"):
        page.notes = [Note("ok", _("Targets saved"))]
    return page


def _input(
    person: Any,
    cell: Cell,
    quarter: str,
    known: dict[Cell, SalesTarget],
    typed: dict[str, str],
    wrong: dict[str, str],
) -> Input:
    name, row = targets.name_of(cell), known.get(cell)
    spec = spec_of(SalesTarget, "amount")
    now = spec.typed(row.amount) if row is not None else ""
    label = _("%(person)s, %(quarter)s", person=person, quarter=quarter)
    was = now if name in wrong and name in typed else typed.get(WAS + name, now)
    return Input(name, label, typed.get(name, now), was, wrong.get(name, ""))


def _companies() -> list[tuple[int, str]]:
    rows = db.session.scalars(select(Company).order_by(Company.name_key))
    return [(one.id, str(one.name)) for one in rows if targets.may_set(one.id)]
