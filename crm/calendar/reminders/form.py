"""Reminders in the forms of an event: lines in the whole one, a select in the short one."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.calendar.models import ReminderUnit
from crm.calendar.reminders.defaults import SIZES, line_of
from crm.calendar.reminders.words import before
from crm.core.forms import FormField
from crm.core.forms.options import Option
from crm.core.models import Spec, kinds

NAME = "reminders"
# Minutes before the start, of the short form.
OFFERED = (0, 5, 10, 15, 30, 60, 120, 1440, 10_080)
BLANK: Mapping[str, Any] = {"amount": None}  # a line that is ignored unless it is filled in


def short_field() -> FormField:
    """The select of the short form: for oneself, by e-mail and in the page."""
    return FormField(
        NAME, Spec(_l("Reminder"), kinds.CHOICE, choices={}), widget="select", width="w6"
    )


def offer(field: FormField, minutes: int | None) -> None:
    """The choices, with the present one among them."""
    offered = sorted({*OFFERED, *([minutes] if minutes is not None else [])})
    field.texts = ["" if minutes is None else str(minutes)]
    field.options = [Option("", _("No reminder"), minutes is None)]
    field.options += [Option(str(one), words_of(one), one == minutes) for one in offered]


def words_of(minutes: int) -> str:
    """ "30 minutes before"."""
    line = line_of(minutes)
    return before(line["amount"], line["unit"])


def minutes_of(lines: Sequence[Mapping[str, Any]]) -> int | None:
    """What the select shows of the first of these lines; None where there is none."""
    sizes: dict[ReminderUnit, int] = {unit: size for size, unit in SIZES}
    return next((sizes[line["unit"]] * line["amount"] for line in lines), None)


def lines_of(text: str) -> list[dict[str, Any]]:
    """The lines that the select means. Raises ValueError."""
    if not text:
        return []
    if not text.isdecimal() or int(text) > SIZES[0][0] * 52:
        raise ValueError(_("Not a valid choice."))
    return [line_of(int(text))]
