"""The rows that a relation may be set to, and the refusal of others."""

from typing import Any

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from sqlalchemy import inspect, select

from crm.core import rows
from crm.core.actor import find_actor
from crm.core.datamodel.bulk import current_bulk
from crm.core.datamodel.rules import Rules, Values
from crm.core.db import db
from crm.core.errors import DomainError
from crm.core.models import Archivable, Reference


def check_link(row: Any, relation: str, target: Any, facts: Values, rules: Rules) -> None:
    """Refuse a new link to a row that is inactive, archived, or that no picker would offer.

    `facts` are the new values, completed by those of the row.
    """
    state = inspect(target)
    if state.pending or state.transient:
        return  # created in the same flush
    if isinstance(target, Reference) and not target.active:
        raise DomainError(_("This choice is no longer active."), field=relation)
    if isinstance(target, Archivable) and target.is_archived:
        raise DomainError(archived_words(target), field=relation)

    def ask(facts: Values) -> str | None:
        return refusal_of(type(row), relation, target, facts, rules)

    bulk = current_bulk()
    question = (type(row), relation, target.id)
    message = bulk.answer(question, facts, ask) if bulk is not None else ask(facts)
    if message is not None:
        raise DomainError(message, field=relation)


def archived_words(target: Archivable) -> str:
    """Why nothing new is linked to a record."""
    return str(_("%(record)s is archived; reopen it first.", record=target))


def refusal_of(
    model: type[Any], relation: str, target: Any, facts: Values, rules: Rules
) -> str | None:
    """Why `relation` may not be set to `target`; None where it may."""
    condition = candidates(model, relation, facts, rules)
    if condition is None:
        return None
    kind = type(target)
    if db.session.execute(select(kind.id).where(kind.id == target.id, condition)).first():
        return None
    refusal = rules.refusal(relation, facts) if rules.refusal is not None else None
    return refusal or str(_("Not a valid choice."))


def candidates(model: type[Any], relation: str, values: Values, rules: Rules) -> Any:
    """The condition for the rows that `relation` may be set to; None for the row filter only."""
    condition = rules.candidates(relation, values) if rules.candidates is not None else None
    if condition is not None:
        return condition
    target = inspect(model).relationships[relation].mapper.class_
    if target is User:
        return _colleagues()
    return None


def _colleagues() -> Any:
    """Active users of the actor's companies."""
    actor = find_actor()
    if actor is None or not rows.is_filtered():
        return User.active.is_(True)
    members = Model.metadata.tables["user_company"]
    shared = select(members.c.user_id).where(members.c.company_id.in_(actor.company_ids))
    return User.active.is_(True) & User.id.in_(shared)
