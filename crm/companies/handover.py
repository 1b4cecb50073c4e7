"""Handing over what a user or an agency holds: to whom, how much. Source: spec 1.2 and 11."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, not_, select, union_all

from crm.core import privacy
from crm.core.actor import Scope, current_actor
from crm.core.datamodel import DataModel
from crm.core.datamodel.relinking import relink
from crm.core.db import db
from crm.core.rows import criteria, unfiltered

Conditions = Sequence[ColumnElement[bool]]
OfAccount = Callable[[int], ColumnElement[bool]]  # given the id of an account
OWNER, AGENCY = "owner", "agency"  # the relations by which records are held


@dataclass(frozen=True)
class Holding:
    """A kind of records that change hands: those that meet `conditions`.

    `words` names a number of them, `links` are the relations by which they are handed over, and
    `of_account` says which of them go along with an account.
    """

    key: str
    words: Callable[[int], str]
    datamodel: DataModel
    conditions: Callable[[], Conditions] = field(default=lambda: ())
    links: Collection[str] = (OWNER, AGENCY)
    of_account: OfAccount | None = None


@dataclass(frozen=True)
class Held:
    """The records of a kind that one holder has, as far as the actor may edit them."""

    holding: Holding
    mine: ColumnElement[bool]

    @property
    def model(self) -> type[Any]:
        return self.holding.datamodel.obj

    def where(self) -> Conditions:
        return [self.mine, *self.holding.conditions(), criteria(self.model, "edit")]


# Filled by the table of all slices (crm.holdings), in the order in which they are shown.
HOLDINGS: list[Holding] = []


def held_by(link: str, pk: int) -> list[Held]:
    """What a user or an agency holds, of the records that the actor may hand over.

    These are what they edit with scope company or more (spec 1.3).
    """
    actor = current_actor()
    return [
        Held(one, _of(one.datamodel.obj, link, pk))
        for one in HOLDINGS
        if link in one.links
        and actor.widest_scope("edit", one.datamodel.obj.__entity__) >= Scope.COMPANY
    ]


def _of(model: type[Any], link: str, pk: int) -> ColumnElement[bool]:
    """What one holder has."""
    return _handed(model, link, getattr(model, f"{link}_id") == pk)


def _handed(model: type[Any], link: str, mine: ColumnElement[bool]) -> ColumnElement[bool]:
    """Of these rows those that are handed over: private ones stay with their owner."""
    is_kept = link == OWNER and privacy.has_private(model)
    return and_(mine, not_(privacy.is_private(model))) if is_kept else mine


def kept_private(pk: int) -> list[tuple[Holding, int]]:
    """How many private rows stay with a user, of each kind of which there are some."""
    with unfiltered("how many private records stay with a person tells nothing of them"):
        found = [
            (one, one.datamodel.totals(select(model).where(*_private(one, model, pk))).count)
            for one in HOLDINGS
            if privacy.has_private(model := one.datamodel.obj)
        ]
    return [(one, count) for one, count in found if count]


def _private(one: Holding, model: type[Any], pk: int) -> Conditions:
    mine = (model.owner_id == pk, privacy.is_private(model), model.deleted_at.is_(None))
    return [*mine, *one.conditions()]


def keys_along(link: str) -> list[str]:
    """The keys of the kinds that may go along with an account, in the order of the table."""
    return [one.key for one, _of_account in _going_along(link)]


def along_with(account_id: int, link: str = AGENCY) -> list[Held]:
    """What may go along with an account to another agency, or owner (spec 11 and 5.5)."""
    return [
        Held(one, _handed(one.datamodel.obj, link, of_account(account_id)))
        for one, of_account in _going_along(link)
    ]


def _going_along(link: str) -> Iterator[tuple[Holding, OfAccount]]:
    for one in HOLDINGS:
        if one.of_account is not None and link in one.links:
            yield one, one.of_account


def numbers(held: Sequence[Held]) -> list[tuple[Held, int]]:
    """How many there are of each, without those of which there are none; in one statement."""
    if not held:
        return []
    parts = [
        select(literal(one.holding.key).label("key"), func.count().label("n"))
        .select_from(one.model)
        .where(*one.where())
        for one in held
    ]
    found = {row.key: int(row.n) for row in db.session.execute(union_all(*parts))}
    return [(one, found[one.holding.key]) for one in held if found[one.holding.key]]


def hand_over(held: Sequence[Held], link: str, recipient: Any) -> None:
    """Give all these records to `recipient`, None for nobody.

    Raises DomainError on `link` where the recipient may not hold one of them.
    """
    for one in held:
        relink(one.model, link, recipient, one.where(), one.holding.datamodel.rules)
