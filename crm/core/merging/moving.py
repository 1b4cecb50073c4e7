"""Move every link to the losers, in as many statements for ten thousand rows as for ten."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Table, case, delete, exists, null, select, update
from sqlalchemy.orm import Session

from crm.core.journal import record_changes
from crm.core.merging.pointers import MERGED, Pointer, UniqueSet, pointers_to, unique_sets

Moved = dict[str, list[int]]  # table of records → ids of those whose link moved


class Move:
    """The move of all links from `losers`, in the order of their rank, to `kept`."""

    def __init__(self, session: Session, model: type[Any], kept: Any, losers: Sequence[Any]):
        self.session = session
        self.model = model
        self.kept = kept
        self.labels = {row.id: str(row) for row in (kept, *losers)}
        self.losers = [row.id for row in losers]
        self.ids = [kept.id, *self.losers]
        self.moved: Moved = {}

    def run(self) -> Moved:
        """Move them. Returns the records that had one, or a child with one."""
        for pointer in pointers_to(self.model):
            if pointer.is_record:
                self._move_records(pointer)
                continue
            for one in unique_sets(pointer.column):
                self._unite(pointer, one)
            if pointer.parent is not None and pointer.parent is not self.model:
                self._move_children(pointer)
            else:
                self._set(pointer)
        return self.moved

    def _set(self, pointer: Pointer, *where: ColumnElement[bool], **also: Any) -> None:
        values = {pointer.column.name: self.kept.id, **also}
        changed = update(pointer.table).where(self._theirs(pointer), *where)
        self.session.execute(changed.values(values))

    def _theirs(self, pointer: Pointer) -> ColumnElement[bool]:
        return pointer.column.in_(self.losers)

    def _unite(self, pointer: Pointer, unique: UniqueSet) -> None:
        """Delete what would be a double of a row of the kept record, or of an earlier loser."""
        table = pointer.table
        other = table.alias("other")
        same = [other.c[column.name] == column for column in unique.others]
        if unique.is_live:
            same += [other.c.deleted_at.is_(None), table.c.deleted_at.is_(None)]
        mine, theirs = pointer.column, other.c[pointer.column.name]
        earlier = theirs.in_(self.ids) & (self._rank(theirs) < self._rank(mine))
        double = exists(select(1).select_from(other).where(earlier, *same))
        self.session.execute(delete(table).where(self._theirs(pointer), double))

    def _rank(self, column: ColumnElement[Any]) -> ColumnElement[int]:
        return case({pk: rank for rank, pk in enumerate(self.ids)}, value=column)

    # Journaled by name ──────────────────────────────────────────────────────────────────────────

    def _move_records(self, pointer: Pointer) -> None:
        table = pointer.table
        others = [table.c.id.not_in(self.ids)] if table is self.model.__table__ else []
        if others:
            self._set_among(pointer)
            if pointer.column.name == MERGED:
                return
        asked = select(table.c.id, table.c.row_version, *_company(table))
        asked = asked.add_columns(pointer.column.label("before"))
        found = self._read(asked.where(self._theirs(pointer), *others).order_by(table.c.id))
        if not found:
            return
        self._set(pointer, *others, row_version=table.c.row_version + 1)
        key = pointer.column.name
        self._record(table, ((row, {key: [row.before, self.kept.id]}) for row in found))

    def _set_among(self, pointer: Pointer) -> None:
        """Links of losers to each other, and of what was merged into them before.

        These rows were not edited. What the kept record points to is one of its values.
        """
        table = pointer.table.c
        quiet = {"changed_on": table.changed_on, "changed_by_id": table.changed_by_id}
        if pointer.column.name == MERGED:
            self._set(pointer, **quiet)
        else:
            self._set(pointer, table.id.in_(self.losers), **quiet)

    def _move_children(self, pointer: Pointer) -> None:
        """The rows of other records' lists: those records were changed, and say how."""
        child, key, parent = pointer.table, pointer.to_parent, pointer.record.__table__
        asked = select(parent.c.id, parent.c.row_version, *_company(parent))
        asked = asked.add_columns(child.c.id.label("line"), pointer.column.label("before"))
        asked = asked.select_from(child).join(parent, key == parent.c.id)
        found = self._read(asked.where(self._theirs(pointer)).order_by(parent.c.id))
        if not found:
            return
        holders = parent.c.id.in_(select(key).where(self._theirs(pointer)))
        bumped = update(parent).where(holders).values(row_version=parent.c.row_version + 1)
        self.session.execute(bumped)
        self._set(pointer)
        name = _list_of(pointer)
        if name:
            self._record(parent, self._lines(pointer, name, found))
        else:
            self.moved.setdefault(parent.name, []).extend(row.id for row in found)

    def _lines(
        self, pointer: Pointer, name: str, found: Sequence[Row[Any]]
    ) -> Iterator[tuple[Row[Any], dict[str, list[Any]]]]:
        column, table = pointer.column.name, self.model.__tablename__
        for row in found:
            sides = [
                {"label": self.labels[pk], "links": [[table, pk]], "values": {column: pk}}
                for pk in (row.before, self.kept.id)
            ]
            yield row, {f"{name}.{row.line}": sides}

    def _record(self, table: Table, changed: Any) -> None:
        moved = self.moved.setdefault(table.name, [])
        entries = []
        for row, changes in changed:
            moved.append(row.id)
            entries.append((row.id, row.row_version + 1, row.company_id, changes))
        record_changes(self.session, table.name, entries)

    def _read(self, statement: Any) -> Sequence[Row[Any]]:
        found: Sequence[Row[Any]] = self.session.execute(statement).all()
        return found


def _company(table: Table) -> list[ColumnElement[Any]]:
    """The company of the rows; NULL where the table has none."""
    column = table.c.get("company_id")
    return [column if column is not None else null().label("company_id")]


def _list_of(pointer: Pointer) -> str:
    """The list of the parent that has the row; "" where it has none."""
    relation = pointer.owner.__mapper__.relationships[pointer.owner.__parent__]  # type: ignore[union-attr]  # a child
    return str(relation.back_populates or "")
