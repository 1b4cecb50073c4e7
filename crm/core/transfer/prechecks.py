"""Check rights, links and unique values of many drafts, in a few statements, without writing.

Called when the lines are validated, and again under the lock when they are written.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Column, inspect, literal, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.visitors import replacement_traverse

from crm.core import rows
from crm.core.db import batches
from crm.core.errors import Conflict, DomainError, Forbidden
from crm.core.transfer.drafts import Draft
from crm.core.transfer.uniques import Taken, uniques, used

Lines = Mapping[int, Sequence[Draft]]  # number of the line → its drafts


def find_refusals(session: Session, lines: Lines) -> dict[int, DomainError]:
    """line number → error, of the lines that cannot be written."""
    found: dict[int, DomainError] = {}
    for question in (_changes, _links, _places, _doubles):
        left = {number: drafts for number, drafts in lines.items() if number not in found}
        for number, error in question(session, left):
            found.setdefault(number, error)
    return found


Refused = Iterator[tuple[int, DomainError]]


def _each(lines: Lines) -> Iterator[tuple[int, Draft]]:
    for number, drafts in lines.items():
        for draft in drafts:
            yield number, draft


def _changes(session: Session, lines: Lines) -> Refused:
    """Refuse updates of rows that are gone, were changed, or that the actor may not edit."""
    asked: dict[type[Any], list[tuple[int, Draft]]] = defaultdict(list)
    for number, draft in _each(lines):
        if draft.version is not None:
            asked[draft.model].append((number, draft))
    for model, drafts in asked.items():
        versions = _versions(session, model, [draft.pk for _number, draft in drafts])
        for number, draft in drafts:
            if draft.pk not in versions:
                yield number, Forbidden(_("You are not allowed to edit this record."))
            elif versions[draft.pk] != draft.version:
                yield number, Conflict(_("Somebody else changed this record in the meantime."))


def _versions(session: Session, model: type[Any], pks: Sequence[Any]) -> dict[Any, int]:
    """The version of each of these rows that the actor may edit."""
    statement = select(model.id, model.row_version)
    if rows.is_filtered() and model in rows.filtered_models():
        statement = statement.where(rows.criteria(model, "edit"))
    found: dict[Any, int] = {}
    for part in batches(pks):
        found |= {row[0]: row[1] for row in session.execute(statement.where(model.id.in_(part)))}
    return found


def _links(session: Session, lines: Lines) -> Refused:
    """Refuse links out of reach or to another company, as `rows` does in a flush."""
    if not rows.is_filtered():
        return
    written: dict[type[Any], list[tuple[int, int, str, int | None]]] = defaultdict(list)
    for number, draft in _each(lines):
        for relation, attribute, target in rows.guarded_relations(inspect(draft.model)):
            pk = draft.values.get(attribute)
            if pk is not None:
                written[target].append((number, pk, relation, draft.company_id))
    for target, links in written.items():
        known = _reachable(session, target, sorted({link[1] for link in links}))
        for number, pk, relation, company_id in links:
            if pk not in known or (company_id and known[pk] not in (None, company_id)):
                yield number, DomainError(_("Not a valid choice."), field=relation)


def _reachable(session: Session, target: type[Any], pks: list[int]) -> dict[int, int | None]:
    found: dict[int, int | None] = {}
    for part in batches(pks):
        found |= rows.linkable_companies(session, target, set(part))
    return found


def _places(session: Session, lines: Lines) -> Refused:
    """Refuse new rows outside the actor's create scope; cached by owner."""
    if not rows.is_filtered():
        return
    answers: dict[tuple[Any, ...], bool] = {}
    for number, drafts in lines.items():
        draft = drafts[0]  # the others belong to it
        if draft.pk is not None:
            continue
        names = ("company_id", "owner_id", "agency_id")
        key = (draft.model, *(draft.values.get(name) for name in names))
        if key not in answers:
            answers[key] = _may_create(session, draft)
        if not answers[key]:
            yield number, Forbidden(_("You are not allowed to create this record here."))


def _may_create(session: Session, draft: Draft) -> bool:
    """Whether a row with these values would be one that the actor may create."""
    model = draft.model
    if model not in rows.filtered_models():
        return rows.may_any("create", model)

    def value_of(element: Any, **_more: Any) -> Any:
        if isinstance(element, Column) and element.table.name == model.__tablename__:
            return literal(draft.values.get(element.key), element.type)
        return None

    condition = replacement_traverse(rows.criteria(model, "create"), {}, value_of)
    return session.connection().execute(select(literal(1)).where(condition)).first() is not None


def _doubles(session: Session, lines: Lines) -> Refused:
    """Refuse unique values that a stored row has."""
    takers: dict[type[Any], dict[Taken, list[tuple[int, int | None]]]] = defaultdict(dict)
    for number, draft in _each(lines):
        for taken in draft.taken:
            takers[draft.model].setdefault(taken, []).append((number, draft.pk))
    for model, takes in takers.items():
        for taken, holder in used(session, model, takes):
            for number, pk in takes[taken]:
                if pk != holder:
                    yield number, already_used(model, taken[0])


def already_used(model: type[Any], place: int) -> DomainError:
    field = uniques(inspect(model))[place][1]
    return DomainError(_("This value is already used."), field=field)
