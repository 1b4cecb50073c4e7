"""FAB's users, groups and roles, version 5.3, with what core asks of a row that has a page.

Done to FAB's own classes, before the first query: a subclass of User would give two classes for
one row, and groups would refuse it.
"""

from typing import Any

from flask_appbuilder.security.sqla.models import Group, Role, User
from sqlalchemy import CheckConstraint, Integer, event, inspect
from sqlalchemy.orm import mapped_column

# The optimistic lock of models/tables.py. A mapper takes its version column when it is made; set
# afterwards it holds all the same, as long as nothing was written yet.
for model in (User, Group, Role):
    model.row_version = mapped_column(Integer, default=1, server_default="1", nullable=False)
    inspect(model).version_id_col = model.__table__.c.row_version
    model.__entity__ = "users"  # one row of the grid for all three

# A hash is in no journal, and is read where it is checked, not along with every name on a page.
# Said of the mapper before it is made final, because replacing a mapped attribute is deprecated.
_password = inspect(User).get_property("password", _configure_mappers=False)
_password.columns[0].info["secret"] = True
_password.deferred, _password.strategy_key = True, (("deferred", True), ("instrument", True))


# "Ana" and "ana" are one name, and so are two spellings of an e-mail address: kept in lower case on
# every path, so that the unique constraints mean it on both databases. Usernames are ASCII
# (crm.companies): SQLite's lower() knows no other letters.
@event.listens_for(User.username, "set", retval=True)
@event.listens_for(User.email, "set", retval=True)
def _lower(row: Any, value: Any, before: Any, initiator: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value


User.__table__.append_constraint(
    CheckConstraint("username = lower(username)", name="username_is_lower")
)
