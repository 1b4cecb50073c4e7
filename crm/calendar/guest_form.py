"""The guests in the form of an event: the choices of the box, the rows, the sentence below."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from babel.lists import format_list
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from crm.calendar.models import EventType, Participant
from crm.core.datamodel import DataModel
from crm.core.datamodel.rules import Values
from crm.core.forms import FormField
from crm.core.forms.options import search_candidates
from crm.core.models import spec_of
from crm.core.models.kinds import Format
from crm.core.models.text import parse_number
from crm.core.types import utcnow
from crm.core.views.display import hue_of, initials
from crm.mail.models import REASONS, SkipReason

EACH = 8  # found of each kind
TYPED = "guest"  # the text of the box, as it was typed
KINDS = ("user", "contact", "lead")
SIGNS = {"contact": "address-book", "lead": "target-arrow", "email": "at"}


@dataclass(frozen=True)
class ShownGuest:
    """A guest for display; `why_not` says why no e-mail goes there, "" where one does."""

    kind: str
    name: str
    detail: str = ""
    hue: str = ""
    initials: str = ""
    why_not: str = ""

    @property
    def icon(self) -> str:
        return SIGNS.get(self.kind, "user")


def guest_of(kind: str, who: Any) -> ShownGuest:
    """A user, contact, lead or address; None is one whom the reader does not see."""
    if who is None:
        return ShownGuest(kind, _("Not available"))
    if kind == "email":
        return ShownGuest(kind, str(who))
    detail = who.email or ""
    why_not = ""
    if not getattr(who, "email", None):
        why_not = _reason(SkipReason.NO_ADDRESS)
    elif getattr(who, "do_not_email", False):
        why_not = _reason(SkipReason.DO_NOT_EMAIL)
    if kind == "user":
        return ShownGuest(kind, str(who), detail, hue_of(who.id), initials(str(who)), why_not)
    return ShownGuest(kind, str(who), detail, why_not=why_not)


def _reason(reason: SkipReason) -> str:
    """Why there is no e-mail, within a sentence."""
    text = str(REASONS[reason])
    return text[:1].lower() + text[1:]


def guest_of_row(one: Participant) -> ShownGuest:
    """A stored guest."""
    kind = "email" if one.email else next(k for k in KINDS if getattr(one, f"{k}_id") is not None)
    return guest_of(kind, getattr(one, kind))


# The box ──────────────────────────────────────────────────────────────────────────────────────────


def found(
    datamodel: DataModel, text: str, company_id: int | None, owner_id: int | None
) -> list[dict[str, Any]]:
    """The users, contacts and leads that `text` finds, and the address that it is."""
    if not text.strip():
        return []
    lines = DataModel(Participant, datamodel.rules)
    around = {"company_id": company_id} if company_id is not None else {}
    options = [
        _option(f"{kind}:{row.id}", guest_of(kind, row))
        for kind in KINDS
        for row in search_candidates(lines, kind, text, around)[:EACH]
        if (kind, row.id) != ("user", owner_id)
    ]
    try:
        address = spec_of(Participant, "email").read(text, Format())
    except ValueError:
        return options
    return [*options, _option(f"email:{address}", guest_of("email", address))]


def _option(value: str, guest: ShownGuest) -> dict[str, Any]:
    signed = (
        {"initials": guest.initials, "hue": guest.hue}
        if guest.initials
        else {"glyph": guest.icon, "hue": "gray"}
    )
    detail = ", ".join(part for part in (guest.detail, guest.why_not) if part)
    return {"value": value, "text": guest.name, "detail": detail, **signed}


# The rows ─────────────────────────────────────────────────────────────────────────────────────────


def typed_guest(posted: Mapping[str, str]) -> str | None:
    """The address that stands in the box and was not chosen; None for none. Raises ValueError."""
    text = posted.get(TYPED, "").strip()
    if not text:
        return None
    try:
        return str(spec_of(Participant, "email").read(text, Format()))
    except ValueError:
        message = _(
            "“%(text)s”: choose somebody from the list, or enter an e-mail address.", text=text
        )
        raise ValueError(message) from None


def with_address(
    field: FormField, posted: MultiDict[str, str], address: str
) -> MultiDict[str, str]:
    """What was posted, and one more guest."""
    count = parse_number(posted.get(field.count_name, "")) or 0
    others = [pair for pair in posted.items(multi=True) if pair[0] != field.count_name]
    more = [(field.count_name, str(count + 1)), (f"{field.name}-{count}-email", address)]
    return MultiDict([*others, *more])


def rows_of(field: FormField) -> Iterator[tuple[ShownGuest, dict[str, FormField]]]:
    """Each row of the form, with whom it is about."""
    for row in field.rows:
        cells = field.cells(row)
        for kind in (*KINDS, "email"):
            if cells[kind].text or (kind != "email" and cells[kind].blank):
                yield guest_of(kind, cells[kind].data), cells
                break


def drop_blank(field: FormField) -> None:
    """Lines of other lists open with an empty one; guests come from the box."""
    field.rows = [cells for cells in field.rows if _is_somebody(field.cells(cells))]


def _is_somebody(cells: Mapping[str, FormField]) -> bool:
    return any(cells[kind].text or cells[kind].blank for kind in KINDS) or bool(cells["email"].text)


# The sentence ─────────────────────────────────────────────────────────────────────────────────────


def sentence(values: Values, invited: Sequence[Participant] = ()) -> str:
    """Who gets an invitation when the event is saved, and who does not. Source: spec 9.3."""
    known = {one.id for one in invited}
    new = [
        guest_of(kind, line[kind])
        for line in values.get("participants") or ()
        for kind in (*KINDS, "email")
        if line.get("id") not in known and line.get(kind)
    ]
    if not new:
        return ""
    if values.get("type") == EventType.TASK:
        return _("Nobody gets an invitation to a task.")
    ends_at = values.get("ends_at") or values.get("starts_at")
    if ends_at is not None and ends_at <= utcnow():
        return _("The date is in the past: nobody gets an invitation.")
    reached = [one.name for one in new if not one.why_not]
    said = []
    if reached:
        said.append(
            ngettext(
                "An invitation goes to %(names)s when you save.",
                "Invitations go to %(names)s when you save.",
                len(reached),
                names=_listed(reached),
            )
        )
    said += [
        _("%(name)s gets none: %(reason)s.", name=one.name, reason=one.why_not)
        for one in new
        if one.why_not
    ]
    return " ".join(said)


def _listed(names: Sequence[str]) -> str:
    return str(format_list(list(names), locale=get_locale()))
