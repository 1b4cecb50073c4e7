"""Write the rows of one batch, after checking them again under the lock."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnDefault, func, inspect, select, text
from sqlalchemy.orm import Mapper, Session

from crm.core.datamodel.bulk import Number
from crm.core.db import batches
from crm.core.errors import DomainError
from crm.core.models import Child, key_of
from crm.core.models.checks import CHECKED, update_folded
from crm.core.models.kinds import to_json
from crm.core.transfer import runs
from crm.core.transfer.children import list_of
from crm.core.transfer.drafts import Draft, Ref, changed_columns, refs
from crm.core.transfer.links import Finder
from crm.core.transfer.prechecks import find_refusals
from crm.core.transfer.spool import CheckedLine
from crm.core.types import TranslatedText

Batch = Sequence[tuple[CheckedLine, list[Any]]]  # each line with its new rows


class Insertion:
    """Writes one batch, in a session that holds nothing else."""

    def __init__(
        self, session: Session, run_id: int, batch: Batch, next_text: Callable[[Number], str]
    ) -> None:
        self.session = session
        self.run_id = run_id
        self.batch = batch
        self.next_text = next_text
        self.refused: dict[int, DomainError] = {}
        self.rows: dict[Ref, Any] = {}  # referenced rows and rows to update
        self.entries: list[dict[str, Any]] = []

    def run(self) -> dict[int, DomainError]:
        """Write the lines that are still valid. Returns the errors of the others by line."""
        self.session.info[runs.WRITING] = self.run_id
        try:
            return self._run()
        finally:
            del self.session.info[runs.WRITING]

    def _run(self) -> dict[int, DomainError]:
        with self.session.no_autoflush:
            self.refused = find_refusals(
                self.session, {line.number: line.drafts for line, _rows in self.batch}
            )
            self._read_targets()
            self._refuse_lost()
            good = [(line, made) for line, made in self.batch if line.number not in self.refused]
            self._make_words(good)
            changes = [self._apply(line, made) for line, made in good]
            self._add([row for _line, made in good for row in made if row is not None])
        self._flush()
        for function, arguments in dict.fromkeys(
            call for line, _rows in good for call in line.later
        ):
            function(*arguments)
        self._note(good, changes)
        return self.refused

    # What the lines point to ────────────────────────────────────────────────────────────────────

    def _read_targets(self) -> None:
        wanted: dict[type[Any], set[int]] = defaultdict(set)
        lines: list[int] = []
        for line, made in self.batch:
            self.rows["line", line.number] = made[0]
            for ref in refs(line.drafts):
                if ref[0] == "row":
                    wanted[ref[1]].add(ref[2])
                elif ref[0] == "line":
                    lines.append(ref[1])
            for draft in line.drafts:
                if draft.pk is not None:
                    wanted[draft.model].add(draft.pk)
        for model, pks in wanted.items():
            self._read(model, sorted(pks))
        self._read_lines([number for number in lines if ("line", number) not in self.rows])

    def _read(self, model: type[Any], pks: list[int]) -> None:
        for part in batches(pks):
            for row in self.session.scalars(select(model).where(model.id.in_(part))).unique():
                self.rows["row", model, row.id] = row

    def _read_lines(self, numbers: list[int]) -> None:
        """Load the records that earlier batches created from these lines."""
        if not numbers:
            return
        model = self.batch[0][0].drafts[0].model
        found = runs.rows_of_lines(self.session, self.run_id, model.__tablename__, numbers)
        self._read(model, sorted(found.values()))
        for number, pk in found.items():
            if ("row", model, pk) in self.rows:
                self.rows["line", number] = self.rows["row", model, pk]

    def _refuse_lost(self) -> None:
        """Refuse lines with a link to a row or a line that is gone; parents come first."""
        for line, _made in self.batch:
            for ref in self._needed(line.drafts):
                if ref not in self.rows or (ref[0] == "line" and ref[1] in self.refused):
                    message = _("A record that this one links to no longer exists.")
                    self.refused.setdefault(line.number, DomainError(message))

    def _needed(self, drafts: Sequence[Draft]) -> Iterator[Ref]:
        yield from (ref for ref in refs(drafts) if ref[0] != "word")
        yield from (("row", one.model, one.pk) for one in drafts if one.pk is not None)

    def _make_words(self, good: Batch) -> None:
        """Create new values of vocabularies, unless they were added meanwhile."""
        words = {ref: line for line, _made in good for ref in refs(line.drafts) if ref[0] == "word"}
        for ref, line in words.items():
            _word, model, language, text_ = ref
            finder = Finder(model, "name", company_id=None)
            finder.prepare([text_])
            if finder.is_known(text_):
                self.rows[ref] = finder.find(text_)
                continue
            self.rows[ref] = row = model(name=TranslatedText({language: text_}))
            self.session.add(row)
            self.session.flush()
            self.entries.append(self._entry(line.number, row, "created"))

    # Rows ───────────────────────────────────────────────────────────────────────────────────────

    def _apply(self, line: CheckedLine, made: list[Any]) -> list[tuple[Any, dict[str, Any]]]:
        """Fill in links to other rows. Returns the changed rows, with their values before."""
        changed = []
        for draft, new in zip(line.drafts, made, strict=True):
            row = new if new is not None else self.rows["row", draft.model, draft.pk]
            before: dict[str, Any] = {}
            if new is None:
                before = {name: to_json(getattr(row, name)) for name in changed_columns(draft)}
                changed.append((row, before))
            for name, value in draft.values.items():
                if isinstance(value, Number):
                    setattr(row, name, self.next_text(value))
                elif new is None:
                    setattr(row, name, value)
            self._belong(new, line.drafts[0])
            for name, ref in draft.links.items():
                if ref[0] != "draft":
                    setattr(row, name, self.rows[ref])
            if any(isinstance(value, Number) for value in draft.values.values()):
                update_folded(row)  # the reference is known only now, and is searched
            for name, (added, removed) in draft.lists.items():
                before[name] = self._list(getattr(row, name), added, removed, made)
        return changed

    def _belong(self, new: Any, parent: Draft) -> None:
        """Give a new child row of a stored record its parent, in whose journal it is told."""
        if not isinstance(new, Child) or parent.pk is None:
            return
        owner: Any = inspect(new).mapper.relationships[new.__parent__]
        if owner.mapper.class_ is parent.model and getattr(new, key_of(owner)) == parent.pk:
            setattr(new, owner.key, self.rows["row", parent.model, parent.pk])

    def _list(self, rows: list[Any], added: list[Ref], removed: list[Ref], made: list[Any]) -> Any:
        """Change a list. Returns what was added and removed, for undo."""
        more = [made[ref[1]] if ref[0] == "draft" else self.rows[ref] for ref in added]
        less = [self.rows[ref] for ref in removed]
        more, less = [row for row in more if row not in rows], [row for row in less if row in rows]
        rows.extend(more)
        for row in less:
            rows.remove(row)
        return (more, less)

    def _add(self, rows: list[Any]) -> None:
        """Add rows to the session with their ids: those with the same columns are one INSERT."""
        tables: dict[Mapper[Any], dict[frozenset[str], list[Any]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for row in rows:
            state = inspect(row)
            for name, value in _defaults(state.mapper):
                if name not in state.dict:
                    setattr(row, name, value)
            tables[state.mapper][frozenset(state.dict)].append(row)
        for mapper, shapes in tables.items():
            alike = [row for shape in shapes.values() for row in shape]
            for row, pk in zip(
                alike, _keys(self.session, mapper.local_table, len(alike)), strict=True
            ):
                row.id = pk
            self.session.add_all(alike)

    def _flush(self) -> None:
        """Flush without validation, which was done before."""
        self.session.info[CHECKED] = True
        try:
            self.session.flush()
        finally:
            del self.session.info[CHECKED]

    # What was done ──────────────────────────────────────────────────────────────────────────────

    def _note(self, good: Batch, changes: list[list[tuple[Any, dict[str, Any]]]]) -> None:
        created = 0
        for (line, made), changed in zip(good, changes, strict=True):
            if made[0] is not None:
                created += 1
                self.entries.append(self._entry(line.number, made[0], "created"))
            for row, before in changed:
                if hasattr(row, "row_version"):
                    kept = {name: _ids(value) for name, value in before.items()}
                    kept |= _children_before(row, made, changed)
                    self.entries.append(self._entry(line.number, row, "updated", kept))
        counts = {"created": created, "updated": len(good) - created}
        runs.note(self.session, self.run_id, self.entries, **counts)

    def _entry(self, line: int, row: Any, action: str, before: Any = None) -> dict[str, Any]:
        return {
            "import_id": self.run_id,
            "line": line,
            "kind": row.__tablename__,
            "row_id": row.id,
            "action": action,
            "version": row.row_version,
            "before": before,
        }


def _ids(value: Any) -> Any:
    """Of a list, the keys of what was added and removed: new rows have them by now."""
    return [[row.id for row in rows] for rows in value] if isinstance(value, tuple) else value


def _children_before(
    row: Any, made: Sequence[Any], changed: Sequence[tuple[Any, dict[str, Any]]]
) -> dict[str, Any]:
    """list of child rows → the ids of those added, and what was changed of others, by id."""
    lists: dict[str, dict[str, Any]] = defaultdict(lambda: {"added": [], "changed": {}})
    for child in made:
        if (relation := list_of(child)) and getattr(child, child.__parent__) is row:
            lists[relation]["added"].append(child.id)
    for child, before in changed:
        if (relation := list_of(child)) and getattr(child, child.__parent__) is row:
            lists[relation]["changed"][str(child.id)] = before
    return lists


@cache
def _defaults(mapper: Mapper[Any]) -> tuple[tuple[str, Any], ...]:
    """The columns whose default is one value, which would otherwise be read back."""
    return tuple(
        (mapper.get_property_by_column(column).key, column.default.arg)
        for column in mapper.columns
        if isinstance(column.default, ColumnDefault) and column.default.is_scalar
    )


def _keys(session: Session, table: Any, how_many: int) -> list[int]:
    """Ids for new rows, allocated at once, so that INSERTs need not return them."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":  # safe: the write lock is held
        last = connection.scalar(select(func.coalesce(func.max(table.c.id), 0)))
        return list(range(last + 1, last + 1 + how_many))
    numbers = text(
        "SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :how_many)"
    )
    return list(connection.scalars(numbers, {"name": table.name, "how_many": how_many}))
