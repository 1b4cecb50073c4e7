"""Create, update, delete and restore rows, for pages, API and import alike.

`values` maps names of columns and relationships to Python values: text, Decimal, date, aware
datetime, bool; a row or None for a to-one relationship, a list of rows for the others. None of
these functions commits.
"""

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import inspect, select
from sqlalchemy.orm import Mapper
from sqlalchemy.orm.attributes import set_committed_value

from crm.core import privacy, rows
from crm.core.actor import Scope, find_actor
from crm.core.datamodel.bulk import current_bulk
from crm.core.datamodel.lines import accepted_links
from crm.core.datamodel.link_checks import candidates, check_link
from crm.core.datamodel.references import references_to, settings_naming
from crm.core.datamodel.rules import PLAIN, Rules, Values
from crm.core.db import db
from crm.core.db_errors import translate_errors
from crm.core.errors import Conflict, DomainError, Forbidden, NotFound
from crm.core.models import (
    AuditedModel,
    Child,
    Owned,
    Record,
    key_of,
    spec_of,
)
from crm.core.models.checks import check_row
from crm.core.types import utcnow


def create_row(model: type[Any], values: Values, rules: Rules = PLAIN) -> Any:
    """A new row with `values`, flushed; within a bulk it is only created in memory.

    Raises DomainError by field; Forbidden where the row would lie outside the create scope.
    """
    session = db.session()
    row = model()
    with session.no_autoflush:
        _guard_owner(model, values)
        _guard_private(model, values)
        assign(row, values, rules)
        session.add(row)
    if current_bulk() is not None:
        return row  # the import checks the scope of all rows at once
    flush()
    if rows.is_filtered() and not rows.may(session, "create", row):
        raise Forbidden(_("You are not allowed to create this record here."))
    return row


def flush() -> None:
    """Write what was changed so far; within a bulk, nothing. Raises DomainError, Conflict."""
    if current_bulk() is None:
        session = db.session()
        with translate_errors(session):
            session.flush()


def check_version(row: Any, version: int | None) -> None:
    """Raises Conflict where `row` was saved since it had this row_version.

    Sets it as the committed value too, so that the UPDATE's WHERE compares it.
    """
    if version is None:
        return
    if row.row_version != version:
        raise Conflict(_("Somebody else changed this record in the meantime."))
    set_committed_value(row, "row_version", version)


def update_row(row: Any, values: Values, rules: Rules = PLAIN) -> None:
    """Change a row that was fetched for editing, and flush it. Raises DomainError by field."""
    session = db.session()
    with session.no_autoflush:
        _guard_company(row, values)
        _guard_owner(type(row), values, getattr(row, "owner_id", None))
        _guard_private(type(row), values, row)
        assign(row, values, rules)
        _mark_lists(row)
    flush()


def _mark_lists(row: Any) -> None:
    """Raise the version of a record of which only links or lines change."""
    state, session = inspect(row), db.session()
    if not isinstance(row, AuditedModel) or not state.has_identity:
        return
    for relation in state.mapper.relationships:
        if not relation.uselist or relation.viewonly:
            continue
        lines = state.dict.get(relation.key) or ()
        if state.attrs[relation.key].history.has_changes() or any(
            isinstance(line, Child) and session.is_modified(line) for line in lines
        ):
            row.changed_on = utcnow()


def _guard_company(row: Any, values: Values) -> None:
    if not isinstance(row, Record) or "company" not in values:
        return
    company = values["company"]
    if (company.id if company is not None else None) != row.company_id:
        raise DomainError(_("A record cannot change company."), field="company")


def _guard_owner(model: type[Any], values: Values, before: int | None = None) -> None:
    """Another owner needs edit scope team or more; where there is none, not oneself (spec 1.3)."""
    actor = find_actor()
    if actor is None or not rows.is_filtered() or not issubclass(model, Owned):
        return
    owner = values.get("owner")
    wanted = owner.id if owner is not None else None
    free = {before} if before is not None else {None, actor.user_id}
    if "owner" not in values or wanted in free:
        return
    if actor.widest_scope("edit", model.__entity__) < Scope.TEAM:  # type: ignore[attr-defined]  # a record
        raise DomainError(_("You can only assign this record to yourself."), field="owner")


def _guard_private(model: type[Any], values: Values, row: Any = None) -> None:
    """Only the owner makes a row private, or public again; a private one stays theirs."""
    actor = find_actor()
    if actor is None or not rows.is_filtered() or not privacy.has_private(model):
        return
    name, private = model.__private__
    was = row is not None and getattr(row, name) == private
    held_by = getattr(row, "owner_id", None)
    owner = values.get("owner")
    wanted = (owner.id if owner is not None else None) if "owner" in values else held_by
    is_now = values.get(name, private if was else None) == private
    if was != is_now and actor.user_id != (wanted if is_now else held_by):
        raise DomainError(
            _("Only the person to whom it is assigned can change who sees it."), field=name
        )
    if was and is_now and wanted != held_by:
        raise DomainError(_("It is private: make it public first."), field="owner")


def assign(
    row: Any,
    values: Values,
    rules: Rules = PLAIN,
    known: Collection[tuple[str, int]] = (),
) -> None:
    """Set `values` on the row; links must be to rows that a picker would offer.

    `known` are links, as (relation, key), that were checked already. Raises DomainError by field.
    """
    mapper = inspect(row).mapper
    keys, lists = _foreign_keys(mapper), _lists_of_children(mapper)
    facts = {**_facts(row, rules), **values}
    wrong: dict[str, str] = {}
    for name, value in values.items():
        if name in lists:
            wrong.update(assign_children(row, name, value, rules))
            continue
        if name in keys and value is not None:
            if value.id is not None and getattr(row, keys[name]) == value.id:
                continue  # the same link, which may be hidden
            try:
                if (name, value.id) not in known:
                    check_link(row, name, value, facts, rules)
            except DomainError as error:
                wrong.update(error.fields)
                continue
        setattr(row, name, value)
    if wrong:
        raise DomainError(fields={**_other_errors(row), **wrong})


def _other_errors(row: Any) -> Mapping[str, str]:
    """What else is wrong with a row whose links are refused, so that all is said at once."""
    try:
        check_row(row)
    except DomainError as error:
        return error.fields
    return {}


@cache
def _foreign_keys(mapper: Mapper[Any]) -> dict[str, str]:
    """To-one relationship → the attribute of its foreign key."""
    return {
        relation.key: key_of(relation) for relation in mapper.relationships if not relation.uselist
    }


@cache
def _lists_of_children(mapper: Mapper[Any]) -> frozenset[str]:
    lists = (relation for relation in mapper.relationships if relation.uselist)
    return frozenset(r.key for r in lists if issubclass(r.mapper.class_, Child))


def assign_children(
    row: Any, relation: str, lines: Sequence[Values], rules: Rules
) -> dict[str, str]:
    """Replace the children of `row` by `lines`, in this order; those with an "id" are updated.

    Returns errors as `relation.number.field` → message, the number from 0.
    """
    model = inspect(type(row)).relationships[relation].mapper.class_
    present = {child.id: child for child in getattr(row, relation)} if row.id else {}
    wrong: dict[str, str] = {}
    known = accepted_links(lines, lambda name, facts: candidates(model, name, facts, rules))
    children = []
    for number, values in enumerate(lines):
        pk = values.get("id")
        if pk is not None and pk not in present:  # or is in an earlier line
            wrong[f"{relation}.{number}"] = _("This line no longer exists.")
            continue
        child = present.pop(pk) if pk is not None else model()
        rest = {name: value for name, value in values.items() if name != "id"}
        try:
            assign(child, rest, rules, known)
        except DomainError as error:
            wrong |= {f"{relation}.{number}.{name}": text for name, text in error.fields.items()}
        if hasattr(child, "position"):
            child.position = number
        children.append(child)
    if not wrong:
        setattr(row, relation, children)
    return wrong


def _facts(row: Any, rules: Rules) -> dict[str, Any]:
    """The values of the row that candidates depend on."""
    if inspect(row).persistent:
        return rules.facts(row)
    return {"company_id": getattr(row, "company_id", None)}


def delete_row(row: Any) -> None:
    """Move to the bin, or delete where the table has none.

    Raises DomainError, with the number of records, for a vocabulary's row that is used, and for
    one that the settings name.
    """
    session = db.session()
    if isinstance(row, Record):
        row.deleted_at = utcnow()
    else:
        if wrong := _uses(row):
            raise DomainError(" ".join(wrong))
        session.delete(row)
    with translate_errors(session):
        session.flush()


def _uses(row: Any) -> list[str]:
    """Why a row of a vocabulary cannot be deleted, in sentences."""
    found = []
    if used := sum(count for __, count in references_to(row)):
        found.append(
            ngettext(
                "Used by %(num)s record; deactivate it instead.",
                "Used by %(num)s records; deactivate it instead.",
                used,
            )
        )
    if named := settings_naming(row):
        found.append(
            _(
                "The settings name this value (%(names)s): choose another one there first.",
                names=", ".join(map(str, named)),
            )
        )
    return found


def restore_row(model: type[Any], pk: int) -> Any:
    """Restore from the bin. Raises NotFound, and DomainError for a value that is taken by now."""
    session = db.session()
    statement = select(model).where(model.id == pk, rows.criteria(model, "delete"))
    row = session.scalars(statement.execution_options(**{rows.IN_BIN: model})).unique().first()
    if row is None:
        raise NotFound
    if getattr(row, "merged_into_id", None) is not None:
        raise DomainError(_("%(row)s was merged and cannot be restored.", row=row))
    for index in model.__table__.indexes:
        _refuse_double(row, index)
    row.deleted_at = None
    with translate_errors(session):
        session.flush()
    return row


def _refuse_double(row: Any, index: Any) -> None:
    values = [getattr(row, column.name) for column in index.columns]
    if not index.unique or any(value is None for value in values):
        return
    model, field = type(row), index.info.get("field") or list(index.columns)[-1].name
    same = [column == value for column, value in zip(index.columns, values, strict=True)]
    other = db.session.scalars(select(model).where(*same, model.id != row.id)).unique().first()
    if other is not None:
        raise DomainError(
            _(
                "Cannot restore: %(other)s has this %(field)s.",
                other=other,
                field=spec_of(model, field).label,
            )
        )
