"""The merge itself, whoever asks for it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import inspect, select, update
from sqlalchemy.orm import Session

from crm.core.actor import Scope, current_actor
from crm.core.datamodel.saving import flush
from crm.core.db import db
from crm.core.errors import DomainError, Forbidden
from crm.core.journal import record, record_changes
from crm.core.merging.merged import MERGED_NAMES
from crm.core.merging.moving import Move
from crm.core.merging.names import Names, names_of, own_lists, told_links, told_lists
from crm.core.merging.rules import FEWEST, MOST, MergeRules
from crm.core.merging.signals import merged, merging
from crm.core.merging.values import (
    Sources,
    chosen_values,
    cut_cycles,
    is_empty,
    merged_fields,
)
from crm.core.rows import unfiltered
from crm.core.types import utcnow


def may_merge(entity: str) -> bool:
    """Whether the actor may merge records at all. Source: spec 1.3."""
    return current_actor().widest_scope("edit", entity) >= Scope.COMPANY


def default_kept(records: Sequence[Any], rules: MergeRules) -> Any:
    """The record that is kept unless another one is chosen: the most complete, then the oldest."""

    def order(row: Any) -> tuple[Any, ...]:
        filled = sum(not is_empty(row, name) for name in merged_fields(type(row)))
        return bool(_keep_refusal(row, records, rules)), -filled, row.created_on, row.id

    return min(records, key=order)


def check_records(records: Sequence[Any], rules: MergeRules) -> None:
    """Raises DomainError where these cannot be merged, Forbidden where the actor may not."""
    if not may_merge(type(records[0]).__entity__):
        raise Forbidden(_("You are not allowed to merge records."))
    if not FEWEST <= len(records) <= MOST or len({row.id for row in records}) < len(records):
        raise DomainError(_("Choose 2 to 5 different records."))
    if len({row.company_id for row in records}) > 1:
        raise DomainError(_("Records of two companies cannot be merged."))
    if refusal := rules.refusal(records):
        raise DomainError(refusal)


def check_kept(kept: Any, records: Sequence[Any], rules: MergeRules) -> None:
    """Raises DomainError on `keep` where this record cannot be the one that is kept."""
    if refusal := _keep_refusal(kept, records, rules):
        raise DomainError(refusal, field="keep")


def _keep_refusal(kept: Any, records: Sequence[Any], rules: MergeRules) -> str:
    return rules.keep_refusal(kept, [row for row in records if row is not kept])


def plan_merge(records: Sequence[Any], kept: Any, sources: Sources, rules: MergeRules) -> "Plan":
    """Check and work out a merge of `records`, fetched for editing, into `kept`, one of them.

    Before the transaction. `sources` says whose values to keep; a field that it lacks has its
    default. Raises DomainError by field.
    """
    check_records(records, rules)
    check_kept(kept, records, rules)
    values = chosen_values(records, kept, sources, rules)
    losers = [row for row in records if row is not kept]
    with unfiltered("every link moves, also those of rows that whoever merges cannot see"):
        names = names_of(type(kept), losers)
    return Plan(kept, losers, values, names)


@dataclass(frozen=True)
class Plan:
    """A merge that was checked: the values of the kept record, and the names of what moves."""

    kept: Any
    losers: Sequence[Any]
    values: dict[str, Any]
    names: Names


def merge(plan: Plan) -> None:
    """Carry out a merge, in one transaction, after which nothing points to the losers."""
    with unfiltered("every link moves, also those of rows that whoever merges cannot see"):
        _merge(db.session(), plan)


def _merge(session: Session, plan: Plan) -> None:
    kept, losers, model = plan.kept, plan.losers, type(plan.kept)
    told = {"kept": kept.id, "losers": [row.id for row in losers]}
    called = [[str(row), [model.__tablename__, row.id]] for row in losers]
    _lock(session, model, [kept.id, *told["losers"]])
    before = own_lists(kept)
    _into_bin(session, kept, losers)
    merging.send(model, **told)
    moved = Move(session, model, kept, losers).run()
    session.expire_all()
    cut_cycles(kept, plan.values)
    for name, value in plan.values.items():
        setattr(kept, name, value)
    kept.changed_on = utcnow()
    flush()
    merged.send(model, **told)
    session.refresh(kept)
    changes = {MERGED_NAMES: [None, called], **told_lists(kept, before)}
    record(kept, {**changes, **told_links(moved, plan.names)}, action="merged")


def _lock(session: Session, model: type[Any], ids: Sequence[int]) -> None:
    """Wait for those who are adding links to these rows; on PostgreSQL, SQLite has one writer."""
    locked = select(model.id).where(model.id.in_(ids)).order_by(model.id)
    session.execute(locked.with_for_update(of=model))


def _into_bin(session: Session, kept: Any, losers: Sequence[Any]) -> None:
    """Put the losers into the bin, by a statement: their other values are not checked again."""
    table = inspect(type(kept)).local_table
    gone = update(table).where(table.c.id.in_([row.id for row in losers]))
    session.execute(
        gone.values(
            deleted_at=utcnow(), merged_into_id=kept.id, row_version=table.c.row_version + 1
        )
    )
    link: Mapping[str, list[Any]] = {"merged_into_id": [None, kept.id]}
    record_changes(
        session,
        table.name,
        [(row.id, row.row_version + 1, row.company_id, dict(link)) for row in losers],
        action="deleted",
    )
