"""The fields that a map fills, checked against the table before the first line is read."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import inspect

from crm.core.datamodel import DataModel
from crm.core.errors import DomainError
from crm.core.models import AuditedModel, Child, Reference, Spec, find_spec
from crm.core.models.text import labelled
from crm.core.transfer.mapping import FieldRule, ImportMap, unknown

# Set by the program only. The company is an argument of the import.
OURS = {
    "id", "row_version", "created_on", "changed_on", "created_by", "changed_by", "deleted_on",
    "deleted_at", "company", "password", "cells", "user", "users", "members",
}  # fmt: skip


@dataclass(frozen=True)
class TargetField:
    """A field that the map fills; `target` is the table that a link leads to.

    `child` names the relationship of a child row, as in `links.account`.
    """

    name: str
    spec: Spec
    target: type[Any] | None = None
    child: str = ""

    @property
    def is_list(self) -> bool:
        return self.spec.kind.is_list


def check(
    mapping: ImportMap, datamodel: DataModel, switched_off: Mapping[str, str] = MappingProxyType({})
) -> dict[str, TargetField]:
    """field → TargetField, for all fields that the map fills.

    `switched_off`: field → the setting that is off. Raises DomainError, by place in the map, with
    every unknown field and every option that the kind of field does not support.
    """
    fillable = dict(_fillable(datamodel))
    wrong: dict[str, str] = {}
    for rule in mapping.rules:
        filled = fillable.get(rule.field)
        off = switched_off.get(rule.field) or switched_off.get(rule.field.partition(".")[0])
        if off is not None:
            problem: str | None = _("Switched off by the setting “%(name)s”.", name=off)
        elif filled is None:
            problem = unknown(rule.field, tuple(fillable))
        else:
            problem = _problem(rule, filled)
        if problem:
            wrong[rule.place] = problem
        for name in rule.when.keys() - fillable.keys():
            wrong[f"{rule.place}.when"] = unknown(name, tuple(fillable))
    key = fillable.get(mapping.key or "")
    if key is not None and (not key.spec.kind.is_key or key.child):
        wrong["key"] = _("A key must be a text field of the record itself.")
    if wrong:
        raise DomainError(fields=wrong)
    return {rule.field: fillable[rule.field] for rule in mapping.rules}


def _fillable(datamodel: DataModel) -> Iterator[tuple[str, TargetField]]:
    model = datamodel.obj
    also = datamodel.rules.given_at_creation
    for name in _names(model):
        spec = find_spec(model, name)
        if spec is None or name in OURS or (spec.readonly and name not in also):
            continue
        relation = inspect(model).relationships.get(name)
        target = relation.mapper.class_ if relation is not None else None
        if target is not None and issubclass(target, Child):
            yield from _of_child(name, target)
        elif not spec.kind.is_file:
            yield name, TargetField(name, spec, target)


def _of_child(relation: str, model: type[Any]) -> Iterator[tuple[str, TargetField]]:
    for name in _names(model):
        spec = find_spec(model, name)
        if spec is None or name == model.__parent__ or spec.kind.is_list:
            continue
        link = inspect(model).relationships.get(name)
        full = f"{relation}.{name}"
        yield (
            full,
            TargetField(name, spec, link.mapper.class_ if link is not None else None, relation),
        )


def _names(model: type[Any]) -> Iterator[str]:
    mapper = inspect(model)
    for relation in mapper.relationships:
        if not relation.viewonly:
            yield relation.key
    for column in mapper.columns:
        if not column.foreign_keys:
            yield mapper.get_property_by_column(column).key


def _problem(rule: FieldRule, filled: TargetField) -> str | None:
    word = next((word for word in _unsupported(rule, filled)), None)
    if word is not None:
        return str(_("“%(word)s” has no meaning for this kind of field.", word=word))
    if filled.target is None:
        return None
    if rule.create and not (rule.by == "name" and issubclass(filled.target, Reference)):
        return str(_("Values can only be added to reference data, by name."))
    return _by(rule, filled.target)


def _unsupported(rule: FieldRule, filled: TargetField) -> Iterator[str]:
    for name in ("format", "factor", "decimal", "separator"):
        if getattr(rule, name) not in (None, "") and name not in filled.spec.kind.map_options:
            yield name
    if filled.target is None and rule.by != "name":
        yield "by"
    if filled.target is None and rule.create:
        yield "create"


def _by(rule: FieldRule, target: type[Any]) -> str | None:
    known = tuple(_finders(target))
    return None if rule.by in known else unknown(rule.by, known)


def _finders(target: type[Any]) -> Iterator[str]:
    """The texts by which a row of `target` can be looked up: its own, and those of its users."""
    yield "name"
    yield from _texts(target)
    for relation in inspect(target).relationships:
        people = relation.mapper.class_
        if relation.uselist and not issubclass(people, AuditedModel | Child):
            yield from (f"{relation.key}.{name}" for name in _texts(people))


def _texts(model: type[Any]) -> Iterator[str]:
    for name in map(str, inspect(model).columns.keys()):
        spec = find_spec(model, name)
        if spec is not None and spec.kind.is_key:
            yield name


def explained(error: DomainError, model: type[Any], mapping: ImportMap) -> str:
    """An error as one line of the report: fields by label and column of the file."""
    columns = {rule.field: rule.column for rule in mapping.columns}
    parts = [error.message] if error.message else []
    for path, sentence in error.fields.items():
        name = re.sub(r"\.\d+(?=\.)", "", path)  # `links.0.account`: a line has one of each
        label, column = _label(model, name), columns.get(name)
        place = f"{label} [{column}]" if column and column != label else label
        parts.append(labelled(place, sentence))
    return " ".join(parts)


def _label(model: type[Any], name: str) -> str:
    child, __, last = name.rpartition(".")
    if child in inspect(model).relationships:
        model = inspect(model).relationships[child].mapper.class_
    spec = find_spec(model, last) or find_spec(model, child)  # `body.fr`: a language of it
    return str(spec.label) if spec is not None else name
