"""The frame of every page: menu, top bar and user menu."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Flask, current_app, get_template_attribute, request, session, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from markupsafe import Markup

from crm.core.actor import Actor, find_actor
from crm.core.config import languages
from crm.core.models.codes import language_name
from crm.core.unavailable import FRAMELESS
from crm.core.views.display import hue_of, initials
from crm.core.views.nav import (
    MenuEntry,
    MenuLink,
    NavItem,
    item,
    items,
    own_counts,
    saved_items,
    visible_links,
)
from crm.core.views.presets import SAVED

TEMPLATE = "core/parts/frame.html"
SHOWN = 12  # saved filters in the menu
STANDING = "crm.standing"  # in the WSGI environment: the endpoint whose menu entry is current


@dataclass(frozen=True)
class Switcher:
    """The user's companies and the chosen one; an item is (label, initials, value, current)."""

    current_label: str
    initials: str
    action: str
    items: tuple[tuple[str, str, str, bool], ...]
    several: bool
    hue: str = "blue"


@dataclass(frozen=True)
class UserMenu:
    """The user's profile, theme, language and sign-out."""

    name: str
    initials: str
    hue: str
    theme: str
    profile_url: str
    sign_out_url: str
    language_url: str
    theme_url: str
    picture_url: str = ""


@dataclass(frozen=True)
class Bell:
    """Notices: the number of unread ones ("" for none), and the name of the button."""

    shown: str
    label: str


@dataclass(frozen=True)
class Frame:
    """The values of templates/core/parts/frame.html, for signed-in users.

    Plain values only, as the rendered HTML is cached by them.
    """

    language: str
    languages: tuple[tuple[str, str], ...]
    nav: tuple[NavItem, ...]
    saved: tuple[NavItem, ...]
    saved_url: str  # of the page of all saved filters
    section: str
    shortcuts: tuple[NavItem, ...]
    create_menu: tuple[tuple[str, str, str], ...]
    config_url: str
    switcher: Switcher | None
    company: tuple[str, str] | None  # name and initials of the only one
    user_menu: UserMenu
    bell: Bell
    home_url: str = "/"


@dataclass(frozen=True)
class FrameHtml:
    """The HTML of sidebar and top bar, and for phones of tab bar and drawer."""

    side: Markup
    top: Markup
    tabbar: Markup
    drawer: Markup


def install(
    app: Flask,
    main: Sequence[MenuEntry],
    config: Sequence[MenuEntry],
    bell_of: Callable[[Actor], Bell],
) -> None:
    """Add the frame to the context of every template."""

    @app.context_processor
    def context() -> dict[str, Any]:
        actor = find_actor()
        locale = get_locale()
        language = locale.language if locale else "en"
        common: dict[str, Any] = {
            "actor": actor,
            "locale": language,
            "theme": actor.theme if actor else session.get("theme", ""),
            "home_url": "/",
            "login_url": url_for("LoginView.login"),
            "script_words": script_words(language),
        }
        bare = request.headers.get("HX-Request") or request.environ.get(FRAMELESS)
        if actor is not None and not bare:
            common["frame"] = render_frame(frame(actor, language, main, config, bell_of(actor)))
        return common


def frame(
    actor: Actor,
    language: str,
    main: Sequence[MenuEntry],
    config: Sequence[MenuEntry],
    bell: Bell,
) -> Frame:
    """The frame that `actor` sees now."""
    here = _standing()
    settings = visible_links(config, language, actor)
    in_config = any(door.view.endpoint == here for door in settings)
    found = visible_links(main, language, actor)
    counts = {} if in_config else own_counts(found, actor)
    home = NavItem(_("Home"), "home", "/", here == "HomeView")
    shown = items(settings, here, {}, actor) if in_config else items(found, here, counts, actor)
    opened = request.args.get(SAVED, "") if str(request.endpoint).endswith(".list") else ""
    saved = [] if in_config else saved_items(found, actor, opened)
    return Frame(
        language=language,
        languages=tuple((code, language_name(code)) for code in languages()),
        nav=tuple(shown) if in_config else (home, *shown),
        saved=tuple(saved[:SHOWN]),
        saved_url=url_for("SavedFilterView.list") if saved else "",
        section="config" if in_config else "main",
        shortcuts=(home, *(item(door, here, {}, actor) for door in found if door.entry.in_bar))[:4],
        create_menu=tuple(_creations(found)),
        config_url=str(settings[0].item.url) if settings else "",
        switcher=_switcher(actor),
        company=_only_company(actor),
        user_menu=_user_menu(actor),
        bell=bell,
    )


def stand_with(view: Any) -> None:
    """Show the menu as on the pages of `view`: this page belongs to one of its records."""
    request.environ[STANDING] = view.endpoint


@lru_cache(maxsize=200)
def render_frame(frame: Frame) -> FrameHtml:
    """The HTML of a frame, cached: a user's next page mostly has the same one."""
    parts = ("side", "top", "tabbar", "drawer")
    return FrameHtml(*(get_template_attribute(TEMPLATE, part)(frame) for part in parts))


@lru_cache(maxsize=20)
def script_words(language: str) -> Markup:
    """The texts of the scripts, in the language of this request."""
    found: Markup = get_template_attribute("core/parts/words.html", "words")()
    return found


def _creations(found: Sequence[MenuLink]) -> list[tuple[str, str, str]]:
    """The entries of the "+" menu in the top bar."""
    return [door.creation for door in found if door.creation and door.view.can("create")]


def _standing() -> str:
    """The endpoint of the current menu entry, which a page may set by `menu_endpoint`."""
    here = request.environ.get(STANDING) or request.blueprint or ""
    views = current_app.extensions["appbuilder"].baseviews
    view = next((view for view in views if view.endpoint == here), None)
    return getattr(view, "menu_endpoint", "") or here


def _switcher(actor: Actor) -> Switcher | None:
    if not actor.has_several_companies:
        return None
    chosen = actor.company_of(actor.active_company_id)
    every = _("All my companies")
    offered = (
        (c.name, initials(c.name), str(c.id), c is chosen) for c in actor.companies if c.active
    )
    return Switcher(
        current_label=chosen.name if chosen else every,
        initials=initials(chosen.name) if chosen else "",
        action=url_for("PreferencesView.company"),
        items=(*offered, (every, "", "all", chosen is None)),
        several=chosen is None,
    )


def _only_company(actor: Actor) -> tuple[str, str] | None:
    if actor.has_several_companies or not actor.companies:
        return None
    name = actor.companies[0].name
    return name, initials(name)


def _user_menu(actor: Actor) -> UserMenu:
    return UserMenu(
        name=actor.name,
        initials=initials(actor.name),
        hue=hue_of(actor.user_id),
        theme=actor.theme or "",
        profile_url=url_for("ProfileView.own"),
        sign_out_url=url_for("LoginView.logout"),
        language_url=url_for("PreferencesView.language"),
        theme_url=url_for("PreferencesView.theme"),
        picture_url=_picture_url(actor),
    )


def _picture_url(actor: Actor) -> str:
    if actor.picture_id is None:
        return ""
    return url_for("PictureView.person", pk=actor.user_id, v=actor.picture_id)
