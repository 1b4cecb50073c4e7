"""The values of a new row that nobody has given."""

from functools import cache, partial
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import inspect

from crm.core import rows
from crm.core.actor import Scope, current_actor, find_actor
from crm.core.datamodel.rules import Rules, Values
from crm.core.db import db
from crm.core.models import Owned, Record, spec_of, target_of


def with_defaults(model: type[Any], values: Values, rules: Rules) -> dict[str, Any]:
    """`values` with the defaults of a new row, for the form and for `create_row`."""
    with db.session.no_autoflush:  # queries must not flush rows of a bulk
        defaults = rules.defaults or partial(_own, model)
        full = dict(defaults(dict(values)))
    if issubclass(model, Owned) and "owner" in full and "owner" not in values:
        full["owner"] = _default_owner(model, full["owner"])
    return {**column_defaults(inspect(model)), **full}


def _own(model: type[Any], values: dict[str, Any]) -> dict[str, Any]:
    """Default company and owner: the company chosen in the top bar, the creator."""
    actor = find_actor()
    own: dict[str, Any] = {}
    if issubclass(model, Record) and actor is not None and actor.company is not None:
        with rows.unfiltered("the company of a record is named on it"):
            own["company"] = db.session.get(target_of(model, "company"), actor.company.id)
    if actor is not None and issubclass(model, Owned):
        own["owner"] = current_user()
    return {**own, **values}


@cache
def column_defaults(mapper: Any) -> dict[str, Any]:
    return {
        name: column.default.arg
        for name, column in mapper.columns.items()
        if "declared" in column.info
        and column.default is not None
        and column.default.is_scalar
        and not spec_of(mapper.class_, name).readonly
    }


def _default_owner(model: type[Any], owner: Any) -> Any:
    """The default owner; with the create scope `own`, oneself."""
    actor = find_actor()
    if actor is None or not rows.is_filtered():
        return owner
    if actor.widest_scope("create", model.__entity__) <= Scope.OWN:
        return current_user()
    return owner


def current_user() -> User:
    user = db.session.get(User, current_actor().user_id)
    if user is None:
        raise LookupError("the acting user is gone")
    return user
