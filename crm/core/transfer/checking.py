"""Create the rows of a file's lines and validate them, without writing and without a lock.

Invalid lines are reported and left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import inspect

from crm.core.datamodel import DataModel
from crm.core.datamodel.bulk import SESSION_RULES, Bulk, Claim
from crm.core.datamodel.defaults import current_user
from crm.core.errors import DomainError
from crm.core.models.checks import validate_flush
from crm.core.pacing import Pace
from crm.core.transfer.claims import Claims
from crm.core.transfer.doubles import CREATE, LINK, SKIP, FindDoubles, told
from crm.core.transfer.drafts import drafts_of, mark_saved
from crm.core.transfer.entries import EntryReader, ImportEntry
from crm.core.transfer.fields import explained
from crm.core.transfer.links import REF
from crm.core.transfer.mapping import ImportMap
from crm.core.transfer.prechecks import find_refusals
from crm.core.transfer.report import Report
from crm.core.transfer.sheet import Sheet
from crm.core.transfer.spool import CheckedLine, Spool
from crm.core.transfer.telling import tell_changes
from crm.core.transfer.values import ValueReader


class Checker:
    """Validates one file, line by line, into a spool."""

    def __init__(
        self,
        datamodel: DataModel,
        sheet: Sheet,
        mapping: ImportMap,
        values: ValueReader,
        bulk: Bulk,
        spool: Spool,
        report: Report,
    ) -> None:
        self.datamodel = datamodel
        self.mapping = mapping
        self.values = values
        self.bulk = bulk
        self.spool = spool
        self.report = report
        self.session = datamodel.session
        self.pace = Pace()
        # A strong reference, else the session would read it again for each batch.
        self.me = current_user()
        self.waiting: list[ImportEntry] = []  # lines that link to a record of another line
        self.entries = EntryReader(sheet, mapping, values, spool, report, self.refuse)
        self.claims = Claims(spool, values)
        self.find_doubles: FindDoubles | None = None
        values.own = self.claims.stand_ins
        values.make_finders(mapping.rules)

    def run(self) -> None:
        """Check every line; then, repeatedly, those that link to a record of another line."""
        with self.session.no_autoflush:
            for batch in self.entries.batches(self.entries.read()):
                self._take(batch)
            while waiting := self.waiting:
                self.waiting = []
                for batch in self.entries.batches(iter(waiting)):
                    self._take(batch)
                if len(self.waiting) == len(waiting):
                    break
        for entry in self.waiting:
            self.refuse(entry.number, self.values.unknown_link(entry.cells))

    def _take(self, batch: Sequence[ImportEntry]) -> None:
        self.values.prepare([entry.cells for entry in batch])
        made: dict[int, CheckedLine] = {}
        claims: dict[int, list[Claim]] = {}
        for entry in self._found(batch):
            self.pace.rest()
            if self.values.waits(entry.cells):
                self.waiting.append(ImportEntry(entry.number, entry.cells, entry.key))
            elif (ready := self._made(entry)) is not None:
                made[entry.number], claims[entry.number] = ready, list(self.bulk.claims)
        self._meet_doubles({entry.number: entry for entry in batch}, made, claims)
        refused = find_refusals(self.session, {n: ready.drafts for n, ready in made.items()})
        keys = {entry.number: entry.key for entry in batch}
        for number, ready in made.items():
            error = refused.get(number) or self.claims.take(ready, claims[number])
            if error is not None:
                self.refuse(number, error)
            else:
                self.spool.put(ready)
                if ready.told:
                    self.report.tell_change(number, ready.told)
                self.claims.keep(ready, keys[number])

    def _meet_doubles(
        self,
        entries: Mapping[int, ImportEntry],
        made: dict[int, CheckedLine],
        claims: dict[int, list[Claim]],
    ) -> None:
        """Do with the lines that look like a record of the database what the map says."""
        what = self.mapping.double
        if what is None or self.find_doubles is None:
            return
        new = {number: ready.drafts for number, ready in made.items() if ready.drafts[0].pk is None}
        for number, double in self.find_doubles(new).items():
            self.report.tell_double(number, told(double, what))
            if what == CREATE:
                continue
            del made[number], claims[number]
            first = self.spool.claim("double", str(double.row.id), number)
            if what == SKIP or first != number:
                self.report.skipped += 1
                continue
            entry = entries[number]
            entry.row, entry.takes_key = double.row, what == LINK
            if (ready := self._made(entry)) is not None:
                made[number], claims[number] = ready, list(self.bulk.claims)

    def _found(self, batch: Sequence[ImportEntry]) -> Iterator[ImportEntry]:
        """The entries to create or update, each with its existing row, if any."""
        if self.mapping.key is None:
            yield from batch
            return
        known = self.values.existing(self.mapping.key, [entry.key for entry in batch])
        if self.mapping.found == "update":
            self.values.load_lists(known.rows())
        for entry in batch:
            try:
                entry.row = known.find(entry.key) if known.is_known(entry.key) else None
            except ValueError as error:
                self.refuse(entry.number, DomainError(str(error), field=self.mapping.key))
                continue
            first = self.spool.holder("key", entry.key)
            if self.mapping.found == "skip" and (entry.row is not None or first is not None):
                self.report.skipped += 1
            elif first is not None:
                message = _("Line %(number)s already has this value.", number=first)
                self.refuse(entry.number, DomainError(message, field=self.mapping.key))
            else:
                yield entry

    def _made(self, entry: ImportEntry) -> CheckedLine | None:
        """Create the rows of the entry by the services and validate them; None where refused."""
        version = getattr(entry.row, "row_version", None)
        self.bulk.begin()
        try:
            with self._simulated():
                self._save(entry)
                self._check()
                told = self._told(entry.row)
                drafts = drafts_of(self.session, entry.row, version, self.bulk.numbers)
        except DomainError as error:
            self.refuse(entry.number, error)
            return None
        if not drafts:
            self.report.skipped += 1  # the row has these values already
            return None
        return CheckedLine(entry.number, drafts, list(self.bulk.later), told)

    def _told(self, row: Any) -> str:
        """What the line changes of `row`, in words; of interest in a preview only."""
        if row is None or not self.report.is_preview:
            return ""
        new, changed = [*self.session.new], [*self.session.dirty]
        return tell_changes(row, new, changed, self.values.zone)

    def _save(self, entry: ImportEntry) -> None:
        cells = entry.cells
        if entry.takes_key:
            self.datamodel.update(entry.row, self._key_for(entry))
            return
        values = {**self.values.of(cells, entry.row), **self.values.made(cells)}
        if entry.row is None:
            self.datamodel.create(values)
        else:
            if self.mapping.key == REF and entry.row.external_ref is not None:
                values.pop(REF, None)  # the row has it, unless it was found by that of a merged one
            self.datamodel.update(entry.row, values)

    def _key_for(self, entry: ImportEntry) -> dict[str, str]:
        """The external reference for a double. Raises DomainError where it has another one."""
        if entry.row.external_ref not in (None, entry.key):
            message = _("“%(record)s” has another external reference.", record=entry.row)
            raise DomainError(message, field=REF)
        return {REF: entry.key}

    def _check(self) -> None:
        """The checks of a flush for these rows; placeholders were checked when they were made."""
        for row in list(self.session.new):
            if inspect(row).info:
                self.session.expunge(row)
        validate_flush(self.session, None, None)
        for rule in SESSION_RULES:
            rule(self.session)

    @contextmanager
    def _simulated(self) -> Iterator[None]:
        """Leave the session as after a flush of the line or, on an error, as before."""
        is_right = False
        try:
            yield
            is_right = True
        finally:
            for row in list(self.session.new):
                if row in self.session:
                    self.session.expunge(row)
            for row in list(self.session.dirty):
                if is_right:
                    mark_saved(self.session, row)
                else:
                    self.session.expire(row)

    def refuse(self, number: int, error: DomainError) -> None:
        self.report.refuse(number, explained(error, self.datamodel.obj, self.mapping))
