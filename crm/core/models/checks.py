"""Validation of rows before a flush: the rules of each field, then the row's `check()`."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import event, inspect
from sqlalchemy.orm import Mapper, PassiveFlag, Session

from crm.core.errors import DomainError
from crm.core.models.fields import Spec, link_behind, spec_of
from crm.core.models.tables import AuditedModel, Child
from crm.core.types import fold

# In Session.info while rows are flushed that were validated when they were made (an import's).
CHECKED = "crm.checked"


@dataclass(frozen=True)
class _Field:
    """What validation needs of a column, computed once for a table."""

    attribute: str
    place: str  # the field of its error message
    spec: Spec
    column: Any
    relation: str | None  # of a foreign key, where it has one
    may_be_empty: bool  # not required, or with a default, which is ours


@cache
def _fields(mapper: Mapper[Any]) -> tuple[_Field, ...]:
    return tuple(_field(mapper, column) for column in mapper.columns if "declared" in column.info)


def _field(mapper: Mapper[Any], column: Any) -> _Field:
    name = mapper.get_property_by_column(column).key
    spec = spec_of(mapper.class_, name)
    link = link_behind(mapper, name)
    return _Field(
        name,
        name.removesuffix("_id") if column.foreign_keys else name,
        spec,
        column,
        link.key if link is not None else None,
        column.default is not None or column.server_default is not None or not spec.required,
    )


@cache
def _keys(mapper: Mapper[Any]) -> tuple[tuple[str, str, int | None, str | None], ...]:
    """The folded columns: name, source, length, value where the source is empty."""
    return tuple(
        (
            column.key,
            column.info["folds"],
            getattr(column.type, "length", None),
            None if column.nullable else "",
        )
        for column in mapper.columns
        if "folds" in column.info
    )


def update_folded(row: Any) -> None:
    for name, source, length, empty in _keys(inspect(row).mapper):
        key = fold(str(getattr(row, source) or ""))[: length or None] or empty
        if getattr(row, name) != key:
            setattr(row, name, key)


def check_row(row: Any) -> None:
    """Clean the fields of `row` that changed, then ask its `check()`, whatever the first found.

    Raises DomainError with every field that is wrong, not only the first.
    """
    state = inspect(row)
    is_new = not state.has_identity
    wrong: dict[str, str] = {}
    for field in _fields(state.mapper):
        if _is_missing(state, field, is_new):
            wrong[field.place] = _("Required field")
            continue
        if not is_new and not is_changed(state, field.attribute):
            continue
        if field.may_be_empty and state.dict.get(field.attribute) is None:
            continue
        try:
            _clean_field(row, field)
        except ValueError as error:
            wrong[field.place] = str(error)
    update_folded(row)
    message = ""
    try:
        if hasattr(row, "check"):
            row.check()
    except DomainError as error:
        message, wrong = error.message, {**error.fields, **wrong}
    if message or wrong:
        raise DomainError(message, fields=wrong)


def _is_missing(state: Any, field: _Field, is_new: bool) -> bool:
    """Whether the database would refuse an empty value: a default fills in new rows only."""
    column = field.column
    if column.nullable or (is_new and _has_default(column)):
        return False
    if is_new:
        return not column.foreign_keys and state.dict.get(field.attribute) is None
    names = (field.attribute, *([field.relation] if field.relation is not None else []))
    return any(is_changed(state, name) and state.dict.get(name) is None for name in names)


def _has_default(column: Any) -> bool:
    return column.default is not None or column.server_default is not None


def is_changed(state: Any, name: str) -> bool:
    return name in state.committed_state and bool(
        state.get_history(name, PassiveFlag.PASSIVE_NO_INITIALIZE).has_changes()
    )


def _check_child(row: Child) -> None:
    """As `check_row`, naming the line within its parent: `lines.2.quantity`."""
    try:
        check_row(row)
    except DomainError as error:
        parent = getattr(row, row.__parent__)
        where = _place_of(parent, row)
        if where is None:
            raise
        raise DomainError(
            error.message, fields={f"{where}.{name}": text for name, text in error.fields.items()}
        ) from error


def _place_of(parent: Any, row: Child) -> str | None:
    for relation in inspect(parent).mapper.relationships if parent is not None else ():
        if relation.uselist and relation.mapper.class_ is type(row):
            children = list(getattr(parent, relation.key))
            return f"{relation.key}.{children.index(row)}" if row in children else None
    return None


def _clean_field(row: Any, field: _Field) -> None:
    value = getattr(row, field.attribute)
    if field.column.foreign_keys:
        if value is None and field.relation is not None:
            value = getattr(row, field.relation)
        if value is None:
            field.spec.clean(None)
        return
    cleaned = field.spec.clean(value, row)
    if cleaned is not value:
        setattr(row, field.attribute, cleaned)


@event.listens_for(Session, "before_flush")
def validate_flush(session: Session, context: Any, instances: Any) -> None:
    """Validate all new and changed rows of a flush. Raises DomainError with all that is wrong."""
    if CHECKED in session.info:
        return
    refused: list[DomainError] = []
    with session.no_autoflush:
        for row in [*session.new, *(row for row in session.dirty if session.is_modified(row))]:
            try:
                if isinstance(row, Child):
                    _check_child(row)
                elif isinstance(row, AuditedModel):
                    check_row(row)
            except DomainError as error:
                refused.append(error)
    if refused:
        raise joined(refused)


def joined(errors: Sequence[DomainError]) -> DomainError:
    """All of `errors` in one; of two about one field, the first."""
    fields = {name: text for error in reversed(errors) for name, text in error.fields.items()}
    return DomainError("\n".join(e.message for e in errors if e.message), fields=fields)
