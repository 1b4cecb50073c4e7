"""The actor: the user behind a request, with companies, rights and settings."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, TypeVar

from flask import has_request_context, request

from crm.core.models import tables

T = TypeVar("T")

ACTIONS = ("read", "create", "edit", "delete", "export")


class Scope(IntEnum):
    """The rows that a right covers; `rows.criteria` turns each scope into SQL."""

    NONE = 0
    OWN = 1
    TEAM = 2
    AGENCY = 3
    COMPANY = 4
    ALL = 5


@dataclass(frozen=True)
class CompanyFacts:
    """What pages and defaults need of one of the actor's companies."""

    id: int
    name: str
    code: str
    country: str  # ISO 3166 alpha-2, "" where unknown
    currency: str  # ISO 4217
    language: str
    time_zone: str
    default_account_kind: str = "prospect"
    active: bool = True


@dataclass(frozen=True)
class SavedLink:
    """A saved filter of the list at /`entity`/, the actor's own or shared with them."""

    id: int
    name: str
    entity: str
    is_default: bool  # of the actor's own
    is_private: bool = False  # of the actor alone


@dataclass(frozen=True)
class Actor:
    """The person behind a request or a command, with their companies, rights and the settings.

    `grid` maps (entity, action) to the scopes of the person's roles, NONE left out; `settings` is
    the application's settings row as a mapping.
    """

    user_id: int
    name: str
    language: str
    time_zone: str
    theme: str = ""  # "", "light" or "dark"; "" follows the system
    agency_id: int | None = None
    active_company_id: int | None = None  # None: all my companies
    companies: tuple[CompanyFacts, ...] = ()
    group_ids: tuple[int, ...] = ()
    team_ids: tuple[int, ...] = ()
    teammate_ids: tuple[int, ...] = ()  # the members of these teams
    all_company_ids: tuple[int, ...] = ()  # of the installation, mine or not
    role_names: tuple[str, ...] = ()
    # vocabulary → key of each of its rows, in their order → its kind; of stages and statuses
    kinds: Mapping[str, Mapping[int, str]] = field(default_factory=dict)
    grid: Mapping[tuple[str, str], frozenset[Scope]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    must_change_password: bool = False
    picture_id: int | None = None
    single_keys: bool = True  # whether a letter alone is a shortcut (WCAG 2.1.4)
    saved: tuple[SavedLink, ...] = field(default=(), compare=False)
    # What upper slices count for every page, as notices; no part of who the actor is.
    counts: Mapping[str, int] = field(default_factory=dict, compare=False)

    def __hash__(self) -> int:
        """Of a few fields only: equality compares all of them, hashing them all would be slow."""
        return hash((self.user_id, self.active_company_id, self.language))

    @property
    def company_ids(self) -> tuple[int, ...]:
        return tuple(company.id for company in self.companies)

    @property
    def company(self) -> CompanyFacts | None:
        """The company new records go to: the chosen one, else the only or first active one."""
        chosen = self.company_of(self.active_company_id)
        return chosen or next((c for c in self.companies if c.active), None)

    @property
    def has_several_companies(self) -> bool:
        return len(self.companies) > 1

    def company_of(self, company_id: int | None) -> CompanyFacts | None:
        return next((c for c in self.companies if c.id == company_id), None)

    def scopes(self, action: str, entity: str) -> frozenset[Scope]:
        return self.grid.get((entity, action), frozenset())

    def can(self, action: str, entity: str) -> bool:
        """Whether the actor may do `action` to any row of `entity`; the row filter says which."""
        return bool(self.scopes(action, entity))

    def widest_scope(self, action: str, entity: str) -> Scope:
        """The widest scope held, for rules that ask for "team or more"."""
        return max(self.scopes(action, entity), default=Scope.NONE)

    def is_enabled(self, switch: str) -> bool:
        return bool(self.settings.get(switch))


_ENVIRON, _AGAIN, _CACHE = "crm.actor", "crm.actor_again", "crm.cache"
_outside: ContextVar[Actor | None] = ContextVar("actor", default=None)


def set_actor(actor: Actor | None, again: Callable[[], None] | None = None) -> None:
    """Set the actor of this request; `again` is called to reload them under the write lock."""
    request.environ[_ENVIRON] = actor
    request.environ[_AGAIN] = again
    request.environ.pop(_CACHE, None)
    company = actor.company if actor else None
    request.environ["crm.company_language"] = company.language if company else None


def find_actor() -> Actor | None:
    """The actor; None before sign-in and in a command that names nobody."""
    named = _outside.get()
    if named is not None or not has_request_context():
        return named
    found: Actor | None = _environ().get(_ENVIRON)
    return found


def _environ() -> dict[str, Any]:
    """The request's environ, asked for too often to go through the proxy's attributes."""
    found: dict[str, Any] = request._get_current_object().environ  # type: ignore[attr-defined]
    return found


def reload_actor() -> None:
    """Reload the request's actor, under the write lock.

    Raises the error that answers the request if the actor may no longer do this. An actor set by
    `acting_as` is not reloaded.
    """
    if has_request_context() and _outside.get() is None:
        again: Callable[[], None] | None = request.environ.get(_AGAIN)
        if again is not None:
            again()


def current_actor() -> Actor:
    """The actor; raises LookupError where there is none."""
    actor = find_actor()
    if actor is None:
        raise LookupError("nobody acts here: sign in, or use acting_as()")
    return actor


@contextmanager
def acting_as(actor: Actor) -> Iterator[Actor]:
    """Set the actor outside a request: in a command, a job or a test."""
    token = _outside.set(actor)
    try:
        yield actor
    finally:
        _outside.reset(token)


def per_request(key: object, make: Callable[[], T]) -> T:
    """`make()` once per request; not on `flask.g`, which requests inside one app context share."""
    if not has_request_context():
        return make()
    box: dict[object, T] = _environ().setdefault(_CACHE, {})
    if key not in box:
        box[key] = make()
    return box[key]


def _user_id() -> int | None:
    actor = find_actor()
    return actor.user_id if actor else None


tables.acting_user[:] = [_user_id]
