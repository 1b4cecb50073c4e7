"""Undoing a conversion, for a day, while what it made is untouched. Source: spec 4.2.

What it made and changed stands in the journal, under the id of its act.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import inspect, select

from crm.accounts.models import Account, AccountContact, Contact
from crm.companies.vocabulary import default_row
from crm.core import rows
from crm.core.datamodel.references import pointers
from crm.core.datamodel.relinking import put_back
from crm.core.datamodel.saving import delete_row, flush, update_row
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.journal import Journal
from crm.core.models import Record, find_spec
from crm.core.types import utcnow
from crm.leads.models import Lead, LeadStatus
from crm.leads.services.converting import BECOMES, became
from crm.leads.signals import conversion_undone, status_changed
from crm.mail.models import Message
from crm.opportunities.models import Opportunity

LONGEST = timedelta(days=1)
LOOKED_AT = 100  # entries of the lead's journal, of which the conversion is among the last
MADE = (Opportunity, Contact, Account)  # in the order in which they go to the bin


@dataclass
class Act:
    """What a conversion did: (table, id) → the version that it left, and the values before."""

    id: str
    created: dict[tuple[str, int], int] = field(default_factory=dict)
    changes: dict[tuple[str, int], dict[str, list[Any]]] = field(default_factory=dict)


def may_be_undone(lead: Lead) -> bool:
    """Whether it was converted within the last day."""
    return lead.is_converted and _is_recent(lead)


def _is_recent(lead: Lead) -> bool:
    return lead.converted_on is not None and utcnow() - lead.converted_on <= LONGEST


def undo_conversion(lead: Lead) -> None:
    """Open the lead again; what it made goes to the bin, what moved comes back.

    Raises DomainError with the reason where it is too late.
    """
    if not lead.is_converted:
        raise DomainError(_("This lead is not converted."))
    if not _is_recent(lead):
        raise DomainError(_("A conversion can be undone for one day."))
    act = _act_of(lead)
    with rows.unfiltered("a conversion is undone by whoever may edit the lead, as a whole"):
        made = _made(act)
        _refuse_merged(lead, act)
        existing = db.session.get(Account, lead.account_id) if lead.account_id else None
        links = became(lead)
        _open(lead, act)
        for relation in BECOMES:
            put_back(Message, relation, act.id)
        conversion_undone.send(lead, act_id=act.id, links=links)
        _remove(made)
        if existing is not None and existing not in made:
            _restore(existing, act)


def _act_of(lead: Lead) -> Act:
    """The last conversion of the lead, by the journal."""
    own = select(Journal).where(Journal.kind == Lead.__tablename__, Journal.row_id == lead.id)
    entries = db.session.scalars(own.order_by(Journal.id.desc()).limit(LOOKED_AT))
    last = next((one for one in entries if "converted_on" in one.changes and one.act_id), None)
    if last is None or last.act_id is None:
        raise DomainError(_("The journal no longer has this conversion."))
    act = Act(last.act_id)
    kinds = [Lead.__tablename__, *(model.__tablename__ for model in MADE)]
    statement = select(Journal).where(Journal.act_id == act.id, Journal.kind.in_(kinds))
    for entry in db.session.scalars(statement.order_by(Journal.id)):
        key = (entry.kind, entry.row_id)
        if entry.action == "created" or key in act.created:
            act.created[key] = entry.row_version or 0
        else:
            act.changes[key] = {**entry.changes, **act.changes.get(key, {})}
    return act


def _made(act: Act) -> list[Any]:
    """What the act created. Raises DomainError where it was changed or deleted since."""
    found = []
    for model in MADE:
        for (kind, pk), version in act.created.items():
            if kind != model.__tablename__:
                continue
            row = db.session.get(model, pk)
            if row is None or row.deleted_at is not None:
                raise DomainError(_("What the conversion created has been deleted since."))
            if row.row_version != version:
                raise DomainError(_("“%(record)s” has been changed since.", record=row))
            found.append(row)
    return found


def _refuse_merged(lead: Lead, act: Act) -> None:
    """Raises DomainError where the lead is linked to something else than it was converted into.

    What went along went on to the record with which that was merged, and is no longer known.
    """
    said = act.changes.get((Lead.__tablename__, lead.id), {})
    for relation, key in became(lead):
        if said.get(f"{relation}_id", [None, key])[1] != key:
            record = db.session.get(inspect(Lead).relationships[relation].mapper.class_, key)
            raise DomainError(_("“%(record)s” has been changed since.", record=record))


def _open(lead: Lead, act: Act) -> None:
    """Back to the status before."""
    was = act.changes.get((Lead.__tablename__, lead.id), {}).get("status_id", [None])[0]
    before, status = lead.status, db.session.get(LeadStatus, was) if was else None
    if status is None or not status.is_offered:
        status = default_row(LeadStatus, "lead_default_status_id")
    lead.account = lead.contact = lead.opportunity = None
    lead.converted_on = lead.converted_by = None
    lead.status = status
    update_row(lead, {})
    status_changed.send(lead, before=before, after=status)


def _remove(made: list[Any]) -> None:
    """Move what was created to the bin. Raises DomainError where other records need it by now."""
    keys = {(row.__tablename__, row.id) for row in made}
    for row in made:
        if _is_needed(row, keys):
            raise DomainError(_("“%(record)s” has been used by other records since.", record=row))
    for row in made:
        delete_row(row)


def _is_needed(row: Any, made: set[tuple[str, int]]) -> bool:
    """Whether a record that the conversion did not make refers to `row`."""
    for key in pointers(type(row)):
        model = _record_of(key.parent.table)
        if model is None:
            continue
        statement = select(model.id).where(key.parent == row.id, model.deleted_at.is_(None))
        found = db.session.scalars(statement)
        if any((model.__tablename__, pk) not in made for pk in found):
            return True
    if not isinstance(row, Account):
        return False
    links = db.session.scalars(
        select(AccountContact.contact_id).where(AccountContact.account_id == row.id)
    )
    return any((Contact.__tablename__, pk) not in made for pk in links)


def _record_of(table: Any) -> type[Any] | None:
    mapped = (m.class_ for m in Lead.registry.mappers if m.local_table is table)
    return next((model for model in mapped if issubclass(model, Record)), None)


def _restore(account: Account, act: Act) -> None:
    """Take back what an existing account was given, where nobody has changed it since."""
    changes = act.changes.get((Account.__tablename__, account.id), {})
    values = {name: pair for name, pair in changes.items() if _is_as_left(account, name, pair)}
    for name, (before, _after) in values.items():
        setattr(account, name, _revived(name, before))
    _take_lists_back(account, changes)
    flush()


def _is_as_left(account: Account, name: str, pair: list[Any]) -> bool:
    is_column = name in inspect(Account).columns and not name.startswith("notes_changed")
    return is_column and getattr(account, name) == _revived(name, pair[1])


def _revived(name: str, value: Any) -> Any:
    spec = find_spec(Account, name)
    return spec.revive(value) if spec is not None else value


def _take_lists_back(account: Account, changes: Mapping[str, list[Any]]) -> None:
    """Remove the tags and the address that the account was given."""
    added = {pk for __, (__, pk) in (changes.get("tags") or [[], []])[1] or ()}
    account.tags = [tag for tag in account.tags if tag.id not in added]
    lines = {
        int(name.partition(".")[2])
        for name, (before, _after) in changes.items()
        if name.startswith("addresses.") and before is None
    }
    account.addresses = [one for one in account.addresses if one.id not in lines]
