"""Undo an import: delete created rows and restore changed ones, unless they changed since."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_appbuilder import Model
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from crm.core import rows
from crm.core.actor import Actor, acting_as
from crm.core.datamodel import DataModel
from crm.core.db import db, let_others_write, transaction
from crm.core.errors import DomainError, NotFound
from crm.core.journal import was_purged
from crm.core.models import Child, Spec, find_spec, kind_of
from crm.core.models.text import labelled
from crm.core.transfer.runs import ImportRow, ImportRun, State
from crm.core.types import utcnow

AT_ONCE = 25  # rows in a transaction
TOLD = 1_000  # reasons listed in the report


@dataclass
class UndoResult:
    undone: int = 0
    kept: int = 0
    reasons: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The report as text: reasons of kept rows, then the totals."""
        numbers = [ngettext("%(num)s record undone.", "%(num)s records undone.", self.undone)]
        if self.kept:
            numbers.append(ngettext("%(num)s record kept.", "%(num)s records kept.", self.kept))
        return [*self.reasons, *numbers]


class ImportUndo:
    """Undoes one import, the last row first. `datamodel_of` returns the DataModel of a table."""

    def __init__(self, run_id: int, datamodel_of: Callable[[type[Any]], DataModel]) -> None:
        self.run_id = run_id
        self.datamodel_of = datamodel_of
        self.result = UndoResult()
        self.versions: dict[tuple[str, int], int] = {}  # of rows that are partly as before

    def run(self, again: Callable[[], Actor]) -> UndoResult:
        """Undo all rows that can be undone, as the actor whom `again` loads.

        Raises NotFound, or what `again` raises. May be repeated.
        """
        session = db.session()
        if session.get(ImportRun, self.run_id) is None:
            raise NotFound(_("Import %(id)s does not exist.", id=self.run_id))
        last: int | None = None
        while ids := self._next(session, last):
            last = ids[-1]
            with acting_as(again()):
                self._take(ids)
            let_others_write()
        with acting_as(again()):
            self._end()
        return self.result

    def _next(self, session: Session, last: int | None) -> Sequence[int]:
        statement = select(ImportRow.id).where(ImportRow.import_id == self.run_id)
        if last is not None:
            statement = statement.where(ImportRow.id < last)
        return session.scalars(statement.order_by(ImportRow.id.desc()).limit(AT_ONCE)).all()

    def _take(self, ids: Sequence[int]) -> None:
        """Undo these rows in one transaction or, where one fails, one by one."""
        try:
            with transaction() as session:
                for pk in ids:
                    self._undo(session, session.get_one(ImportRow, pk))
        except DomainError as error:
            if error.status >= 500:
                raise
            if len(ids) > 1:
                for pk in ids:
                    self._take([pk])
                return
            self.result.kept += 1
            if len(self.result.reasons) < TOLD:
                entry = db.session.get_one(ImportRow, ids[0])
                sentence = labelled(_("Line %(number)s", number=entry.line), error)
                self.result.reasons.append(sentence)
            return
        self.result.undone += len(ids)

    def _undo(self, session: Session, entry: ImportRow) -> None:
        """Undo one row. Raises DomainError with the reason where it has to be kept."""
        model = _model_of(entry.kind)
        row = self._row(session, model, entry)
        key = (entry.kind, entry.row_id)
        if row.row_version not in (entry.version, self.versions.get(key)):
            raise DomainError(_("“%(record)s” has been changed since.", record=row))
        if entry.action == "created":
            self.datamodel_of(model).remove(row)
        else:
            _put_back(session, row, entry.before or {})
            session.flush()
            self.versions[key] = row.row_version
        session.delete(entry)
        session.flush()

    def _row(self, session: Session, model: type[Any], entry: ImportRow) -> Any:
        action = "delete" if entry.action == "created" else "edit"
        run = session.get_one(ImportRun, self.run_id)
        try:
            if was_purged(session, entry.kind, entry.row_id, run.started_at):
                raise NotFound
            return rows.fetch(session, model, entry.row_id, action)
        except NotFound as error:
            raise DomainError(
                _("The record no longer exists, or you are not allowed to edit it.")
            ) from error

    def _end(self) -> None:
        with transaction() as session:
            run = session.get_one(ImportRun, self.run_id)
            run.state, run.ended_at = State.UNDONE, utcnow()


def _model_of(kind: str) -> type[Any]:
    found: type[Any] = next(
        mapper.class_ for mapper in Model.registry.mappers if mapper.local_table.name == kind
    )
    return found


def _put_back(session: Session, row: Any, before: dict[str, Any]) -> None:
    mapper = inspect(row).mapper
    for name, value in before.items():
        if name in mapper.column_attrs:
            spec = find_spec(type(row), name) or Spec("", kind_of(mapper.columns[name]))
            setattr(row, name, spec.revive(value))
            continue
        target = mapper.relationships[name].mapper.class_
        if issubclass(target, Child):
            _put_children_back(session, row, name, value)
            continue
        added, removed = value
        items = getattr(row, name)
        for item in [one for one in items if one.id in added]:
            items.remove(item)
        items.extend(session.scalars(select(target).where(target.id.in_(removed))))


def _put_children_back(session: Session, row: Any, name: str, value: dict[str, Any]) -> None:
    """Take added child rows away, and put changed ones back."""
    children = {child.id: child for child in getattr(row, name)}
    for pk in value["added"]:
        if pk in children:
            getattr(row, name).remove(children[pk])
    for pk, before in value["changed"].items():
        if int(pk) in children:
            _put_back(session, children[int(pk)], before)
    row.changed_on = utcnow()
