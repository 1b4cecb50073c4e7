"""The form of a schedule: when, what with it, and to whom."""

from collections.abc import Sequence

from flask import request
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _

from crm.core.actor import current_actor
from crm.core.errors import DomainError
from crm.core.forms.fields import FormField
from crm.core.forms.options import Option
from crm.core.models import Spec, kinds
from crm.core.models.text import parse_number
from crm.core.saved.models import SavedView
from crm.core.views.base import FieldGroup
from crm.core.views.form import FormPage
from crm.reporting.schedules import services
from crm.reporting.schedules.models import ReportSchedule
from crm.reporting.schedules.rhythm import DAYS, Every, Rhythm, day_words
from crm.reporting.schedules.services import ScheduleInput

TO = "to-"  # the ticks of the recipients
HOURS = tuple(f"{hour:02}:00" for hour in range(24))
DEFAULT = Rhythm(Every.DAY, 0, "07:00")

Fields = dict[str, FormField]


def form_fields(view: SavedView, row: ReportSchedule | None) -> Fields:
    """The inputs, with what was posted or is stored.

    Of a form that was opened before others saved, with what is saved now where it differs.
    """
    rhythm = row.rhythm if row is not None else DEFAULT
    chosen = {to.user_id for to in row.recipients} if row else {current_actor().user_id}
    left = {to.user_id for to in row.recipients if to.unsubscribed_at is not None} if row else set()
    fields = {
        "when": _select("when", _("How often"), _days(), key_of(rhythm)),
        "at": _select("at", _("Time"), [(hour, hour) for hour in HOURS], rhythm.at),
        "only_rows": _tick("only_rows", _("Only when there are rows"), row and row.only_rows),
        "with_csv": _tick("with_csv", _("Attach the table as CSV"), row and row.with_csv),
    }
    fields["at"].help = _("In your time zone, %(zone)s.", zone=current_actor().time_zone)
    fields["with_csv"].help = _(
        "Only recipients who may export get it, with the rows that they may export."
    )
    for user in services.readers_of(view):
        name = f"{TO}{user.id}"
        fields[name] = _tick(name, _label(user, left), user.id in chosen)
    if request.method == "POST":
        is_old = row is not None and request.form.get("row_version") != str(row.row_version)
        for one in fields.values():
            _read(one, is_old=is_old)
    return fields


def _read(field: FormField, *, is_old: bool) -> None:
    """Put what was posted in the place of what is stored."""
    now, posted = field.text, request.form.get(field.name, "")
    words = {option.value: option.text for option in field.options} or {"1": _("Yes"), "": _("No")}
    if field.options:
        field.options = _options([*words.items()], posted)
    else:
        posted = "1" if posted else ""
    field.texts = [posted]
    if is_old and posted != now:
        field.errors.append(_("Saved in the meantime: %(value)s", value=words.get(now, now)))


def _label(user: User, left: set[int]) -> str:
    if user.id in left:
        return _("%(name)s (unsubscribed)", name=user)
    return _("%(name)s (me)", name=user) if user.id == current_actor().user_id else str(user)


def _days() -> list[tuple[str, str]]:
    rhythms = [
        (Every.DAY, 0),
        *((Every.WEEK, day) for day in range(7)),
        *((Every.MONTH, day) for day in DAYS),
    ]
    return [(f"{every.value}:{day}", day_words(every, day)) for every, day in rhythms]


def key_of(rhythm: Rhythm) -> str:
    """As the form says the days."""
    return f"{rhythm.every.value}:{rhythm.day}"


def _select(name: str, label: str, options: Sequence[tuple[str, str]], chosen: str) -> FormField:
    field = FormField(name, Spec(label, kinds.TEXT, required=True), widget="select", width="w3")
    field.texts, field.options = [chosen], _options(options, chosen)
    return field


def _options(options: Sequence[tuple[str, str]], chosen: str) -> list[Option]:
    return [Option(value, words, value == chosen) for value, words in options]


def _tick(name: str, label: str, on: object) -> FormField:
    field = FormField(name, Spec(label, kinds.BOOLEAN), width="w6")
    field.texts = ["1" if on else ""]
    return field


def given_by(fields: Fields) -> ScheduleInput:
    """What was posted, people who are not offered included. Raises DomainError by field."""
    errors = {
        name: _("Not a valid choice.")
        for name in ("when", "at")
        if not any(option.selected for option in fields[name].options)
    }
    if errors:
        raise DomainError("", fields=errors)
    every, _colon, day = fields["when"].text.partition(":")
    ticked = (name.removeprefix(TO) for name in request.form if name.startswith(TO))
    return ScheduleInput(
        Rhythm(Every(every), int(day), fields["at"].text),
        frozenset(pk for text in ticked if (pk := parse_number(text)) is not None),
        only_rows=bool(fields["only_rows"].text),
        with_csv=bool(fields["with_csv"].text),
    )


def form_page(
    title: str,
    crumbs: Sequence[tuple[str, str]],
    fields: Fields,
    back: str,
    error: DomainError | None,
) -> FormPage:
    """The form, with what is wrong."""
    to = FieldGroup(_("Recipients"), [one for name, one in fields.items() if name.startswith(TO)])
    to.help = _(
        "People who may read this report. Each gets the figures of the records they can see."
    )
    when = [fields[name] for name in ("when", "at", "only_rows", "with_csv")]
    page = FormPage(
        title=title,
        action=request.full_path.rstrip("?"),
        crumbs=[*crumbs],
        groups=[FieldGroup("", when), to],
        cancel_url=back,
        submit_label=_("Save"),
        draft_key="",
        has_required=True,
    )
    if error is not None:
        _put_errors(page, fields, error)
    return page


def _put_errors(page: FormPage, fields: Fields, error: DomainError) -> None:
    """Of the recipients as a whole it is told above the form."""
    told = [error.message, error.fields.get("to", "")]
    page.form_errors = [text for text in told if text]
    for name, text in error.fields.items():
        if name in fields:
            fields[name].errors.append(text)
    page.errors = [(one.id, one.label, text) for one in fields.values() for text in one.errors]
