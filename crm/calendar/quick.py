"""The short form of an event, opened from a record: what, when, for whom.

Its buttons post what was typed: to save it, to change the type, or to go on in the whole form.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from crm.calendar.display import ICONS, create_words
from crm.calendar.forms import EventForm
from crm.calendar.models import EVENT_TYPES, EventType
from crm.calendar.reminders import form as reminders
from crm.calendar.reminders.defaults import REMINDED
from crm.core.forms import Form
from crm.core.views import FieldGroup, FormPage
from crm.core.views.form import SHOW

SHORT = "short"  # in the query string: the short form is meant
WHOLE = "whole"

NAMES = (
    "subject", "starts_at", "ends_at", "all_day", "account", "contact", "owner", "participants",
    "reminders",
)  # fmt: skip
DATED = ("starts_at", "ends_at")


def is_short() -> bool:
    """Whether the short form is asked for."""
    return SHORT in request.args and request.form.get(SHOW) != WHOLE


def is_shown_again() -> bool:
    """Whether what was typed is only shown, in another form."""
    return request.method == "POST" and SHOW in request.form


def asked_type() -> str:
    """The type of event that the request is about."""
    asked = request.form.get(SHOW, "")
    asked = asked if asked in EVENT_TYPES else request.args.get("type", "")
    return asked if asked in EVENT_TYPES else EventType.MEETING


def short_names(names: list[str], relation: str) -> list[str]:
    """The fields of the short form; a contact is chosen where an account has several.

    From the calendar, without a record, the account is chosen, and days may be meant.
    """
    absent = {"contact"} if relation in ("", "lead", "contact") else set()
    if relation:
        absent |= {"account", "all_day"}
    return [name for name in NAMES if name in names and name not in absent]


def calendar_address() -> str:
    """The calendar from which the form was opened, as it was; "" from elsewhere."""
    shown = request.args.get("calendar")
    return f"{url_for('CalendarView.show')}?{shown}" if shown is not None else ""


def carry_over(form: Form, earlier: Form, defaults: dict[str, Any]) -> None:
    """Fill `form` with `defaults` and what was typed into the `earlier` one."""
    posted: MultiDict[str, str] = request.form
    if EventType.TASK in (asked_type(), request.args.get("type")):
        # A day became a time or the reverse: what was understood is taken, not its text.
        earlier.read(posted)
        defaults |= {name: earlier.values[name] for name in DATED if earlier.values.get(name)}
        posted = MultiDict([pair for pair in posted.items(multi=True) if pair[0] not in DATED])
    if reminders.NAME in posted:
        posted, defaults = _with_reminder(form, posted, defaults)
    form.read(posted, defaults)
    for field in form.fields.values():
        field.errors = []


def _with_reminder(
    form: Form, posted: MultiDict[str, str], defaults: dict[str, Any]
) -> tuple[MultiDict[str, str], dict[str, Any]]:
    """What was chosen in the short form, as lines; types without a default begin anew."""
    text = posted[reminders.NAME]
    posted = MultiDict([pair for pair in posted.items(multi=True) if pair[0] != reminders.NAME])
    if (asked_type() in REMINDED) != (request.args.get("type", asked_type()) in REMINDED):
        return posted, defaults
    try:
        return posted, defaults | {reminders.NAME: reminders.lines_of(text)}
    except ValueError:
        return posted, defaults


def types(current: str) -> list[tuple[str, str, str, bool]]:
    """(value, label, icon, whether it is the current one) of the types to choose from."""
    return [
        (type_, str(label), ICONS[EventType(type_)], type_ == current)
        for type_, label in EVENT_TYPES.items()
    ]


def arrange(form: Form, given: Mapping[str, Any]) -> None:
    """Narrow the contacts to the account's, and say what an empty end means."""
    source = given.get("opportunity") or given.get("quote")
    account = given.get("account") or getattr(source, "account", None)
    form.around = {"account": account.id} if account is not None else {}
    if "ends_at" in form.fields:
        form.fields["ends_at"].help = _("Leave empty to end one hour after the start.")
    for name in ("all_day", "account", "contact", "owner"):
        if name in form.fields:
            form.fields[name].width = "w6"


def propose(form: Form, relation: str, parent: Any) -> None:
    """Offer the contact or the lead, from which the form was opened, as a guest (spec 9.3)."""
    if isinstance(form, EventForm) and relation in ("contact", "lead"):
        form.proposed = f"{relation}:{parent.id}:{parent}"


def fill_page(page: FormPage, form: Form, key: str, parent: Any) -> None:
    """Say for which record the event is; the short form has one group and its own buttons.

    From the calendar `parent` is None.
    """
    page.title = create_words()[EventType(asked_type())]
    if parent is not None:
        page.crumbs = [(str(parent), page.cancel_url)]
    page.action = f"{request.path}?{urlencode(_asked())}"
    if is_short():
        page.is_short = True
        page.intro = _("With %(record)s", record=parent) if parent is not None else ""
        page.draft_key = f"events/short/{key}"
        page.shows = types(asked_type())
        page.groups = [FieldGroup("", list(form.fields.values()))]


def _asked() -> dict[str, str]:
    """The query string of the form that is shown."""
    asked = {**request.args.to_dict(), "type": asked_type()}
    if not is_short():
        asked.pop(SHORT, None)
    return asked
