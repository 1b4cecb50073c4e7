"""What pickers of forms and of filters offer."""

from collections.abc import Sequence
from typing import Any

from flask import abort, request
from sqlalchemy import inspect

from crm.core.datamodel import DataModel
from crm.core.datamodel.filters import NONE, filter_spec, none_words
from crm.core.forms.options import OFFERED, search_candidates
from crm.core.models import Reference, Spec, find_spec, target_of
from crm.core.models.text import parse_number
from crm.core.types import fold
from crm.core.views.base import BaseView
from crm.core.views.display import hue_of, initials


class Pickers(BaseView):
    """Finds the rows that a field or a filter can link to."""

    search_columns: Sequence[str]
    picked_columns: Sequence[str] = ()  # links that further forms of the slice offer

    def _picked(self, name: str) -> tuple[str, Any]:
        """(relation, DataModel) of a picker of this table or of one of its child tables."""
        parent, dot, rest = name.partition(".")
        if dot and rest in self.children.get(parent, ()) and self.visible([parent]):
            child = inspect(self.datamodel.obj).relationships[parent].mapper.class_
            return rest, DataModel(child, self.datamodel.rules)
        forms = (*(self.add_columns or ()), *(self.edit_columns or ()), *self.picked_columns)
        offered = {*forms, *self.search_columns}
        if dot and name in self.visible(self.search_columns):
            if not filter_spec(self.datamodel.obj, name).kind.is_link:
                abort(404)
            return rest, DataModel(target_of(self.datamodel.obj, parent))
        spec = find_spec(self.datamodel.obj, name) if name in offered else None
        if spec is None or not spec.kind.is_link:
            abort(404)
        if self.is_child_list(name) or not self.visible([name]):
            abort(404)
        return name, self.datamodel

    def _options_of(self, name: str, text: str) -> list[dict[str, Any]]:
        """What a picker offers for `text`: rows, or the choices of a field that has many."""
        asked = fold(text)
        found: list[dict[str, Any]] = []
        is_filter = name in self.visible(self.search_columns)
        spec = filter_spec(self.datamodel.obj, name) if is_filter else None
        if spec is not None and "none" in request.args and asked in fold(none_words(spec)):
            found.append({"value": NONE, "text": none_words(spec)})
        if spec is not None and is_searched_choice(spec):
            choices = ({"value": key, "text": words} for key, words in spec.kind.choices(spec))
            return [*found, *(one for one in choices if asked in fold(one["text"]))][:OFFERED]
        relation, datamodel = self._picked(name)
        without = parse_number(request.args.get("without", ""))
        rows = search_candidates(datamodel, relation, text, self._surroundings(), without)
        return [*found, *map(self._option, rows)]

    def _surroundings(self) -> dict[str, Any]:
        """The values of the form around a picker: ids as int, the rest as text."""
        links = inspect(self.datamodel.obj).relationships
        values: dict[str, Any] = {}
        for name in ("id", *self.datamodel.rules.narrowed_by):
            text = request.args.get(name, "")
            if name == "id" or name in links:
                number = parse_number(text)
                if number is not None:
                    values[f"{name}_id" if name in links else name] = number
            elif text:
                values[name] = text[:40]
        return values

    def _option(self, row: Any) -> dict[str, Any]:
        text = str(row)
        option: dict[str, Any] = {"value": str(row.id), "text": text}
        if hasattr(row, "first_name") and hasattr(row, "username"):
            option |= {"initials": initials(text), "hue": hue_of(row.id)}
        kinds = find_spec(type(row), "kind") if isinstance(row, Reference) else None
        if kinds is not None and kinds.choices:
            option["group"] = str(kinds.choices[row.kind])
        detail = getattr(row, "detail", "")
        if detail:
            option["detail"] = str(detail)
        return option


def is_searched_choice(spec: Spec) -> bool:
    """Whether a field has too many choices for its filter to show them all."""
    kind = spec.kind
    is_chosen = not kind.is_link and kind.operators[0].values == -1
    return is_chosen and not kind.filter_choices(spec)
