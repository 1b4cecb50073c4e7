"""The menu: the entries that the actor may open, and the counts of their own open rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from flask import current_app, url_for
from sqlalchemy import CompoundSelect, select

from crm.core.actor import Actor, SavedLink
from crm.core.datamodel.counting import count_all, read_counts
from crm.core.db import db
from crm.core.models import Label
from crm.core.models.text import format_number
from crm.core.views.base import Preset


@dataclass(frozen=True)
class MenuEntry:
    """A page of the menu. `mine`: the preset whose rows are counted beside it."""

    view: type[Any]
    api: type[Any] | None = None
    group: Label = ""
    group_icon: str = ""
    label: Label = ""
    mine: str = ""
    in_bar: bool = False  # among the shortcuts of a phone
    is_created: bool = True  # offered by the "+" of the top bar, where the actor may create one


@dataclass(frozen=True)
class NavItem:
    """One line of the sidebar."""

    label: str
    icon: str
    url: str | None
    current: bool = False
    count: str | None = None
    children: tuple["NavItem", ...] = ()


@dataclass(frozen=True, eq=False)
class MenuLink:
    """An entry with its view and its labels in one language."""

    entry: MenuEntry
    view: Any
    item: NavItem
    group: str
    presets: Mapping[str, NavItem]  # by the key of the preset
    creation: tuple[str, str, str] | None  # label, icon, address


def menu_links(entries: Sequence[MenuEntry], language: str) -> Sequence[MenuLink]:
    """`entries` in `language`; cached for the process, as it depends on nothing else."""
    kept = current_app.extensions.setdefault("crm.nav", {})
    key = (id(entries), language)
    if key not in kept:
        views = {type(view): view for view in current_app.extensions["appbuilder"].baseviews}
        kept[key] = [_door(entry, views[entry.view]) for entry in entries]
    found: Sequence[MenuLink] = kept[key]
    return found


def _door(entry: MenuEntry, view: Any) -> MenuLink:
    presets = {
        preset.key: NavItem(str(preset.label), "", view.preset_url(preset))
        for preset in getattr(view, "presets", ())
    }
    is_created = entry.is_created and f"{view.endpoint}.add" in current_app.view_functions
    return MenuLink(
        entry,
        view,
        NavItem(str(entry.label or view.list_title), view.icon, menu_url(view)),
        str(entry.group),
        presets,
        (view.words("entity_name"), view.icon, view.url("add")) if is_created else None,
    )


def visible_links(entries: Sequence[MenuEntry], language: str, actor: Actor) -> list[MenuLink]:
    """The entries whose page the actor may open and whose setting is on."""
    return [
        door
        for door in menu_links(entries, language)
        if any(actor.can("read", entity) for entity in _entities(door.view))
        and (door.view.setting is None or actor.is_enabled(door.view.setting))
    ]


def _entities(view: Any) -> Sequence[str]:
    """The entities of which one has to be read to open a page."""
    return getattr(view, "entities", ()) or (view.class_permission_name,)


def items(
    found: Sequence[MenuLink], here: str, counts: Mapping[str, int], actor: Actor
) -> list[NavItem]:
    """The lines of the sidebar, in their groups; `here` is the endpoint of the current one."""
    lines: list[NavItem] = []
    for door in found:
        line = item(door, here, counts, actor)
        if not door.group:
            lines.append(line)
        elif lines and lines[-1].url is None and lines[-1].label == door.group:
            lines[-1] = replace(lines[-1], children=(*lines[-1].children, line))
        else:
            lines.append(NavItem(door.group, door.entry.group_icon, None, children=(line,)))
    return lines


def item(door: MenuLink, here: str, counts: Mapping[str, int], actor: Actor) -> NavItem:
    view, count = door.view, counts.get(door.view.endpoint)
    shown = () if door.group else tuple(door.presets[p.key] for p in view_presets(view))
    return replace(
        door.item,
        url=default_url(view, actor) or door.item.url,
        current=view.endpoint == here,
        count=format_number(count) if count else None,
        children=shown,
    )


def default_url(view: Any, actor: Actor) -> str:
    """The URL of the saved filter with which the actor opens a list; "" without one."""
    entity = getattr(view, "entity", "")
    found = (one for one in actor.saved if one.is_default and one.entity == entity)
    return next((_opening(one) for one in found), "")


def saved_items(found: Sequence[MenuLink], actor: Actor, current: str) -> list[NavItem]:
    """The saved filters of the lists of the menu; `current` is the id of the one that is open."""
    entities = {getattr(door.view, "entity", "") for door in found} - {""}
    return [
        NavItem(one.name, "bookmark", _opening(one), str(one.id) == current)
        for one in actor.saved
        if one.entity in entities
    ]


def _opening(saved: SavedLink) -> str:
    return url_for("SavedFilterView.open", pk=saved.id)


def view_presets(view: Any) -> Sequence[Preset]:
    return view.visible_presets() if hasattr(view, "visible_presets") else ()


def menu_url(view: Any) -> str:
    """The URL that the menu links to: the list, or a page's own first method."""
    if getattr(view, "opens_on", ""):
        return str(view.opening_url())
    return url_for(f"{view.endpoint}.{view.default_view}")


def own_counts(found: Sequence[MenuLink], actor: Actor) -> dict[str, int]:
    """How many open rows are the actor's own, per page of the menu, in one statement."""
    counted = _counts(actor, tuple(door for door in found if door.entry.mine))
    return read_counts(db.session(), counted) if counted is not None else {}


@lru_cache(maxsize=200)
def _counts(actor: Actor, counted: tuple[MenuLink, ...]) -> CompoundSelect[Any] | None:
    """The statement of `own_counts`; cached, as every page executes it."""
    asked = {}
    for door in counted:
        view = door.view
        preset = next((p for p in view_presets(view) if p.key == door.entry.mine), None)
        if preset is None:
            continue
        model = view.datamodel.obj
        asked[view.endpoint] = (select(model).where(*view.preset_where(preset)), model)
    return count_all(asked, 1000) if asked else None
