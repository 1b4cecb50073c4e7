"""The row filter: a condition on every SELECT of the session for the rows the actor may read.

A table takes part by naming its row of the rights grid in `__entity__`. With `__read_with__`, the
names of relations, its rows are also read by whoever reads a row that they are linked to. Rows of
one person (`Personal`) are read by that person alone; `crm.core.privacy` says which rows few people
read. Closed by default: where nobody acts, a filtered table is empty.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import Group, User, assoc_user_group
from flask_babel import gettext as _
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    event,
    false,
    func,
    inspect,
    not_,
    null,
    or_,
    select,
    true,
)
from sqlalchemy.orm import LoaderCriteriaOption, Mapper, ORMExecuteState, PassiveFlag, Session
from sqlalchemy.orm.interfaces import ORMOption
from sqlalchemy.sql.elements import False_, True_
from sqlalchemy.sql.visitors import anon_map as empty_map

from crm.core import privacy
from crm.core.actor import Actor, Scope, find_actor
from crm.core.db import db, is_writing
from crm.core.errors import DomainError, NotFound
from crm.core.models import AuditedModel, Personal, Reference, key_of, link_of, target_of
from crm.core.models.checks import CHECKED
from crm.core.models.tables import BINNED, LIVE

Marks = tuple[tuple[str, ColumnElement[bool]], ...]

_reasons: ContextVar[str | None] = ContextVar("unfiltered", default=None)

# Execution option: the table whose bin is meant, instead of what is outside it.
IN_BIN = "crm_in_bin"
# In the session's info, until the next transaction asks again (`recheck`): (table, action) → key of
# each row that was fetched before it → its version then.
FETCHED = "crm.fetched"


@contextmanager
def unfiltered(reason: str) -> Iterator[None]:
    """Read without the row filter, the only way to. `reason` is for the reviewer."""
    token = _reasons.set(reason)
    try:
        yield
    finally:
        _reasons.reset(token)


def is_filtered() -> bool:
    return _reasons.get() is None


@lru_cache
def filtered_models() -> tuple[type[Any], ...]:
    mapped = (mapper.class_ for mapper in Model.registry.mappers)
    return tuple(
        model
        for model in mapped
        if issubclass(model, AuditedModel | Personal)
        and not issubclass(model, Reference)
        and hasattr(model, "__entity__")
    )


def criteria(model: type[Any], action: str, actor: Actor | None = None) -> ColumnElement[bool]:
    """The rows of `model` to which the actor may do `action`, as SQL, the bin aside."""
    actor = actor or find_actor()
    if action != "read" or actor is None:
        return granted(model, action, actor)
    return _readable(model, actor, linked_readers(model))


def _readable(
    model: type[Any], actor: Actor, links: Sequence[str], *, within: bool = False
) -> ColumnElement[bool]:
    """The rows that the actor reads: by the grid, by `links`, or where they take part.

    `within` a subquery that is asked row by row.
    """
    condition = by_grid(model, "read", actor)
    if not isinstance(condition, True_):
        condition = or_(condition, *(_read_with(model, name, actor) for name in links))
    if not privacy.has_participants(model):
        return and_(condition, privacy.is_open_to(model, actor))
    open_rows = and_(condition, privacy.is_open_to(model, actor, but_participants=True))
    takes_part = privacy.takes_part_in_each if within else privacy.takes_part
    return or_(open_rows, takes_part(model, actor))


def linked_readers(model: type[Any]) -> tuple[str, ...]:
    """The relations with which rows of `model` are read."""
    found: tuple[str, ...] = getattr(model, "__read_with__", ())
    return found


def _read_with(model: type[Any], relation: str, actor: Actor) -> ColumnElement[bool]:
    """The rows linked to one that the actor reads; one look by its key for each row.

    Not by EXISTS, for which PostgreSQL may read the whole of the other table first.
    """
    target, key = target_of(model, relation), link_of(model, relation)[1]
    reads = and_(_readable(target, actor, (), within=True), _bin(target, in_bin=False))
    linked = select(target.id).where(target.id == getattr(model, key), reads)
    return linked.correlate_except(target).scalar_subquery().is_not(None)


def granted(model: type[Any], action: str, actor: Actor | None = None) -> ColumnElement[bool]:
    """As `criteria`, without what is read with other rows: the rows that the page of `model` lists.

    What may be created, the service of a private row says, with its reason.
    """
    actor = actor or find_actor()
    if actor is None:
        return false()
    condition = by_grid(model, action, actor)
    return condition if action == "create" else and_(condition, privacy.is_open_to(model, actor))


def by_grid(model: type[Any], action: str, actor: Actor) -> ColumnElement[bool]:
    """The rows to which the grid of rights lets the actor do `action`, private ones included."""
    if issubclass(model, Personal):
        is_read = action == "read"
        return model.readable(actor.user_id) if is_read else model.changeable(actor.user_id)
    scopes = actor.scopes(action, model.__entity__)
    if not scopes:
        return false()
    if Scope.ALL in scopes:
        return true()
    if not hasattr(model, "company_id"):
        return model.id.in_(actor.company_ids) if model.__entity__ == "companies" else true()
    mine = model.company_id.in_(actor.company_ids)
    condition = and_(mine, _within(model, actor, scopes))
    if action == "read" and model.__table__.c.company_id.nullable:
        return or_(condition, model.company_id.is_(None))
    return condition


def _within(model: type[Any], actor: Actor, scopes: frozenset[Scope]) -> ColumnElement[bool]:
    if Scope.COMPANY in scopes or not hasattr(model, "owner_id"):
        return true()
    if Scope.AGENCY in scopes and (
        not actor.is_enabled("manage_agencies") or not hasattr(model, "agency_id")
    ):
        return true()
    if Scope.TEAM in scopes:
        owners = sorted({actor.user_id, *actor.teammate_ids})
        conditions: list[ColumnElement[bool]] = [
            model.owner_id.in_(owners),
            model.owner_id.is_(None),
        ]
    else:
        conditions = [model.owner_id == actor.user_id]
    if Scope.AGENCY in scopes:
        conditions.append(model.agency_id.is_(None))
        if actor.agency_id is not None:
            conditions.append(model.agency_id == actor.agency_id)
    return or_(*conditions)


def kept_from(model: type[Any], actor: Actor) -> ColumnElement[bool]:
    """The private rows of others that the grid alone would let the actor read."""
    return and_(by_grid(model, "read", actor), privacy.is_kept_from(model, actor))


def known_values(model: type[Any]) -> dict[str, tuple[Any, ...]]:
    """column → its values in the rows that the actor may read, where these are a few known ones.

    Redundant with the row filter: they let the database read a list along an index.
    """
    actor = find_actor()
    if actor is None or not is_filtered() or model not in filtered_models():
        return {}
    if issubclass(model, Personal):
        return {"user_id": (actor.user_id,)}
    scopes = actor.scopes("read", model.__entity__)
    found: dict[str, tuple[Any, ...]] = {}
    if hasattr(model, "company_id"):
        companies = actor.all_company_ids if Scope.ALL in scopes else actor.company_ids
        is_shared = model.__table__.c.company_id.nullable
        found["company_id"] = (*companies, *([None] if is_shared else []))
    is_by_owner = hasattr(model, "owner_id") and not linked_readers(model)
    if is_by_owner and scopes and scopes <= {Scope.OWN, Scope.TEAM}:
        is_team = Scope.TEAM in scopes
        owners = {actor.user_id, *(actor.teammate_ids if is_team else ())}
        found["owner_id"] = (*sorted(owners), *([None] if is_team else []))
    return found


def read_beyond(model: type[Any]) -> ColumnElement[bool] | None:
    """The rows, few of them, that the actor reads and that are outside `known_values`.

    Those in which they take part; None where there are none.
    """
    actor, known = find_actor(), known_values(model)
    if actor is None or not known or not privacy.has_participants(model):
        return None
    if Scope.ALL in actor.scopes("read", model.__entity__):
        return None
    inside = (is_one_of(getattr(model, name), values) for name, values in known.items())
    mine = privacy.found_as_participant(model, actor, db.session().get_bind().dialect.name)
    return and_(mine, not_(func.coalesce(and_(*inside), false())))


def is_one_of(column: Any, values: Sequence[Any]) -> ColumnElement[bool]:
    """Whether `column` has one of these values, NULL if None is among them."""
    filled = column.in_([value for value in values if value is not None])
    return or_(filled, column.is_(None)) if None in values else filled


def listed_rows(statement: Select[Any], model: type[Any]) -> str | None:
    """Which rows the filter lets `statement` see, as an index over them says it; None for all.

    None too where there are none to see: no condition is left then that an index could serve.
    """
    where = statement.whereclause
    is_nothing = isinstance(getattr(where, "element", where), False_)
    if not is_filtered() or not may_any("read", model) or is_nothing:
        return None
    return BINNED if statement.get_execution_options().get(IN_BIN) is not None else LIVE


def _bin(model: type[Any], in_bin: bool) -> ColumnElement[bool]:
    if not hasattr(model, "deleted_at"):
        return true()
    return model.deleted_at.is_not(None) if in_bin else model.deleted_at.is_(None)


class _Condition(LoaderCriteriaOption):
    """A condition of the filter, whose part of a statement's cache key is worked out once.

    There is one for each filtered table in every statement: to walk through them all each time
    took a tenth of a request. Conditions that differ in values alone share their number, and give
    their values to the compiled statement as others do.
    """

    _traverse_internals = LoaderCriteriaOption._traverse_internals
    __slots__ = ("_kept",)

    def _gen_cache_key(
        self, anon_map: empty_map, bindparams: list[BindParameter[Any]]
    ) -> tuple[Any, ...] | None:
        kept: tuple[int, list[BindParameter[Any]]] | None = getattr(self, "_kept", None)
        if kept is None:
            values: list[BindParameter[Any]] = []
            shape = super()._gen_cache_key(empty_map(), values)
            if shape is None:  # it cannot be cached, nor can its statement
                return super()._gen_cache_key(anon_map, bindparams)
            kept = self._kept = (_shapes.setdefault(shape, next(_numbers)), values)
        bindparams.extend(kept[1])
        return (_Condition, kept[0])


_shapes: dict[Any, int] = {}  # the cache key of a condition → its number
_numbers = count()


@lru_cache(maxsize=500)
def _options(
    rule: Callable[..., ColumnElement[bool]], actor: Actor | None, in_bin: type[Any] | None
) -> tuple[Any, ...]:
    """The filter's conditions by `rule`, for whoever equals `actor` in all they hold.

    They are kept for later requests, because building them costs more than using them.
    """
    return tuple(
        _Condition(
            model,
            and_(rule(model, "read", actor), _bin(model, model is in_bin)),
            include_aliases=True,
        )
        for model in filtered_models()
    )


def _filter(state: ORMExecuteState) -> None:
    if not (state.is_select or state.is_update or state.is_delete):
        return
    if state.is_column_load or not is_filtered():
        return
    in_bin = state.execution_options.get(IN_BIN)
    actor = find_actor()
    # The session keeps the last actor's, so that actors are compared once a request.
    kept: dict[Any, Any] = state.session.info.setdefault("crm.criteria", {})
    if kept.get("actor") is not actor or in_bin not in kept:
        if kept.get("actor") is not actor:
            kept.clear()
            kept["actor"] = actor
        kept[in_bin] = _options(criteria, actor, in_bin)
    state.statement = state.statement.options(*kept[in_bin])


@dataclass(frozen=True)
class _Link:
    """A to-one link of a row that is about to be flushed."""

    row: Any
    relation: str
    pk: int


def _guard_links(session: Session, context: Any, instances: Any) -> None:
    """Refuse links to rows that the actor may not see or that are of another company."""
    if not is_filtered() or CHECKED in session.info:
        return
    with session.no_autoflush:
        written: dict[type[Any], list[_Link]] = defaultdict(list)
        for row in [*session.new, *(r for r in session.dirty if session.is_modified(r))]:
            for target, link in _new_links(row):
                written[target].append(link)
        for target, links in written.items():
            # One statement for all the links to a table.
            known = linkable_companies(session, target, {link.pk for link in links})
            for link in links:
                _guard(link, known)


def _new_links(row: Any) -> Iterator[tuple[type[Any], _Link]]:
    state = inspect(row)
    for relation, attribute, target in guarded_relations(state.mapper):
        by_row = _changed(state, relation)
        if not by_row and not _changed(state, attribute):
            continue
        linked = getattr(row, relation) if by_row else None
        if linked is not None and inspect(linked).pending:
            continue  # created in the same flush, and guarded itself
        pk = linked.id if linked is not None else getattr(row, attribute)
        if pk is not None:
            yield target, _Link(row, relation, pk)


@lru_cache(maxsize=200)
def guarded_relations(mapper: Mapper[Any]) -> tuple[tuple[str, str, type[Any]], ...]:
    """The to-one relations to check at a flush: (name, foreign key, target)."""
    return tuple(
        (
            relation.key,
            key_of(relation),
            relation.mapper.class_,
        )
        for relation in mapper.relationships
        if relation.direction.name == "MANYTOONE"
        and not relation.viewonly
        and relation.mapper.class_ in (*filtered_models(), User)
    )


def _changed(state: Any, name: str) -> bool:
    return name in state.committed_state and bool(
        state.get_history(name, PassiveFlag.PASSIVE_NO_INITIALIZE).added
    )


def linkable_companies(session: Session, target: type[Any], pks: set[int]) -> dict[int, int | None]:
    """key → company (None without one) of those rows that the actor may link to."""
    company = target.company_id if hasattr(target, "company_id") else null()
    known = select(target.id, company).where(target.id.in_(pks), linkable(target))
    if is_writing(session):
        # Wait for a merge that takes one of them away: the foreign key would still be satisfied.
        known = known.with_for_update(of=target, read=True, key_share=True)
    found = session.execute(known)
    return {row[0]: row[1] for row in found}


def _guard(link: _Link, companies: dict[int, int | None]) -> None:
    row = link.row
    own = getattr(row, "company_id", None) or getattr(getattr(row, "company", None), "id", None)
    if link.pk not in companies or (own is not None and companies[link.pk] not in (None, own)):
        raise DomainError(_("Not a valid choice."), field=link.relation)


def linkable(target: type[Any]) -> ColumnElement[bool]:
    """A condition beyond the row filter for rows of `target` whose id comes from a request.

    Files have no filter and are never named by their id: only who uploads one links to it.
    People have no filter, as their names stand on records: one is in reach who shares one of the
    actor's companies, or everybody with scope `all`. A group is with its members.
    """
    if not getattr(target, "__linked_by_id__", True):
        return false()
    actor = find_actor()
    if target not in (User, Group) or actor is None or not is_filtered():
        return true()
    if actor.widest_scope("read", "users") is Scope.ALL:
        return true()
    members = Model.metadata.tables["user_company"]
    shared = select(members.c.user_id).where(members.c.company_id.in_(actor.company_ids))
    if target is User:
        return or_(User.id == actor.user_id, User.id.in_(shared))
    theirs = select(assoc_user_group.c.group_id).where(assoc_user_group.c.user_id.in_(shared))
    return or_(Group.id.in_(actor.group_ids), Group.id.in_(theirs))


def fetch(
    session: Session,
    model: type[Any],
    pk: int,
    action: str = "read",
    options: Sequence[ORMOption] = (),
) -> Any:
    """The row, if the actor may do `action` to it. Raises NotFound otherwise.

    Always a SELECT: the identity map would answer without asking the filter.
    """
    statement = select(model).where(model.id == pk).options(*options)
    statement = statement.execution_options(populate_existing=True)
    if action != "read" and is_filtered() and model in filtered_models():
        statement = statement.where(criteria(model, action))
    if not is_open(action, model):
        raise NotFound
    row = session.scalars(statement).unique().first()
    if row is None:
        raise NotFound
    _note_fetched(session, action, row)
    return row


def fetch_each(
    session: Session,
    model: type[Any],
    pks: Sequence[int],
    action: str,
    options: Sequence[ORMOption] = (),
) -> dict[int, Any]:
    """id → row, of those of `pks` to which the actor may do `action`, as `fetch` for each."""
    statement = select(model).where(model.id.in_(pks)).options(*options)
    if is_filtered() and model in filtered_models():
        statement = statement.where(criteria(model, action))
    found = session.scalars(statement.execution_options(populate_existing=True)).unique()
    by_id = {row.id: row for row in found}
    for row in by_id.values():
        _note_fetched(session, action, row)
    return by_id


def _note_fetched(session: Session, action: str, row: Any) -> None:
    """Note the version for `recheck`, which compares it under the lock."""
    if is_writing(session):
        return
    fetched: dict[Any, dict[int, Any]] = session.info.setdefault(FETCHED, {})
    fetched.setdefault((type(row), action), {})[row.id] = getattr(row, "row_version", None)


def is_open(action: str, model: type[Any]) -> bool:
    """Whether the actor may do `action` to a vocabulary; True for tables with a row filter."""
    return not issubclass(model, Reference) or not is_filtered() or may_any(action, model)


def may(session: Session, action: str, row: Any) -> bool:
    return bool(allowed(session, action, [row]))


def may_any(action: str, model: type[Any]) -> bool:
    """Whether the actor may do `action` to some row of `model`."""
    actor = find_actor()
    if actor is None:
        return False
    if issubclass(model, Personal):
        return True
    if issubclass(model, Reference) and action != "read":
        return actor.widest_scope(action, model.__entity__) is Scope.ALL
    return actor.can(action, model.__entity__)


def rights(session: Session, row: Any, actions: Sequence[str]) -> set[str]:
    """Those of `actions` that the actor may do to this row, in one statement."""
    model, actor = type(row), find_actor()
    if actor is None:
        return set()
    held = [action for action in actions if may_any(action, model)]
    if not held or model not in filtered_models():
        return set(held)
    columns = (criteria(model, action).label(action) for action in held)
    found = session.execute(select(*columns).select_from(model).where(model.id == row.id)).first()
    return {action for action in held if found is not None and getattr(found, action)}


def marks(model: type[Any], actions: Sequence[str]) -> Marks:
    """(action, the rows to which the actor may do it) of each, to be read with the rows."""
    is_ours = model in filtered_models()
    held = (action for action in actions if may_any(action, model))
    return tuple((action, criteria(model, action) if is_ours else true()) for action in held)


def allowed(session: Session, action: str, rows: Sequence[Any]) -> set[int]:
    """The keys of those `rows`, all of one table, to which the actor may do `action`."""
    model = type(rows[0])
    ids = {row.id for row in rows}
    if model not in filtered_models():
        return ids if may_any(action, model) else set()
    statement = select(model.id).where(model.id.in_(ids), criteria(model, action))
    return set(session.scalars(statement))


def install(session: Any) -> None:
    """Install the filter and the check of links on the session, before its first query."""
    event.listen(session, "do_orm_execute", _filter)
    event.listen(session, "before_flush", _guard_links)
