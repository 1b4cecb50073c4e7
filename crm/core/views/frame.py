"""What stands around every page: the menu, the top bar, the person's own menu."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, current_app, request, session, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy import func, literal, select, union_all

from crm.core.actor import Actor, current_actor, find_actor
from crm.core.config import languages
from crm.core.db import db
from crm.core.models import Label
from crm.core.models.text import language_name, write_number
from crm.core.unavailable import FRAMELESS
from crm.core.views.base import Preset
from crm.core.views.shown import hue_of, initials


@dataclass(frozen=True)
class Entry:
    """A page of the menu. `mine`: the shipped filter whose rows are counted beside it."""

    view: type[Any]
    api: type[Any] | None = None
    group: Label = ""
    group_icon: str = ""
    label: Label = ""
    mine: str = ""
    in_bar: bool = False  # among the shortcuts of a phone
    is_created: bool = True  # offered by the "+" of the top bar, where the actor may create one


@dataclass
class NavItem:
    """One line of the sidebar."""

    label: str
    icon: str
    url: str | None
    current: bool = False
    count: str | None = None
    children: list["NavItem"] = field(default_factory=list)


@dataclass
class Switcher:
    """One's companies and the chosen one; an item is (label, initials, value, current)."""

    current_label: str
    initials: str
    action: str
    items: list[tuple[str, str, str, bool]]
    several: bool
    hue: str = "blue"


@dataclass
class Frame:
    """The context of templates/core/base.html for somebody who is signed in."""

    nav: list[NavItem]
    nav_section: str
    shortcuts: list[NavItem]
    create_menu: list[tuple[str, str, str]]
    config_url: str
    switcher: Switcher | None
    user_menu: dict[str, Any]


def install(app: Flask, main: Sequence[Entry], config: Sequence[Entry]) -> None:
    """Give every template its frame."""

    @app.context_processor
    def context() -> dict[str, Any]:
        actor = find_actor()
        locale = get_locale()
        common: dict[str, Any] = {
            "actor": actor,
            "locale": locale.language if locale else "en",
            "languages": [(code, language_name(code)) for code in languages()],
            "theme": actor.theme if actor else session.get("theme", ""),
            "home_url": "/",
            "login_url": url_for("LoginView.login"),
        }
        bare = request.headers.get("HX-Request") or request.environ.get(FRAMELESS)
        if actor is None or bare:
            return common
        return common | vars(frame(actor, main, config))


def frame(actor: Actor, main: Sequence[Entry], config: Sequence[Entry]) -> Frame:
    """The frame that `actor` sees now."""
    here = _standing()
    settings = [(entry, view) for entry, view in _open(config)]
    in_config = any(view.endpoint == here for _entry, view in settings)
    entries = list(_open(main))
    counts = {} if in_config else _counts(entries)
    home = NavItem(_("Home"), "home", "/", here == "HomeView")
    items = [home, *_items(entries, here, counts)]
    return Frame(
        nav=_items(settings, here, {}) if in_config else items,
        nav_section="config" if in_config else "main",
        shortcuts=[home, *(_item(e, v, here, {}) for e, v in entries if e.in_bar)][:3],
        create_menu=[
            (view.words("one"), view.icon, view.url("add"))
            for entry, view in entries
            if entry.is_created and hasattr(view, "datamodel") and view.can("create")
        ],
        config_url=_config_url(settings),
        switcher=_switcher(actor),
        user_menu=_user_menu(actor),
    )


def _standing() -> str:
    """The endpoint of the entry that is current: a page without one stands under another's."""
    here = request.blueprint or ""
    views = current_app.extensions["appbuilder"].baseviews
    view = next((view for view in views if view.endpoint == here), None)
    return getattr(view, "under", "") or here


def _open(entries: Sequence[Entry]) -> Iterator[tuple[Entry, Any]]:
    """The entries whose page the actor may open and whose feature is on, with their view."""
    actor = current_actor()
    views = {type(view): view for view in current_app.extensions["appbuilder"].baseviews}
    for entry in entries:
        view = views[entry.view]
        if actor.can("read", view.class_permission_name) and (
            view.setting is None or actor.on(view.setting)
        ):
            yield entry, view


def _items(
    entries: Sequence[tuple[Entry, Any]], here: str, counts: dict[str, int]
) -> list[NavItem]:
    items: list[NavItem] = []
    for entry, view in entries:
        item = _item(entry, view, here, counts)
        if not entry.group:
            items.append(item)
        elif items and items[-1].label == str(entry.group) and items[-1].url is None:
            items[-1].children.append(item)
        else:
            items.append(NavItem(str(entry.group), entry.group_icon, None, children=[item]))
    return items


def _item(entry: Entry, view: Any, here: str, counts: dict[str, int]) -> NavItem:
    count = counts.get(view.endpoint)
    label = str(entry.label or view.list_title)
    item = NavItem(label, view.icon, menu_url(view), view.endpoint == here)
    item.count = write_number(count) if count else None
    if not entry.group:
        item.children = [
            NavItem(str(preset.label), "", preset_url(view, preset))
            for preset in view_presets(view)
        ]
    return item


def view_presets(view: Any) -> Sequence[Preset]:
    return view.shown_presets() if hasattr(view, "shown_presets") else ()


def menu_url(view: Any) -> str:
    """Where the menu leads: the list, or a page's own front."""
    return url_for(f"{view.endpoint}.{view.default_view}")


def preset_url(view: Any, preset: Preset) -> str:
    pairs: dict[str, Any] = {
        f"_flt_{operator}_{name}": list(values) for name, operator, values in preset.filters
    }
    return url_for(f"{view.endpoint}.list", **pairs)


def _counts(entries: Sequence[tuple[Entry, Any]]) -> dict[str, int]:
    """How many open rows are the actor's own, per page of the menu, in one statement."""
    parts = []
    for entry, view in entries:
        preset = (
            next((p for p in view_presets(view) if p.key == entry.mine), None)
            if entry.mine
            else None
        )
        if preset is None:
            continue
        model = view.datamodel.obj
        inner = select(model.id).where(*view.preset_where(preset)).limit(1000).subquery()
        parts.append(
            select(literal(view.endpoint).label("key"), func.count().label("n")).select_from(inner)
        )
    if not parts:
        return {}
    return {row.key: int(row.n) for row in db.session.execute(union_all(*parts))}


def _config_url(settings: Sequence[tuple[Entry, Any]]) -> str:
    return menu_url(settings[0][1]) if settings else ""


def _switcher(actor: Actor) -> Switcher | None:
    if not actor.has_several_companies:
        return None
    chosen = actor.company_of(actor.active_company_id)
    every = _("All my companies")
    items = [
        (c.name, initials(c.name), str(c.id), c is chosen) for c in actor.companies if c.active
    ]
    return Switcher(
        current_label=chosen.name if chosen else every,
        initials=initials(chosen.name) if chosen else "",
        action=url_for("PreferencesView.company"),
        items=[*items, (every, "", "all", chosen is None)],
        several=chosen is None,
    )


def _user_menu(actor: Actor) -> dict[str, Any]:
    return {
        "name": actor.name,
        "initials": initials(actor.name),
        "hue": hue_of(actor.user_id),
        "profile_url": url_for("ProfileView.own"),
        "sign_out_url": url_for("LoginView.logout"),
        "language_url": url_for("PreferencesView.language"),
        "theme_url": url_for("PreferencesView.theme"),
    }
