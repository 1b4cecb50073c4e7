"""What an address says of a new record: `?account=7&starts_at=2027-01-31T14:00`."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flask import abort, request
from flask_babel import gettext as _
from sqlalchemy import inspect

from crm.core.forms import Form
from crm.core.forms.parsing import WITH_THE_ROW
from crm.core.models import Spec, spec_of
from crm.core.models.checks import clean
from crm.core.models.text import parse, parse_number

# No text in an address says these.
NEVER = ("file", "picture", "translated", "rows")


@dataclass
class Prefill:
    """Values by name, and sentences about those that make no sense and were left out."""

    values: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def read_prefill(form: Form, names: Iterable[str]) -> Prefill:
    """What the present address says of `names`, as `form` reads it; 404 for a row out of reach."""
    found = Prefill()
    for name in dict.fromkeys(names):
        text = request.args.get(name, "").strip()
        if not text:
            continue
        try:
            value = _value(form, name, text)
        except ValueError as error:
            label = _spec(form, name).label
            found.wrong.append(_("%(field)s: %(error)s", field=label, error=error))
            continue
        if value is not None:
            found.values[name] = value
    return found


def _spec(form: Form, name: str) -> Spec:
    field = form.fields.get(name)
    return field.spec if field is not None else spec_of(form.datamodel.obj, name)


def _value(form: Form, name: str, text: str) -> Any:
    """What the form would read in the text. Raises ValueError."""
    relation = inspect(form.datamodel.obj).relationships.get(name)
    if relation is None:
        spec = _spec(form, name)
        if spec.kind in NEVER:
            raise ValueError(_("Not a valid choice."))
        value = parse(spec, text, form.zone)
        return value if value is None or spec.kind in WITH_THE_ROW else clean(spec, value)
    number = parse_number(text)
    if number is None:
        raise ValueError(_("Not a valid choice."))
    row = form.datamodel.get_related_obj(name, number)
    if row is None:
        abort(404)
    return [row] if relation.uselist else row
