"""What is special about merging accounts and contacts. Source: spec 6.3 and 6.4."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Column, Row, bindparam, delete, exists, select, update

from crm.accounts.models import (
    Account,
    AccountAddress,
    AccountContact,
    AccountKind,
    Contact,
    Nature,
)
from crm.core.db import db
from crm.core.merging import MergeRules, merged, merging
from crm.core.types import fold

FOR_ORGANIZATIONS = ("siren", "siret", "vat_number", "naf_code", "legal_form")
FOR_PERSONS = ("civility", "first_name")
UNITED = ("job_title_id", "department_id", "role_id")  # what is filled in from a double
PLACE = ("street", "postal_code", "city", "country")  # by which two addresses are the same


def _kind(accounts: Sequence[Account]) -> AccountKind:
    """A client stays one, whichever is kept."""
    is_client = any(account.kind == AccountKind.CLIENT for account in accounts)
    return AccountKind.CLIENT if is_client else AccountKind.PROSPECT


def _settle(values: dict[str, Any]) -> None:
    """Leave out what only accounts of the other nature have."""
    is_person = values["nature"] == Nature.PERSON
    values |= dict.fromkeys(FOR_ORGANIZATIONS if is_person else FOR_PERSONS)


ACCOUNTS = MergeRules(decided={"kind": _kind}, must_choose=("siren", "siret"), settle=_settle)
CONTACTS = MergeRules()


@merging.connect
def _before(model: type[Any], *, kept: int, losers: Sequence[int]) -> None:
    """Unite what is to become double; leave one main contact and one default address."""
    ids = [kept, *losers]
    if model is Account:
        _unite_links(AccountContact.account_id, AccountContact.contact_id, ids)
        _keep_first(AccountContact.account_id, AccountContact.is_main, ids)
        _keep_first(AccountAddress.account_id, AccountAddress.is_default, ids)
        _drop_same_addresses(ids)
    if model is Contact:
        _unite_links(AccountContact.contact_id, AccountContact.account_id, ids)


def _unite_links(mine: Any, others: Any, ids: Sequence[int]) -> None:
    """Fill in the first of the links that will be one, from the later ones."""
    table = AccountContact.__table__
    groups: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in _ranked(table, mine, ids):
        groups[getattr(row, others.key)].append(row)
    changed = [_united(rows) for rows in groups.values() if len(rows) > 1]
    if changed:
        given: dict[str, Any] = {name: bindparam(f"new_{name}") for name in (*UNITED, "is_main")}
        filled = update(table).where(table.c.id == bindparam("pk")).values(given)
        db.session().connection().execute(filled, changed)


def _ranked(table: Any, mine: Any, ids: Sequence[int]) -> list[Row[Any]]:
    """The rows of these records, those of the kept one first."""
    rank = {pk: place for place, pk in enumerate(ids)}
    found = db.session.execute(select(table).where(table.c[mine.key].in_(ids)))
    return sorted(found, key=lambda row: (rank[getattr(row, mine.key)], row.id))


def _united(rows: Sequence[Row[Any]]) -> dict[str, Any]:
    filled = {
        f"new_{name}": next(filter(None, (getattr(row, name) for row in rows)), None)
        for name in UNITED
    }
    return {"pk": rows[0].id, "new_is_main": any(row.is_main for row in rows), **filled}


def _keep_first(mine: Any, flag: Any, ids: Sequence[int]) -> None:
    """Of the rows with this flag, only the first one keeps it."""
    table = mine.class_.__table__
    flagged = [row.id for row in _ranked(table, mine, ids) if getattr(row, flag.key)]
    if len(flagged) > 1:
        db.session.execute(
            update(table).where(table.c.id.in_(flagged[1:])).values({flag.key: False})
        )


def _drop_same_addresses(ids: Sequence[int]) -> None:
    """An address that two of the accounts have stays once, with what it is used for."""
    table = AccountAddress.__table__
    first: dict[tuple[str, ...], Row[Any]] = {}
    doubles: list[tuple[Row[Any], Row[Any]]] = []
    for row in _ranked(table, AccountAddress.account_id, ids):
        place = tuple(fold(getattr(row, name) or "") for name in PLACE)
        if place in first and row.account_id != first[place].account_id:
            doubles.append((first[place], row))
        first.setdefault(place, row)
    for use in ("is_billing", "is_delivery", "is_default"):
        used = [kept.id for kept, double in doubles if getattr(double, use)]
        _set_flag(table, use, used)
    if doubles:
        gone = [double.id for _kept, double in doubles]
        db.session.execute(delete(table).where(table.c.id.in_(gone)))


def _set_flag(table: Any, flag: str, ids: Iterable[int]) -> None:
    wanted = list(ids)
    if wanted:
        db.session.execute(update(table).where(table.c.id.in_(wanted)).values({flag: True}))


@merged.connect
def _after(model: type[Any], *, kept: int, losers: Sequence[int]) -> None:
    """Whether contacts have accounts, which is stored: their links have moved."""
    if model is not Contact:
        return
    table: Any = Contact.__table__
    links: Column[int] = AccountContact.__table__.c.contact_id
    values = {name: table.c[name] for name in ("changed_on", "changed_by_id")}
    changed = update(table).where(table.c.id.in_([kept, *losers]))
    db.session.execute(changed.values(has_account=exists().where(links == table.c.id), **values))
