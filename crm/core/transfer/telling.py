"""What a line changes of a record that exists, in words, for a preview."""

from collections.abc import Iterator
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import inspect
from sqlalchemy.orm import PassiveFlag

from crm.core.models import Child, find_spec, spec_of
from crm.core.models.fields import Spec
from crm.core.transfer.cells import shortened
from crm.core.transfer.children import list_of, natural_key

# (field, before, after); empty where there is nothing, or where it was not read.
Told = tuple[str, str, str]


def tell_changes(row: Any, new: list[Any], changed: list[Any], zone: str) -> str:
    """What becomes of `row` and of its child rows; "" where nothing that has a name changes."""
    told = [*_fields(row, zone)]
    for child in (*new, *changed):
        if list_of(child) and getattr(child, child.__parent__) is row:
            told += _child(child, child in new, zone)
    if not told:
        return ""
    texts = [_words(*one) for one in told]
    return " ".join([_("“%(record)s” changes.", record=row), *texts])


def _words(label: str, before: str, after: str) -> str:
    if not before:
        return _("%(field)s: %(after)s.", field=label, after=after or _("other formatting"))
    return _("%(field)s: %(before)s → %(after)s.", field=label, before=before, after=after or "–")


def _child(child: Any, is_new: bool, zone: str) -> Iterator[Told]:
    """A new child row by its name; of one that changes, which its key names, each field."""
    parent, relation = getattr(child, child.__parent__), list_of(child)
    label = str(spec_of(type(parent), relation).label)
    if is_new:
        yield label, "", str(child)
        return
    model: Any = type(parent)
    key = natural_key(model, relation)
    place = ", ".join([label, *(str(getattr(child, name)) for name in key)])
    for name, before, after in _fields(child, zone):
        yield f"{place}, {name}", before, after


def _fields(row: Any, zone: str) -> Iterator[Told]:
    """The fields that differ from what is stored, those that the program keeps left out."""
    state = inspect(row)
    for name in state.committed_state:
        spec = find_spec(type(row), name)
        if spec is None or spec.readonly:
            continue
        history = state.get_history(name, PassiveFlag.PASSIVE_NO_INITIALIZE)
        relation = state.mapper.relationships.get(name)
        if not history.has_changes() or (
            relation is not None and issubclass(relation.mapper.class_, Child)
        ):
            continue
        before, after = (
            _text(spec, side, relation, zone) for side in (history.deleted, history.added)
        )
        yield str(spec.label), before, after


def _text(spec: Spec, values: Any, relation: Any, zone: str) -> str:
    if relation is not None:
        return shortened(", ".join(str(one) for one in values or () if one is not None))
    value = values[0] if values else None
    return shortened(" ".join(spec.write(value, zone).split()))
