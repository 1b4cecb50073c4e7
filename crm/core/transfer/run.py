"""CSV in: every line through the checks of the form, in somebody's name and within their rights.

Source: spec 4.6.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import inspect, select

from crm.core.actor import Actor, CompanyFacts, Scope, acting_as
from crm.core.datamodel import DataModel
from crm.core.datamodel.bulk import in_bulk
from crm.core.db import transaction
from crm.core.errors import DomainError, Forbidden, NotFound
from crm.core.transfer import fields
from crm.core.transfer.batches import Importer
from crm.core.transfer.mapping import Map
from crm.core.transfer.report import Report
from crm.core.transfer.sheet import Sheet, open_sheet
from crm.core.transfer.values import Values


class _NotWritten(Exception):
    """No error: it rolls back a file in which a line was refused."""


def run_import(
    datamodel: DataModel,
    file: Path,
    mapping: Map,
    company_id: int | None,
    actor: Actor,
    *,
    skip_bad: bool = False,
) -> Report:
    """Import `file` in `actor`'s name: all of it or, with `skip_bad`, all that is right.

    Raises DomainError where file, map or rights make it pointless to begin.
    """
    filled = fields.check(mapping, datamodel)
    sheet = open_sheet(file, encoding=mapping.encoding, separator=mapping.delimiter)
    sheet.require(mapping.file_columns)
    report = Report(notes=[*sheet.notes, *_notes(sheet, mapping)])
    try:
        with acting_as(actor), transaction():
            company = _company(datamodel, company_id)
            with acting_as(_at(actor, company, datamodel)), in_bulk() as bulk, _young_garbage():
                values = Values(datamodel, filled, company)
                Importer(datamodel, sheet, mapping, values, bulk, report).run()
            if report.refused and not skip_bad:
                raise _NotWritten
    except _NotWritten:
        report.created = report.updated = report.skipped = 0
        return report
    report.is_written = True
    return report


@contextmanager
def _young_garbage() -> Iterator[None]:
    """Spare the collector the whole program, through which it would walk with every few batches."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _notes(sheet: Sheet, mapping: Map) -> Iterator[str]:
    left = [name for name in sheet.header if name and name not in mapping.file_columns]
    if left:
        yield _("Columns that the map does not name: %(names)s.", names=", ".join(left))
    if mapping.key is None:
        yield _("The map has no key: the same file imported again makes doubles.")


def _company(datamodel: DataModel, company_id: int | None) -> Any:
    """The company of the records; None for a table that belongs to none."""
    relations = inspect(datamodel.obj).relationships
    if "company" not in relations and "companies" not in relations:
        return None
    if company_id is None:
        raise DomainError(_("Choose a company."), field="company")
    target = relations["company" if "company" in relations else "companies"].mapper.class_
    company = datamodel.session.scalars(select(target).where(target.id == company_id)).first()
    if company is None:
        raise NotFound(_("There is no such company."), field="company")
    return company


def _at(actor: Actor, company: Any, datamodel: DataModel) -> Actor:
    """The actor with this company chosen. Raises Forbidden for whoever has no business there."""
    entity = getattr(datamodel.obj, "__entity__", "users")
    widest = actor.reach("create", entity)
    if widest is Scope.NONE and not actor.can("edit", entity):
        raise Forbidden(_("You may not import these records."))
    if company is None:
        return actor
    companies = actor.companies
    if actor.company_of(company.id) is None:
        if widest is not Scope.ALL:
            raise Forbidden(_("You may not import these records."))
        companies = (*companies, _facts(company))
    return replace(actor, companies=companies, active_company_id=company.id)


def _facts(company: Any) -> CompanyFacts:
    names = ("id", "name", "code", "currency", "language", "time_zone", "active")
    told = {name: getattr(company, name) for name in names}
    kind = str(company.default_account_kind)
    return CompanyFacts(**told, country=company.country or "", default_account_kind=kind)
