"""CSV import: validates like the form, as a user and with their rights.

Source: spec 4.6.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import inspect, select

from crm.core.actor import Actor, CompanyFacts, Scope, acting_as
from crm.core.datamodel import DataModel
from crm.core.datamodel.bulk import bulk_mode
from crm.core.db import db, renew_statistics, transaction
from crm.core.errors import DomainError, Forbidden, NotFound
from crm.core.transfer import fields, runs
from crm.core.transfer.checking import Checker
from crm.core.transfer.doubles import FindDoubles
from crm.core.transfer.mapping import ImportMap
from crm.core.transfer.report import Report
from crm.core.transfer.runs import ImportRun, State
from crm.core.transfer.sheet import Sheet, open_sheet
from crm.core.transfer.spool import Spool
from crm.core.transfer.values import ValueReader
from crm.core.transfer.writing import Writer
from crm.core.types import utcnow

# Lines above which the database's statistics are renewed.
MANY = 500


@dataclass(frozen=True)
class ImportJob:
    """The arguments of an import: a file into a table of a company, as a user.

    `again` reloads the actor; None where they are no longer active. `switched_off`: field → label
    of the setting that is off.
    """

    entity: str
    datamodel: DataModel
    file: Path
    map_text: str
    company_id: int | None
    actor: Actor
    again: Callable[[], Actor | None]
    switched_off: Callable[[Actor], Mapping[str, str]]
    skip_bad: bool = False
    find_doubles: FindDoubles | None = None
    is_preview: bool = False  # nothing is written


def run_import(order: ImportJob, mapping: ImportMap) -> Report:
    """Import the file: all lines or none; with `skip_bad` all valid lines.

    An interrupted import of the same file is resumed. Raises DomainError for an invalid file or
    map, and without the rights. Two imports must not run at once.
    """
    if mapping.double is not None and order.find_doubles is None:
        message = _("Duplicates are looked for among leads, accounts and contacts only.")
        raise DomainError(fields={"double": message})
    filled = fields.check(mapping, order.datamodel, order.switched_off(order.actor))
    sheet = open_sheet(order.file, encoding=mapping.encoding, separator=mapping.delimiter)
    sheet.require(mapping.file_columns)
    report = Report(is_preview=order.is_preview, notes=[*sheet.notes, *_notes(sheet, mapping)])
    checksum = _checksum(order)
    with Spool() as spool:
        run_id = _resume(order, checksum, spool, report)
        with acting_as(order.actor):
            company = _company(order.datamodel, order.company_id)
            with acting_as(_at(order.actor, company, order.datamodel)), bulk_mode() as bulk:
                values = ValueReader(order.datamodel, filled, company)
                checker = Checker(order.datamodel, sheet, mapping, values, bulk, spool, report)
                checker.find_doubles = order.find_doubles
                checker.run()
        db.session.rollback()
        db.session.expunge_all()
        report.is_written = not order.is_preview and (not report.refused or order.skip_bad)
        if order.is_preview:
            report.created, report.updated = spool.new, spool.count - spool.new
        if report.is_written and (spool.count or run_id is not None):
            run_id = run_id or _begin(order, checksum)
            report.run_id = run_id
            place = partial(_place, order, mapping)
            Writer(spool, run_id, order.again, place, report, checker.refuse).run()
            _end(run_id, report, is_large=spool.count >= MANY)
    return report


def _checksum(order: ImportJob) -> str:
    found = sha256(order.map_text.encode())
    with order.file.open("rb") as file:
        while piece := file.read(1 << 20):
            found.update(piece)
    return found.hexdigest()


def _resume(order: ImportJob, checksum: str, spool: Spool, report: Report) -> int | None:
    """The id of an interrupted import of this file, whose lines are marked as done."""
    session = db.session()
    run = runs.unfinished(session, order.entity, checksum, order.company_id)
    if run is None:
        return None
    done = 0
    for line in runs.written_lines(session, run.id):
        done += 1
        spool.claim("done", str(line), line)
    report.notes.append(
        ngettext(
            "Import %(id)s was interrupted after %(num)s line; it now resumes.",
            "Import %(id)s was interrupted after %(num)s lines; it now resumes.",
            done,
            id=run.id,
        )
    )
    return int(run.id)


def _begin(order: ImportJob, checksum: str) -> int:
    run = ImportRun(
        entity=order.entity,
        file=order.file.name[-255:],
        checksum=checksum,
        map=order.map_text,
        company_id=order.company_id,
        user_id=order.actor.user_id,
    )
    with transaction() as session:
        session.add(run)
        session.flush()
        return run.id


def _end(run_id: int, report: Report, *, is_large: bool) -> None:
    with transaction() as session:
        if is_large:
            renew_statistics(session.connection())
        run = session.get_one(ImportRun, run_id)
        run.state, run.ended_at = State.DONE, utcnow()
        runs.import_finished.send(run, report=report)


def _place(order: ImportJob, mapping: ImportMap, actor: Actor) -> Actor:
    """The actor with the company of the records chosen.

    Raises Forbidden, NotFound, and DomainError where what the map fills was switched off meanwhile.
    """
    fields.check(mapping, order.datamodel, order.switched_off(actor))
    with acting_as(actor):
        return _at(actor, _company(order.datamodel, order.company_id), order.datamodel)


def _notes(sheet: Sheet, mapping: ImportMap) -> Iterator[str]:
    left = [name for name in sheet.header if name and name not in mapping.file_columns]
    if left:
        yield _("Columns missing from the map: %(names)s.", names=", ".join(left))
    if mapping.key is None:
        yield _("The map has no key: importing the same file again creates duplicates.")


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
        raise NotFound(_("This company does not exist."), field="company")
    return company


def _at(actor: Actor, company: Any, datamodel: DataModel) -> Actor:
    """The actor with this company chosen. Raises Forbidden where they may not import there."""
    entity = getattr(datamodel.obj, "__entity__", "users")
    widest = actor.widest_scope("create", entity)
    if widest is Scope.NONE and not actor.can("edit", entity):
        raise Forbidden(_("You are not allowed to import these records."))
    if company is None:
        return actor
    companies = actor.companies
    if actor.company_of(company.id) is None:
        if widest is not Scope.ALL:
            raise Forbidden(_("You are not allowed to import these records."))
        companies = (*companies, _facts(company))
    return replace(actor, companies=companies, active_company_id=company.id)


def _facts(company: Any) -> CompanyFacts:
    names = ("id", "name", "code", "currency", "language", "time_zone", "active")
    facts = {name: getattr(company, name) for name in names}
    kind = str(company.default_account_kind)
    return CompanyFacts(**facts, country=company.country or "", default_account_kind=kind)
