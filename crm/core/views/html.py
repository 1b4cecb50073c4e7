"""The HTML of values, icons and avatars, for lists, records and panels alike.

Functions instead of Jinja macros: a page has hundreds of calls, which took half of its time. Texts
are formatted before; what is returned is safe HTML.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

from flask import Flask
from flask_babel import gettext as _
from markupsafe import Markup, escape

from crm.assets import asset
from crm.core.models.rich_text import shown
from crm.core.models.text import labelled
from crm.core.views.display import Field

NUMBERS = ("integer", "decimal", "money", "percent", "date", "siren", "siret")
SIGN_OF_TONE = {"late": "alert-circle", "today": "clock", "none": "alert-triangle"}


def install(app: Flask) -> None:
    """Make these functions available in templates."""
    for function in (icon, glyph, avatar, value, labelled):
        app.jinja_env.globals[function.__name__] = function


# Signs ──────────────────────────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=1000)
def icon(name: str, css: str = "icon") -> Markup:
    """An icon of the sprite, hidden from screen readers: a text or a label stands beside it."""
    use = f"{asset('icons.svg')}#i-{escape(name)}"
    return Markup(f'<svg class="{escape(css)}" aria-hidden="true"><use href="{use}"></use></svg>')  # noqa: S704


@lru_cache(maxsize=1000)
def glyph(name: str, hue: str = "gray") -> Markup:
    """The icon of a status: one of our own shapes (st-…) or an icon of the sprite."""
    css = "c-glyph" if name.startswith("st-") else "icon c-glyph"
    return icon(name, f"{css} ink-{hue or 'gray'}")


def avatar(initials: str, hue: str = "gray", css: str = "avatar-s") -> Markup:
    """Initials in an attribute, so that a screen reader does not read them before the name."""
    return Markup(  # noqa: S704
        f'<span class="avatar {escape(css)} hue-{escape(hue or "gray")}" '
        f'data-i="{escape(initials)}" aria-hidden="true"></span>'
    )


# Values ─────────────────────────────────────────────────────────────────────────────────────────


def value(field: Field) -> Markup:
    """The HTML of a Field, with its warning."""
    if field.missing:
        text = escape(_("Not available"))
        html = f'<span class="c-faint">{text}</span>'
    else:
        html = str(_DRAWN.get(field.kind, linked)(field))  # what follows is HTML, too
    if field.meta:
        html += f' <span class="c-muted c-small">{escape(field.meta)}</span>'
    if field.warning:
        sign = icon("alert-circle" if field.tone == "late" else "alert-triangle")
        said = f"{sign}<span>{escape(field.warning)}</span>"
        html += f' <span class="c-next {field.tone or "none"}">{said}</span>'
    return Markup(html)  # noqa: S704


def linked(field: Field) -> str:
    """The text, as a link where it leads somewhere."""
    if field.url:
        return f'<a href="{escape(field.url)}">{escape(field.text)}</a>'
    return escape(field.text)


def status(sign: str, text: str) -> str:
    """A glyph and the word it stands for."""
    return f'<span class="c-status">{sign}<span class="c-cut">{escape(text)}</span></span>'


def email(text: str) -> str:
    shown = escape(text)
    return f'<a href="mailto:{shown}">{shown}</a>'


def phone(text: str, url: str) -> str:
    return f'<a class="num" href="{escape(url)}">{escape(text)}</a>'


def number(html: str) -> str:
    return f'<span class="num">{html}</span>'


def beginning(text: str) -> str:
    """The first lines of a long text."""
    return f'<span class="c-text c-clamp">{escape(text)}</span>'


@lru_cache(maxsize=100)
def stars(score: int, label: str) -> str:
    """Five stars, `score` of them filled; `label` is the text for screen readers."""
    drawn = "".join(icon("star-f", "icon" if n <= score else "icon off") for n in range(1, 6))
    return f'<span class="c-stars" role="img" aria-label="{escape(label)}">{drawn}</span>'


def _status(field: Field) -> str:
    if not field.text:
        return linked(field)
    return status(glyph(field.glyph or "st-0", field.hue), field.text)


def _sign(field: Field) -> str:
    """A highlight, as a late next action: icon, text and colour together (WCAG 1.4.1)."""
    if not field.text:
        return ""
    sign = icon(field.icon or SIGN_OF_TONE.get(field.tone, "calendar-event"))
    css = f"c-next {field.tone}" if field.tone else "c-next"
    title = f' title="{escape(field.title)}"' if field.title else ""
    return f'<span class="{css}"{title}>{sign}<span class="c-cut">{linked(field)}</span></span>'


def _person(field: Field) -> str:
    if field.initials:
        return _with_avatar(field, "avatar-s")
    if field.text:
        return (
            f'<span class="c-next">{icon("user-question")}<span>{escape(field.text)}</span></span>'
        )
    return ""


def _company(field: Field) -> str:
    return _with_avatar(field, "avatar-s avatar-sq") if field.text else linked(field)


def _with_avatar(field: Field, css: str) -> str:
    letters = avatar(field.initials, field.hue, css)
    return f'<span class="c-who">{letters}<span class="c-cut">{linked(field)}</span></span>'


def _tag(field: Field) -> str:
    if not field.text:
        return linked(field)
    sign = icon(field.icon) if field.icon else ""
    return (
        f'<span class="c-tag hue-{escape(field.hue or "gray")}">{sign}{escape(field.text)}</span>'
    )


def _stars(field: Field) -> str:
    score = field.value
    if score is None or score == "":
        return ""
    return stars(score, _("%(score)s out of 5", score=score or 0))


def _several(field: Field) -> str:
    drawn = [value(item) for item in field.items]
    if field.items and field.items[0].kind in ("tag", "person", "status"):
        return f'<span class="c-row c-several">{"".join(drawn)}</span>'
    return ", ".join(drawn)


def _boolean(field: Field) -> str:
    return escape(_("Yes") if field.value else _("No"))


def tick() -> str:
    """A yes in a list, as a sign; its column says to what."""
    words = escape(_("Yes"))
    return f'<span class="c-tick">{icon("check")}<span class="c-sr">{words}</span></span>'


def _longtext(field: Field) -> str:
    return f'<span class="c-text">{escape(field.text)}</span>' if field.text else linked(field)


def _richtext(field: Field) -> str:
    return f'<div class="c-prose">{shown(field.value)}</div>' if field.text else linked(field)


def _email(field: Field) -> str:
    return email(field.text) if field.text else linked(field)


def _phone(field: Field) -> str:
    return phone(field.text, field.url or f"tel:{field.value}") if field.text else linked(field)


def _url(field: Field) -> str:
    if not field.url:
        return linked(field)
    address = escape(field.url)
    return f'<a href="{address}" target="_blank" rel="noopener noreferrer">{escape(field.text)}</a>'


def _picture(field: Field) -> str:
    if not field.url:
        return linked(field)
    return f'<img class="c-picture" src="{escape(field.url)}" alt="{escape(field.text)}">'


def _file(field: Field) -> str:
    if not field.url:
        return linked(field)
    sign = icon("file-type-pdf" if field.icon == "pdf" else "file")
    text = f"{sign}<span>{escape(field.text)}</span>"
    return f'<a class="c-who" href="{escape(field.url)}">{text}</a>'


def _instant(field: Field) -> str:
    if not field.text:
        return linked(field)
    title = f' title="{escape(field.title)}"' if field.title else ""
    return f'<time class="num"{title}>{escape(field.text)}</time>'


def _number(field: Field) -> str:
    return number(linked(field)) if field.text else linked(field)


_DRAWN: Mapping[str, Callable[[Field], str]] = {
    "next": _sign,
    "status": _status,
    "person": _person,
    "company": _company,
    "tag": _tag,
    "stars": _stars,
    "references": _several,
    "boolean": _boolean,
    "longtext": _longtext,
    "richtext": _richtext,
    "email": _email,
    "phone": _phone,
    "url": _url,
    "picture": _picture,
    "file": _file,
    "instant": _instant,
    **dict.fromkeys(NUMBERS, _number),
}
