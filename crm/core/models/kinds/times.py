"""Kinds of time: days, and moments in the reader's zone."""

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from crm.core.models import operators
from crm.core.models.dates import check_year
from crm.core.models.kinds.base import Format, Kind
from crm.core.models.text import format_day, format_instant

if TYPE_CHECKING:
    from crm.core.models.fields import Spec


class Date(Kind):
    operators = operators.DATED
    widget = "date"
    css = "num w-date"
    map_options = frozenset({"format"})
    json_format = "date"
    repeats = True

    def parse(self, spec: "Spec", text: str, form: Format) -> Any:
        return form.day(text)

    def clean(self, spec: "Spec", value: Any, row: Any) -> Any:
        if isinstance(value, datetime) or not isinstance(value, date):
            raise ValueError(date_expected())
        check_year(value.year)
        return value

    def write(self, spec: "Spec", value: Any, zone: str, currency: str | None) -> str:
        return format_day(value)

    def typed(self, spec: "Spec", value: Any, zone: str) -> str:
        return format_day(value)


class Instant(Date):
    """A moment, aware and in UTC once it is stored."""

    widget = "instant"
    json_format = "date-time"

    def parse(self, spec: "Spec", text: str, form: Format) -> Any:
        return form.moment(text)

    def clean(self, spec: "Spec", value: Any, row: Any) -> Any:
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise ValueError(offset_expected())
        check_year(value.year)
        return value

    def write(self, spec: "Spec", value: Any, zone: str, currency: str | None) -> str:
        return format_instant(value, zone)

    def typed(self, spec: "Spec", value: Any, zone: str) -> str:
        return format_instant(value, zone)

    def to_json(self, spec: "Spec", value: Any) -> Any:
        return write_utc(value)


class Next(Instant):
    """The next action, which is worked out: late, today, later, none."""

    widget = "text"
    css = "w-next"
    map_options = frozenset()


def write_utc(moment: datetime) -> str:
    """As in RFC 3339."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def date_expected() -> str:
    return str(_("Send a date, such as 2027-01-31."))


def offset_expected() -> str:
    return str(_("Send a date and time with its UTC offset, such as 2027-01-31T14:00:00Z."))
