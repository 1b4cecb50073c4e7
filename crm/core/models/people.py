"""Adds to FAB 5.3's users, groups and roles what core needs of rows with a page.

To FAB's own classes, before the first query: with a subclass of User there would be two classes
for one row, which the relationship of groups refuses.
"""

from typing import Any

from flask_appbuilder.security.sqla.models import Group, Role, User
from sqlalchemy import CheckConstraint, Integer, event, inspect
from sqlalchemy.orm import mapped_column

# The optimistic lock of models/tables.py. A mapper normally gets its version column when it is
# made; setting it later works before the first flush.
for model in (User, Group, Role):
    model.row_version = mapped_column(Integer, default=1, server_default="1", nullable=False)
    inspect(model).version_id_col = model.__table__.c.row_version
    model.__entity__ = "users"  # one row of the grid for all three

# The hash is not journaled, and is loaded only where it is checked.
# Before the mapper is configured, because replacing a mapped attribute is deprecated.
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
