"""Validated rows as plain values, to be pickled until they are written."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Mapper, PassiveFlag, Session

from crm.core.datamodel.bulk import Number
from crm.core.models import find_spec, key_of
from crm.core.models.checks import is_changed
from crm.core.transfer.uniques import Taken, taken_by

LINE, WORD = "crm.line", "crm.word"  # in InstanceState.info of placeholders

# A row that another one points to: ("row", model, id), ("draft", place among the line's drafts),
# ("line", number of the line that makes it) or ("word", model, language, text).
Ref = tuple[Any, ...]


@dataclass(slots=True)
class Draft:
    """A new row or, with its `pk`, a change of one.

    `values` are those of columns, foreign keys included; `links` are to-one relationships to rows
    that are not in the database yet; `lists` say what is added to a list and what is removed.
    `version` is the one that the map's own row had when it was checked.
    """

    model: type[Any]
    values: dict[str, Any]
    links: dict[str, Ref] = field(default_factory=dict)
    lists: dict[str, tuple[list[Ref], list[Ref]]] = field(default_factory=dict)
    pk: int | None = None
    version: int | None = None
    company_id: int | None = None
    taken: tuple[Taken, ...] = ()


@dataclass(frozen=True)
class _Shape:
    """The columns and relationships of a table, cached."""

    columns: tuple[str, ...]
    readonly: frozenset[str]
    to_one: tuple[tuple[str, str], ...]  # relationship, attribute of its foreign key
    lists: tuple[str, ...]


@cache
def _shape(mapper: Mapper[Any]) -> _Shape:
    keys = [str(mapper.get_property_by_column(column).key) for column in mapper.columns]
    ours = [name for name in keys if name not in ("id", "row_version")]
    relations = [relation for relation in mapper.relationships if not relation.viewonly]
    return _Shape(
        tuple(ours),
        frozenset(name for name in ours if _is_readonly(mapper.class_, name)),
        tuple((one.key, key_of(one)) for one in relations if one.direction.name == "MANYTOONE"),
        tuple(one.key for one in relations if one.uselist and not _is_set_by_children(one)),
    )


def _is_set_by_children(relation: Any) -> bool:
    """Whether the rows of the list have the foreign key."""
    return relation.direction.name == "ONETOMANY" and bool(relation.back_populates)


def _is_readonly(model: type[Any], name: str) -> bool:
    spec = find_spec(model, name)
    return spec is not None and spec.readonly


def drafts_of(
    session: Session, row: Any, version: int | None, numbers: Mapping[str, Number]
) -> list[Draft]:
    """The new and changed rows of a line in the session, in the order of writing.

    `row` is the row that the line updates, if any, and `version` its version before; it comes
    first, so that it stands for the line, also where only its child rows change.
    """
    new = [made for made in session.new if not inspect(made).info]
    changed = [one for one in session.dirty if inspect(one).committed_state and one is not row]
    ordered = [*([row] if row is not None else []), *new, *changed]
    places = {id(made): place for place, made in enumerate(ordered)}
    drafts = [_draft(one, places, numbers) for one in ordered]
    rest = drafts[1:] if row is not None else drafts
    kept = [draft for draft in rest if draft.pk is None or _has_changes(draft)]
    if row is None:
        return kept
    drafts[0].version = version
    return [drafts[0], *kept] if kept or _has_changes(drafts[0]) else []


def _has_changes(draft: Draft) -> bool:
    return bool(draft.values or draft.links or draft.lists)


def _draft(row: Any, places: Mapping[int, int], numbers: Mapping[str, Number]) -> Draft:
    state = inspect(row)
    shape = _shape(state.mapper)
    is_new = not state.has_identity
    draft = Draft(type(row), {}, pk=None if is_new else row.id)
    values = draft.values
    for name in shape.columns:
        if name in state.committed_state and (is_new or is_changed(state, name)):
            value = state.dict.get(name)
            if value is not None or not is_new:
                values[name] = value
    for relation, attribute in shape.to_one:
        if relation in state.committed_state:
            _link(draft, relation, attribute, row, places)
    for name in shape.lists:
        if name in state.committed_state:
            _list(draft, name, state, places)
    if numbers:
        for name in shape.readonly & values.keys():
            values[name] = numbers.get(values[name], values[name])
    draft.company_id = values.get("company_id") or getattr(row, "company_id", None)
    draft.taken = tuple(taken_by(row, values, is_new=is_new))
    return draft


def _link(draft: Draft, relation: str, attribute: str, row: Any, places: Mapping[int, int]) -> None:
    """Add a link: as a foreign key to a stored row, else as a reference to a new one."""
    target, stored = getattr(row, relation), getattr(row, attribute)
    if target is None:
        if draft.pk is not None:
            draft.values[attribute] = None
        return
    ref = ref_of(target, places)
    if ref[0] == "row":
        if draft.pk is None or target.id != stored:
            draft.values[attribute] = target.id
    else:
        draft.values.pop(attribute, None)
        draft.links[relation] = ref


def _list(draft: Draft, name: str, state: Any, places: Mapping[int, int]) -> None:
    history = state.get_history(name, PassiveFlag.PASSIVE_NO_INITIALIZE)
    added = [ref_of(row, places) for row in history.added or ()]
    removed = [ref_of(row, places) for row in history.deleted or ()]
    if draft.pk is not None and state.mapper.relationships[name].back_populates:
        added = [ref for ref in added if ref[0] != "draft"]  # the new row has the link itself
    if added or removed:
        draft.lists[name] = (added, removed)


def ref_of(target: Any, places: Mapping[int, int]) -> Ref:
    state = inspect(target)
    if state.has_identity:
        return ("row", type(target), target.id)
    if LINE in state.info:
        return ("line", state.info[LINE])
    if WORD in state.info:
        return ("word", type(target), *state.info[WORD])
    return ("draft", places[id(target)])


def mark_saved(session: Session, row: Any) -> None:
    """Mark the changes of `row` as saved, so that later lines see its new values.

    As a flush does after writing; SQLAlchemy has no public function for it.
    """
    state = inspect(row)
    for relation, attribute in _shape(state.mapper).to_one:
        if relation in state.committed_state:
            target = state.dict.get(relation)
            state.dict[attribute] = target.id if target is not None else None
    state._commit_all(state.dict, session.identity_map)


def build(drafts: Iterable[Draft]) -> list[Any]:
    """The new rows of a line, with their links to each other, in the order of its drafts.

    None stands for a change, whose row is yet to be read.
    """
    drafts = list(drafts)
    rows = [draft.model(**draft.values) if draft.pk is None else None for draft in drafts]
    for row, draft in zip(rows, drafts, strict=True):
        if row is not None:
            for relation, ref in draft.links.items():
                if ref[0] == "draft":
                    setattr(row, relation, rows[ref[1]])
    return rows


def refs(drafts: Iterable[Draft]) -> Iterator[Ref]:
    """All references of these drafts to other rows."""
    for draft in drafts:
        for ref in draft.links.values():
            if ref[0] != "draft":
                yield ref
        for added, removed in draft.lists.values():
            yield from (ref for ref in [*added, *removed] if ref[0] != "draft")


def changed_columns(draft: Draft) -> list[str]:
    """The columns that a draft fills, foreign keys of rows that are yet to come included."""
    keys = dict(_shape(inspect(draft.model)).to_one)
    return [*draft.values, *(keys[relation] for relation in draft.links)]


__all__ = [
    "LINE",
    "WORD",
    "Draft",
    "Ref",
    "build",
    "changed_columns",
    "drafts_of",
    "mark_saved",
    "ref_of",
    "refs",
]  # fmt: skip
