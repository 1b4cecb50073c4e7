"""The journal of a record in words, for the History tab and for two editors of one record."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from flask_appbuilder import Model
from flask_babel import gettext as _
from sqlalchemy import Select, inspect, select

from crm.core.actor import current_actor
from crm.core.journal import Journal, history
from crm.core.models import spec_of
from crm.core.models.text import write_instant, written
from crm.core.types import Words
from crm.core.views.list import ListPages
from crm.core.views.pages import Entry
from crm.core.views.shown import zone

Names = Mapping[tuple[type[Any], int], str]  # (table's class, id) → label, of what is visible


class HistoryPages(ListPages):
    """What was changed, by whom, when."""

    def history_of(self, row: Any) -> list[Entry]:
        """The journal of a row, in words; fields that are hidden now are left out."""
        entries = history(self.datamodel.session, row)
        names = self._names_behind(type(row), entries)
        hidden = self.private(row)
        told = (self._entry(type(row), one, names, hidden) for one in entries)
        return [entry for entry in told if entry is not None]

    def _entry(
        self,
        model: type[Any],
        one: Journal,
        names: Names,
        hidden: Sequence[str],
    ) -> Entry | None:
        changes = []
        for name, (before, after) in one.changes.items():
            shown = self._change(model, name, before, after, names)
            if shown is not None and one.action != "created" and name not in hidden:
                changes.append(shown)
        if one.action == "changed" and not changes:
            return None
        who = str(one.user) if one.user is not None else _("Automatic")
        return Entry(who, write_instant(one.at, zone()), action_words(one.action), changes)

    def _change(
        self,
        model: type[Any],
        name: str,
        before: Any,
        after: Any,
        names: Names,
    ) -> tuple[str, str, str] | None:
        root = name.removesuffix("_id")
        if not self.is_visible(root, current_actor()):
            return None
        try:
            spec = spec_of(model, name)
        except KeyError:
            return self._child_change(model, name, before, after, names)
        target = _target_of(model, name)
        texts = [_told(spec, value, target, names) for value in (before, after)]
        return str(spec.label), texts[0], texts[1]

    def _child_change(
        self, model: type[Any], name: str, before: Any, after: Any, names: Names
    ) -> tuple[str, str, str] | None:
        """A change of a line, told as `quote_line.quantity`."""
        child, column = _child_of(model, name)
        if child is None:
            return None
        try:
            spec = spec_of(child, column)
        except KeyError:
            return None
        target = _target_of(child, column)
        texts = [_told(spec, value, target, names) for value in (before, after)]
        return str(spec.label), texts[0], texts[1]

    def _names_behind(self, model: type[Any], entries: Sequence[Journal]) -> Names:
        """The labels of every row that the entries point to: one filtered statement a table."""
        wanted: dict[type[Any], set[int]] = {}
        for one in entries:
            for name, pair in one.changes.items():
                for target, pk in _pointed_at(model, name, pair):
                    wanted.setdefault(target, set()).add(pk)
        names = {}
        for target, ids in wanted.items():
            statement: Select[Any] = select(target).where(target.id.in_(ids))
            for found in self.datamodel.session.scalars(statement).unique():
                names[target, found.id] = str(found)
        return names


def action_words(action: str) -> str:
    """What a journal entry says happened."""
    return {
        "created": _("created this record"),
        "changed": _("changed this record"),
        "deleted": _("put this record in the bin"),
        "restored": _("restored this record"),
    }.get(action, _("removed this record"))


def _child_of(model: type[Any], name: str) -> tuple[type[Any] | None, str]:
    """The class and the column behind `quote_line.quantity`."""
    table, dot, column = name.partition(".")
    for relation in inspect(model).relationships if dot else ():
        if relation.mapper.class_.__tablename__ == table:
            return relation.mapper.class_, column
    return None, column


def _pointed_at(model: type[Any], name: str, pair: Sequence[Any]) -> Iterator[tuple[Any, int]]:
    """The rows that a change names, whose labels are asked for through the filter."""
    child, column = _child_of(model, name)
    target = _target_of(child, column) if child is not None else _target_of(model, name)
    for value in pair:
        if isinstance(value, list):
            yield from ((_class_of(table), pk) for _text, *links in value for table, pk in links)
        elif target is not None and isinstance(value, int):
            yield target, value


@cache
def _class_of(table: str) -> type[Any]:
    mappers = Model.registry.mappers
    return next(m.class_ for m in mappers if getattr(m.local_table, "name", "") == table)


def _target_of(model: type[Any], name: str) -> type[Any] | None:
    mapper = inspect(model)
    if name not in mapper.columns or not mapper.columns[name].foreign_keys:
        return None
    column = mapper.columns[name]
    for relation in mapper.relationships:
        if column in relation.local_columns and not relation.uselist:
            found: type[Any] = relation.mapper.class_
            return found
    return None


def _told(spec: Any, value: Any, target: type[Any] | None, names: Names) -> str:
    """A journaled value in the reader's language."""
    if value is None or value == "":
        return ""
    if target is not None:
        return names.get((target, value), _("Not available"))
    if isinstance(value, list):
        return ", ".join(_item(text, links, names) for text, *links in value)
    return written(spec, _revived(spec, value), zone=zone())


def _item(text: str, links: Sequence[Sequence[Any]], names: Names) -> str:
    """A label, unless it names a row that the reader may not see."""
    hidden = any((_class_of(table), pk) not in names for table, pk in links)
    return _("Not available") if hidden else text


def _revived(spec: Any, value: Any) -> Any:
    """The Python value behind its JSON form."""
    match spec.kind:
        case "date":
            return date.fromisoformat(value)
        case "instant" | "next":
            return datetime.fromisoformat(value)
        case "money" | "decimal" | "percent":
            return Decimal(value)
        case "translated":
            return Words(value)
        case _:
            return value
