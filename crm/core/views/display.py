"""A value prepared for display: its text, link, colour and warning."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import ngettext

from crm.core.actor import find_actor
from crm.core.models import Label, Reference, Spec, kinds, link_of, spec_of, target_of
from crm.core.models.codes import HUES
from crm.core.models.text import days_until, format_local, format_local_near


@dataclass
class Field:
    """One displayed value; `html.value` renders it by `kind`."""

    name: str
    label: Label
    kind: str
    value: Any = None
    text: str = ""
    url: str | None = None
    hue: str = ""
    glyph: str = ""
    icon: str = ""
    missing: bool = False
    initials: str = ""
    warning: str = ""
    editable: bool = False
    folded: bool = False  # says nothing, and is shown on request
    items: list["Field"] = field(default_factory=list)
    currency: str = ""
    width: str = ""
    tone: str = ""
    title: str = ""
    meta: str = ""
    choices: list[Any] | None = None
    action: str = ""


def zone() -> str:
    """The reader's time zone."""
    actor = find_actor()
    return actor.time_zone if actor else "UTC"


def initials(text: str) -> str:
    """Two letters for an avatar: Claire Dumas → CD."""
    words = [word for word in text.split() if word[:1].isalnum()]
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words))[
        :2
    ].upper()


def hue_of(number: int) -> str:
    """The colour of a person's avatar, always the same for one id; never gray."""
    return HUES[1:][number % (len(HUES) - 1)]


def person(user: User, name: str = "", label: str = "") -> Field:
    """The Field of a user: name and avatar."""
    text = str(user) or user.username
    return Field(name, label, "person", user, text, initials=initials(text), hue=hue_of(user.id))


def display_field(row: Any, name: str, page_of: Callable[[Any], str | None] | None = None) -> Field:
    """The Field of `row`'s column, relationship or computed value `name`."""
    spec = spec_of(type(row), name)
    base = Field(name, spec.label, spec.kind.name)
    if spec.kind is kinds.REFERENCE:
        return _link(base, row, spec, page_of)
    value = getattr(row, name)
    if spec.kind is kinds.REFERENCES:
        base.items = [_target(Field(name, "", "reference"), item, page_of) for item in value]
        base.text = ", ".join(item.text for item in base.items)
        return base
    if spec.kind is kinds.NEXT:
        return display_next(base, value)
    return display_value(base, spec, value, getattr(row, "currency", None))


def display_value(base: Field, spec: Spec, value: Any, currency: str | None = None) -> Field:
    """Fill in `base` with a value that is no link."""
    base.value = value
    base.currency = currency or ""
    base.text = spec.write(value, zone(), currency)
    if spec.kind is kinds.INSTANT and value is not None:
        base.title = base.text
        base.text = _without_midnight(base.text)
    if spec.kind is kinds.URL and value:
        base.url, base.text = (
            value,
            value.removeprefix("https://").removeprefix("http://").rstrip("/"),
        )
    if isinstance(spec.kind, kinds.texts.Registered) and value:
        base.text = spec.kind.grouped(value)
    if spec.kind is kinds.EMAIL and value:
        base.url = f"mailto:{value}"
    if spec.kind is kinds.PHONE and value:
        base.url = f"tel:{value}"
    if spec.kind is kinds.HUE and value:
        base.kind, base.hue = "tag", value
    return base


def _link(base: Field, row: Any, spec: Spec, page_of: Callable[[Any], str | None] | None) -> Field:
    relation, key = link_of(type(row), base.name)
    target = getattr(row, relation)
    if target is not None:
        return _target(base, target, page_of)
    if getattr(row, key) is not None:
        base.missing, base.text = True, _("Not available")
    elif spec.unset:
        is_person = target_of(type(row), relation) is User
        base.icon = "user-question" if is_person else "buildings"
        base.kind, base.text = "next", str(spec.unset)
    return base


def _target(base: Field, target: Any, page_of: Callable[[Any], str | None] | None) -> Field:
    base.value = target
    if isinstance(target, User):
        found = person(target, base.name, base.label)
        base.kind, base.text, base.initials, base.hue = (
            "person",
            found.text,
            found.initials,
            found.hue,
        )
        return base
    base.text = str(target)
    base.hue = getattr(target, "hue", "") or ""
    if hasattr(target, "outcome_glyphs"):
        base.kind, base.glyph = "status", status_glyph(target)
    elif base.hue:
        base.kind = "tag"
    if page_of is not None and not isinstance(target, Reference):
        base.url = page_of(target)  # None for vocabularies, which have no page
    return base


def status_glyph(status: Any) -> str:
    """The icon of a status: its table's `outcome_glyphs` by kind, else by its position."""
    return str(status.outcome_glyphs.get(status.kind, f"st-{min(max(status.position, 0), 3)}"))


def choices_of(rows: Iterable[Any], current: Any) -> list[Any]:
    """The options of a status field that is changed from a menu on the record."""
    return [
        (str(row), str(row.id), status_glyph(row), row.hue, row.id == current.id) for row in rows
    ]


def display_next(base: Field, moment: datetime | None) -> Field:
    """Fill in `base` with the date of the next action, marked if late, today or missing."""
    base.kind = "next"
    if moment is None:
        base.tone, base.icon, base.text = "none", "alert-triangle", _("No action")
        return base
    local = moment.astimezone(ZoneInfo(zone()))
    days = days_until(local)
    base.title = format_local(local)
    if days < 0:
        base.tone, base.icon = "late", "alert-circle"
        base.text = ngettext("%(num)s day overdue", "%(num)s days overdue", -days)
        return base
    base.tone, base.icon = ("", "calendar-event") if days else ("today", "clock")
    base.text = _without_midnight(format_local_near(local, days))
    return base


def _without_midnight(text: str) -> str:
    """Without the time of an instant at midnight, which stands for the whole day."""
    return text.removesuffix(" 00:00")
