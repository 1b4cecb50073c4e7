"""What is special about merging accounts and contacts. Source: spec 6.3 and 6.4."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Row, delete, exists, update

from crm.accounts.models import (
    Account,
    AccountAddress,
    AccountContact,
    AccountKind,
    Contact,
    Nature,
    ProspectStatus,
    ProspectStatusKind,
)
from crm.accounts.models.address import keep_main_countries
from crm.accounts.services.prospects import OUTCOME
from crm.companies.vocabulary import first_of_kind
from crm.core.db import db
from crm.core.merging import MergeRules, merged, merging, ranked_rows, unite
from crm.core.types import fold

FOR_ORGANIZATIONS = ("siren", "siret", "vat_number", "naf_code", "legal_form")
FOR_PERSONS = ("civility", "first_name")
UNITED = ("job_title_id", "department_id", "role_id")  # what is filled in from a double
PLACE = ("street", "postal_code", "city", "country")  # by which two addresses are the same


def _kind(accounts: Sequence[Account]) -> AccountKind:
    """A client stays one, whichever is kept."""
    is_client = any(account.kind == AccountKind.CLIENT for account in accounts)
    return AccountKind.CLIENT if is_client else AccountKind.PROSPECT


def _archived_on(accounts: Sequence[Account]) -> datetime | None:
    """Archived only where all are, so that nobody's work disappears from the lists."""
    known = [account.archived_on for account in accounts]
    return None if None in known else min(filter(None, known))


def _settle(values: dict[str, Any]) -> None:
    """Leave out what only accounts of the other nature have; a client's status is won."""
    is_person = values["nature"] == Nature.PERSON
    values |= dict.fromkeys(FOR_ORGANIZATIONS if is_person else FOR_PERSONS)
    status = values.get("prospect_status")
    if values["kind"] == AccountKind.CLIENT and status is not None:
        won = first_of_kind(ProspectStatus, ProspectStatusKind.WON)
        values |= {"prospect_status": won, **dict.fromkeys(OUTCOME)}


ACCOUNTS = MergeRules(
    decided={"kind": _kind, "archived_on": _archived_on},
    must_choose=("siren", "siret"),
    along={"prospect_status": OUTCOME},
    settle=_settle,
)
CONTACTS = MergeRules()


@merging.connect
def _before(model: type[Any], *, kept: int, losers: Sequence[int]) -> None:
    """Unite what is to become double; leave one main contact and one default address."""
    ids, links = [kept, *losers], AccountContact.__table__.c
    addresses = AccountAddress.__table__.c
    if model is Account:
        unite(links.account_id, links.contact_id, ids, _united)
        _keep_first(links.account_id, "is_main", ids)
        _keep_first(addresses.account_id, "is_default", ids)
        _drop_same_addresses(addresses.account_id, ids)
    if model is Contact:
        unite(links.contact_id, links.account_id, ids, _united)


def _united(rows: Sequence[Row[Any]]) -> dict[str, Any]:
    filled = {
        name: next(filter(None, (row._mapping[name] for row in rows)), None) for name in UNITED
    }
    return {"is_main": any(row.is_main for row in rows), **filled}


def _keep_first(mine: Column[Any], flag: str, ids: Sequence[int]) -> None:
    """Of the rows with this flag, only the first one keeps it."""
    flagged = [row.id for row in ranked_rows(mine, ids) if row._mapping[flag]]
    _set_flag(mine.table, flag, flagged[1:], on=False)


def _drop_same_addresses(mine: Column[Any], ids: Sequence[int]) -> None:
    """An address that two of the accounts have stays once, with what it is used for."""
    first: dict[tuple[str, ...], Row[Any]] = {}
    doubles: list[tuple[Row[Any], Row[Any]]] = []
    for row in ranked_rows(mine, ids):
        place = tuple(fold(row._mapping[name] or "") for name in PLACE)
        if place in first and row.account_id != first[place].account_id:
            doubles.append((first[place], row))
        first.setdefault(place, row)
    for use in ("is_billing", "is_delivery", "is_default"):
        used = [kept.id for kept, double in doubles if double._mapping[use]]
        _set_flag(mine.table, use, used, on=True)
    if doubles:
        gone = [double.id for _kept, double in doubles]
        db.session.execute(delete(mine.table).where(mine.table.c.id.in_(gone)))


def _set_flag(table: Any, flag: str, ids: Sequence[int], *, on: bool) -> None:
    if ids:
        db.session.execute(update(table).where(table.c.id.in_(ids)).values({flag: on}))


@merged.connect
def _after(model: type[Any], *, kept: int, losers: Sequence[int]) -> None:
    """What is stored of links and addresses, which have moved."""
    if model is Account:
        keep_main_countries(db.session.connection(), [kept, *losers])
    if model is not Contact:
        return
    table: Any = Contact.__table__
    links: Column[int] = AccountContact.__table__.c.contact_id
    values = {name: table.c[name] for name in ("changed_on", "changed_by_id")}
    changed = update(table).where(table.c.id.in_([kept, *losers]))
    db.session.execute(changed.values(has_account=exists().where(links == table.c.id), **values))
