"""Load the Actor of a user in two statements: the user with the settings, then their rights."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import (
    Group,
    Role,
    User,
    assoc_group_role,
    assoc_user_group,
    assoc_user_role,
)
from sqlalchemy import (
    ColumnElement,
    Integer,
    ScalarSelect,
    String,
    and_,
    bindparam,
    case,
    cast,
    literal,
    null,
    or_,
    select,
    union_all,
)

from crm.companies.models import AppSettings, Company, RoleCell, user_company
from crm.companies.models.settings import app_settings_group
from crm.core.actor import Actor, CompanyFacts, SavedLink, Scope
from crm.core.db import db
from crm.core.models import Reference
from crm.core.saved.models import SavedKind, SavedView, saved_view_group, shared_with
from crm.core.types import fold

# Tables instead of classes: the row filter needs the actor, so it must not apply here.
_user, _company, _settings = User.__table__, Company.__table__, AppSettings.__table__
_role, _group, _cell = Role.__table__, Group.__table__, RoleCell.__table__
_saved = SavedView.__table__
PRIVATE = "private"
_mate = assoc_user_group.alias()
_me = bindparam("user_id", type_=Integer)
# What upper slices count for every page, as subqueries with the parameter `user_id`.
COUNTS: dict[str, ScalarSelect[int]] = {}

_PERSON = (
    _user.c.id,
    _user.c.first_name,
    _user.c.last_name,
    _user.c.language,
    _user.c.time_zone,
    _user.c.theme,
    _user.c.agency_id,
    _user.c.active_company_id,
    _user.c.must_change_password,
    _user.c.single_keys,
    _user.c.picture_id,
)
_SETTINGS = tuple(
    column.label(f"app_{column.name}")
    for column in _settings.c
    if column.name not in ("id", "created_on", "changed_on", "created_by_id", "changed_by_id")
)
_COMPANY = ("name", "code", "country", "currency", "language", "time_zone", "default_account_kind")


def load_actor(user_id: int, *alive: ColumnElement[bool]) -> Actor | None:
    """The Actor of this user; None where they are gone, inactive, or do not meet `alive`."""
    # On the connection: the session would apply the row filter.
    session = db.session.connection()
    found = session.execute(_person().where(*alive), {"user_id": user_id}).mappings().first()
    if found is None:
        return None
    held: dict[str, list[Any]] = defaultdict(list)
    for row in session.execute(_held(), {"user_id": user_id}):
        held[row.sort].append(row)
    return Actor(
        user_id=found["id"],
        name=f"{found['first_name']} {found['last_name']}".strip(),
        language=found["language"],
        time_zone=found["time_zone"],
        theme="" if found["theme"] == "system" else found["theme"],
        agency_id=found["agency_id"],
        active_company_id=found["active_company_id"],
        companies=_companies(held["company"]),
        group_ids=tuple(row.number for row in held["group"]),
        team_ids=tuple(row.number for row in held["group"] if row.flag),
        teammate_ids=tuple(row.number for row in held["mate"]),
        all_company_ids=tuple(row.number for row in held["place"]),
        role_names=tuple(row.name for row in held["role"]),
        kinds=_kinds_of(held["kind"]),
        grid=_grid(held["cell"]),
        settings=_settings_of(found, held["assignable"]),
        must_change_password=found["must_change_password"],
        single_keys=found["single_keys"],
        picture_id=found["picture_id"],
        saved=_saved_links(held["saved"]),
        counts={name: found[f"count_{name}"] for name in COUNTS},
    )


@cache
def _person() -> Any:
    everyone = _user.outerjoin(_settings, _settings.c.id == 1)
    counts = (count.label(f"count_{name}") for name, count in COUNTS.items())
    statement = select(*_PERSON, *_SETTINGS, *counts).select_from(everyone)
    return statement.where(_user.c.id == _me, _user.c.active)


def _row(sort: str, number: Any, flag: Any, *texts: Any) -> Any:
    """One part of the UNION, padded to the columns of the widest, which is the companies'."""
    columns = [cast(text, String) for text in texts]
    columns += [cast(null(), String)] * (len(_COMPANY) - len(texts))
    named = (column.label(name) for column, name in zip(columns, _COMPANY, strict=True))
    return select(
        literal(sort).label("sort"),
        cast(number, Integer).label("number"),
        cast(flag, Integer).label("flag"),
        *named,
    )


def _teams() -> Any:
    mine = select(assoc_user_group.c.group_id).where(assoc_user_group.c.user_id == _me)
    return select(_group.c.id).where(_group.c.is_team, _group.c.id.in_(mine))


def _everything() -> list[Any]:
    """Companies, groups, teammates, roles, cells, and the groups whose members may own accounts."""
    own = select(assoc_user_role.c.role_id).where(assoc_user_role.c.user_id == _me)
    grouped = (
        select(assoc_group_role.c.role_id)
        .join(assoc_user_group, assoc_user_group.c.group_id == assoc_group_role.c.group_id)
        .where(assoc_user_group.c.user_id == _me)
    )
    roles = own.union(grouped)
    return [
        _row("company", _company.c.id, _company.c.active, *(_company.c[n] for n in _COMPANY))
        .join(user_company, user_company.c.company_id == _company.c.id)
        .where(user_company.c.user_id == _me),
        _row("group", _group.c.id, _group.c.is_team, _group.c.name)
        .join(assoc_user_group, assoc_user_group.c.group_id == _group.c.id)
        .where(assoc_user_group.c.user_id == _me),
        _row("mate", _mate.c.user_id, null()).where(_mate.c.group_id.in_(_teams())),
        _row("place", _company.c.id, null()),
        _row("role", _role.c.id, null(), _role.c.name).where(_role.c.id.in_(roles)),
        _row("cell", _cell.c.scope, null(), _cell.c.entity, _cell.c.action).where(
            _cell.c.scope > 0, _cell.c.role_id.in_(roles)
        ),
        _row("assignable", app_settings_group.c.group_id, null()),
        _saved_filters(),
    ]


def _saved_filters() -> Any:
    """The saved filters of lists that the user reads; of their own, whether it is the default."""
    is_mine, is_list = _saved.c.user_id == _me, _saved.c.kind == SavedKind.LIST.value
    is_default = and_(is_mine, _saved.c.is_default)
    with_groups = select(saved_view_group.c.saved_view_id)
    is_private = and_(is_mine, _saved.c.id.not_in(with_groups))
    private = case((is_private, PRIVATE), else_="")
    found = _row("saved", _saved.c.id, is_default, _saved.c.name, _saved.c.entity, private)
    shared = _saved.c.id.in_(shared_with(_me))
    return found.where(is_list, _saved.c.deleted_at.is_(None), or_(is_mine, shared))


def _kinds() -> Iterator[Any]:
    """The rows of every vocabulary that has kinds."""
    for mapper in Model.registry.mappers:
        table: Any = mapper.local_table
        if issubclass(mapper.class_, Reference) and "kind" in table.c:
            yield _row("kind", table.c.id, table.c.position, literal(table.name), table.c.kind)


@cache
def _held() -> Any:
    """The second statement; built on first use, when every table is known."""
    return union_all(*_everything(), *_kinds())


def _companies(rows: Iterable[Any]) -> tuple[CompanyFacts, ...]:
    facts = (
        CompanyFacts(
            id=row.number,
            name=row.name,
            code=row.code,
            country=row.country or "",
            currency=row.currency,
            language=row.language,
            time_zone=row.time_zone,
            default_account_kind=row.default_account_kind,
            active=bool(row.flag),
        )
        for row in rows
    )
    return tuple(sorted(facts, key=lambda company: fold(company.name)))


def _saved_links(rows: Iterable[Any]) -> tuple[SavedLink, ...]:
    links = (
        SavedLink(row.number, row.name, row.code, bool(row.flag), row.country == PRIVATE)
        for row in rows
    )
    return tuple(sorted(links, key=lambda one: (fold(one.name), one.id)))


def _kinds_of(rows: Iterable[Any]) -> dict[str, dict[int, str]]:
    kinds: dict[str, dict[int, str]] = defaultdict(dict)
    for row in sorted(rows, key=lambda row: (row.flag, row.number)):
        kinds[row.name][row.number] = row.code
    return kinds


def _grid(cells: Iterable[Any]) -> dict[tuple[str, str], frozenset[Scope]]:
    grid: dict[tuple[str, str], set[Scope]] = defaultdict(set)
    for cell in cells:
        grid[cell.name, cell.code].add(Scope(cell.number))
    return {held: frozenset(scopes) for held, scopes in grid.items()}


def _settings_of(found: Any, assignable: Iterable[Any]) -> dict[str, Any]:
    settings = {key[4:]: value for key, value in found.items() if key.startswith("app_")}
    return {**settings, "assignable_group_ids": tuple(row.number for row in assignable)}
