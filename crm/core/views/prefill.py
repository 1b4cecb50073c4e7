"""Initial values of a form from the query string: `?account=7&starts_at=2027-01-31T14:00`."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flask import abort, request
from flask_babel import gettext as _
from sqlalchemy import inspect

from crm.core.forms import Form
from crm.core.models import Spec, spec_of
from crm.core.models.kinds import Format
from crm.core.models.text import labelled


@dataclass
class Prefill:
    """Values by name, and messages about arguments that are invalid and were left out."""

    values: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)


def read_prefill(form: Form, names: Iterable[str]) -> Prefill:
    """The values that the request's query string has for `names`; 404 for a row out of reach."""
    found = Prefill()
    for name in dict.fromkeys(names):
        text = request.args.get(name, "").strip()
        if not text:
            continue
        try:
            value = _value(form, name, text)
        except ValueError as error:
            found.wrong.append(labelled(_spec(form, name).label, error))
            continue
        if value is not None:
            found.values[name] = value
    return found


def _spec(form: Form, name: str) -> Spec:
    field = form.fields.get(name)
    return field.spec if field is not None else spec_of(form.datamodel.obj, name)


def _value(form: Form, name: str, text: str) -> Any:
    """The value that the form would parse from the text. Raises ValueError."""
    relation = inspect(form.datamodel.obj).relationships.get(name)
    if relation is None:
        spec = _spec(form, name)
        if not spec.kind.is_text:  # no text in an address says it
            raise ValueError(_("Not a valid choice."))
        return spec.read(text, Format(form.zone))
    row = form.datamodel.get_related_obj(name, Format().key(text))
    if row is None:
        abort(404)
    return [row] if relation.uselist else row
