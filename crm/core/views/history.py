"""The journal of a record as text, for the History tab and for conflicts."""

from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import groupby
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from flask_appbuilder import Model
from flask_babel import format_date
from flask_babel import gettext as _
from sqlalchemy import Select, inspect, select

from crm.core.actor import current_actor
from crm.core.journal import Journal, history
from crm.core.merging import MERGED_NAMES, MOVED
from crm.core.models import find_spec, kinds, spec_of
from crm.core.models.fields import link_behind
from crm.core.models.text import days_until, format_day
from crm.core.views.base import views_of
from crm.core.views.display import zone
from crm.core.views.list import ListPages
from crm.core.views.pages import HistoryEntry

ICONS = {
    "created": "plus",
    "deleted": "trash",
    "restored": "restore",
    "purged": "trash",
    "merged": "git-merge",
}
SHOWN = 100  # names of one sort that an entry shows
WHOLE = ("created", "purged")  # actions that record the whole row: no change to show
Names = Mapping[tuple[type[Any], int], str]  # (table's class, id) → label, of what is visible
Told = tuple[str, str, str]  # label, before, after


class HistoryPages(ListPages):
    """What was changed, by whom, when."""

    # Column → the icon of an entry that changed it, in the order of their importance.
    journal_icons: ClassVar[Mapping[str, str]] = {"owner_id": "user-check"}

    def history_of(self, row: Any) -> list[HistoryEntry]:
        """The journal of a row as text, without the fields that are hidden now."""
        entries = history(self.datamodel.session, row)
        names = self._names_behind(type(row), entries)
        hidden = self.hidden_fields(row)
        merged = _merged_names(entries)
        acts = groupby(entries, lambda one: (one.act_id or one.id, one.row_id))
        found = []
        for (__, row_id), act in acts:
            entry = self._entry(type(row), list(act)[::-1], names, hidden)
            if entry is not None:
                entry.about = merged.get(row_id, "")
                found.append(entry)
        return found

    def _entry(
        self,
        model: type[Any],
        act: Sequence[Journal],
        names: Names,
        hidden: Sequence[str],
    ) -> HistoryEntry | None:
        """The entry for one transaction, which may have several journal rows."""
        action = next((one.action for one in act if one.action != "changed"), "changed")
        changes: list[Told] = []
        for one in act if action not in WHOLE else ():
            for name, (before, after) in one.changes.items():
                if name not in hidden:
                    changes += self._changes(model, name, before, after, names)
        if action == "changed" and not changes:
            return None
        last = act[-1]
        who = str(last.user) if last.user is not None else _("Automatic")
        local = last.at.astimezone(ZoneInfo(zone()))
        names_changed = {name for one in act for name in one.changes}
        return HistoryEntry(
            who=who,
            date=local.date(),
            day=day_words(local),
            time=f"{local:%H:%M}",
            icon=self._icon(action, names_changed),
            action_text=action_words(action),
            changes=changes,
        )

    def _icon(self, action: str, names: Container[str]) -> str:
        """The icon of an entry: of its action, else of the first changed field that has one."""
        found = (icon for name, icon in self.journal_icons.items() if name in names)
        return ICONS.get(action) or next(found, "pencil")

    def _changes(
        self,
        model: type[Any],
        name: str,
        before: Any,
        after: Any,
        names: Names,
    ) -> list[Told]:
        """(label, before, after) of a field or a line, without fields that are hidden now."""
        relation, dot, __ = name.partition(".")
        if not self.is_visible(relation.removesuffix("_id"), current_actor()):
            return []
        if dot:
            return list(self._line_changes(model, relation, (before, after), names))
        if name == MERGED_NAMES:
            return [(_("Merged records"), "", ", ".join(text for text, *__ in after))]
        if name.startswith(MOVED):
            return _moved_links(name, after, names)
        spec = find_spec(model, name)
        if spec is None:
            return []
        target = _target_of(model, name)
        texts = [_told(spec, value, target, names) for value in (before, after)]
        if texts[0] == texts[1] and spec.kind is kinds.RICH_TEXT:
            texts = ["", _("other formatting")]
        return [(str(spec.label), texts[0], texts[1])]

    def _line_changes(
        self, model: type[Any], relation: str, sides: Sequence[Any], names: Names
    ) -> Iterator[Told]:
        """A line added or removed, by its name; of a changed line, each changed column."""
        label = str(spec_of(model, relation).label)
        texts = [_item(side["label"], side["links"], names) if side else "" for side in sides]
        if not all(sides):
            yield label, texts[0], texts[1]
            return
        line = inspect(model).relationships[relation].mapper.class_
        before, after = (side["values"] for side in sides)
        for name in after:
            spec = find_spec(line, name)
            if spec is None:
                continue  # the position among the lines
            target = _target_of(line, name)
            values = [_told(spec, side.get(name), target, names) for side in (before, after)]
            place = ", ".join(part for part in (label, texts[1], str(spec.label)) if part)
            yield place, values[0], values[1]

    def _names_behind(self, model: type[Any], entries: Sequence[Journal]) -> Names:
        """The labels of the rows that the entries link to: one filtered statement a table."""
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


def day_words(local: datetime) -> str:
    """Today, yesterday or the day of the week, with the date."""
    day, ago = format_day(local.date()), -days_until(local)
    if ago <= 1:
        name = _("Yesterday") if ago else _("Today")
        return f"{name}, {day}"
    weekday = format_date(local, "EEEE", rebase=False)
    return f"{weekday[:1].upper()}{weekday[1:]} {day}"


def action_words(action: str) -> str:
    """The label of an action of the journal."""
    return {
        "created": _("created this record"),
        "changed": _("changed this record"),
        "deleted": _("moved this record to the bin"),
        "restored": _("restored this record"),
        "merged": _("merged other records into this one"),
    }.get(action, _("removed this record"))


def _merged_names(entries: Sequence[Journal]) -> Mapping[int, str]:
    """id → name of the records that were merged into this one, as its journal called them then."""
    pairs = (one.changes[MERGED_NAMES] for one in entries if MERGED_NAMES in one.changes)
    return {link[1]: text for pair in pairs for text, link in pair[1]}


def _moved_links(name: str, items: Sequence[Any], names: Names) -> list[Told]:
    """The names of the records whose links a merge moved, those that the reader may read."""
    view = next(iter(views_of(_class_of(name.removeprefix(MOVED)))), None)
    seen = [item for item in items[:SHOWN] if not _is_hidden(item[1:], names)]
    if view is None or not seen:
        return []
    texts = [text for text, *__ in seen]
    more = ["…"] if len(items) > SHOWN else []
    return [(view.words("list_title"), "", ", ".join([*texts, *more]))]


def _pointed_at(model: type[Any], name: str, pair: Sequence[Any]) -> Iterator[tuple[Any, int]]:
    """(model, id) of the rows that a change links to."""
    relation, dot, __ = name.partition(".")
    if dot:
        relations = inspect(model).relationships
        line = relations[relation].mapper.class_ if relation in relations else None
        for side in pair if line is not None else ():
            yield from _pointed_at_by_line(line, side)
        return
    target = _target_of(model, name)
    for value in pair:
        if isinstance(value, list):
            shown = value[:SHOWN] if name.startswith(MOVED) else value
            yield from ((_class_of(table), pk) for _text, *links in shown for table, pk in links)
        elif target is not None and isinstance(value, int):
            yield target, value


def _pointed_at_by_line(line: Any, side: Any) -> Iterator[tuple[Any, int]]:
    if side is None:
        return
    yield from ((_class_of(table), pk) for table, pk in side["links"])
    for name, value in side["values"].items():
        target = _target_of(line, name)
        if target is not None and value is not None:
            yield target, value


@cache
def _class_of(table: str) -> type[Any]:
    mappers = Model.registry.mappers
    return next(m.class_ for m in mappers if getattr(m.local_table, "name", "") == table)


def _target_of(model: type[Any], name: str) -> type[Any] | None:
    link = link_behind(inspect(model), name)
    return link.mapper.class_ if link is not None else None


def _told(spec: Any, value: Any, target: type[Any] | None, names: Names) -> str:
    """A journaled value in the reader's language."""
    if value is None or value == "":
        return ""
    if target is not None:
        return names.get((target, value), _("Not available"))
    if isinstance(value, list):
        return ", ".join(_item(text, links, names) for text, *links in value)
    return spec.write(spec.revive(value), zone())


def _item(text: str, links: Sequence[Sequence[Any]], names: Names) -> str:
    """The label of a linked row, or that it is not available to the reader."""
    return _("Not available") if _is_hidden(links, names) else text


def _is_hidden(links: Sequence[Sequence[Any]], names: Names) -> bool:
    return any((_class_of(table), pk) not in names for table, pk in links)
