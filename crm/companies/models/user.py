"""Our columns on the engine's users, groups and roles. Source: spec 1.2.

They are added to the engine's classes: a subclass of User would give two Python classes for one
row, and groups would refuse it. That must happen before the first query.
"""

from secrets import randbelow
from typing import Any

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import Group, Role, User
from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    event,
    inspect,
    update,
)
from sqlalchemy.orm import Mapper, backref, mapped_column, object_session, relationship

from crm.companies.models.company import Agency, Company
from crm.core.models import Label, computed, field, folded, kinds
from crm.core.types import EngineInstant, Instant, fold, utcnow

user_company = Table(
    "user_company",
    Model.metadata,
    Column("user_id", ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True),
    Column("company_id", ForeignKey("company.id"), primary_key=True, index=True),
)

# The mapper of the engine has no types for these: whoever reads them says so.
User.language = field(
    _l("Language"),
    String(8),
    kind=kinds.LANGUAGE,
    default="en",
    server_default="en",
    nullable=False,
)
User.time_zone = field(
    _l("Time zone"),
    String(64),
    kind=kinds.TIME_ZONE,
    default="Europe/Paris",
    server_default="Europe/Paris",
    nullable=False,
)
User.theme = field(
    _l("Theme"),
    String(8),
    choices={"system": _l("As the system"), "light": _l("Light"), "dark": _l("Dark")},
    default="system",
    server_default="system",
    nullable=False,
)
User.phone = field(_l("Phone"), String(20), kind=kinds.PHONE, nullable=True)
User.job_title = field(_l("Job title"), String(80), nullable=True)
# use_alter: agencies and companies know who made them, so one side must wait for the other.
User.agency_id = field(
    _l("Agency"), ForeignKey("agency.id", use_alter=True), index=True, nullable=True, css="w-agency"
)
User.active_company_id = field(
    _l("Active company"), ForeignKey("company.id", use_alter=True), index=True, nullable=True
)
User.single_keys = field(
    _l("Single-key shortcuts"), Boolean, default=True, server_default="1", nullable=False
)
# What ends sessions and asks for a new password; no page shows them.
User.must_change_password = mapped_column(
    Boolean, default=False, server_default="0", nullable=False
)
# SQLite gives the number of a deleted user to the next one, whose sessions must be other ones.
User.session_epoch = mapped_column(
    Integer,
    default=lambda: randbelow(2**30),
    server_default="0",
    nullable=False,
    info={"secret": True},
)
User.name_key = folded("sort_name", sorts="full_name", server_default="")
Index("ix_ab_user_name_key", User.__table__.c.name_key, User.__table__.c.id)

User.companies = relationship(
    Company,
    secondary=user_company,
    backref=backref("users", info={"label": _l("Users")}),
    order_by=Company.name_key,
    info={"label": _l("Companies")},
)
User.agency = relationship(
    Agency,
    foreign_keys=[User.agency_id],
    backref=backref("members", info={"label": _l("Members")}),
)
User.active_company = relationship(Company, foreign_keys=[User.active_company_id])

Group.is_team = field(
    _l("Team"),
    Boolean,
    default=False,
    server_default="0",
    nullable=False,
    help=_l("Its members see each other's records where their role's scope is the team."),
)
Group.changed_on = field(_l("Changed on"), Instant, default=utcnow, readonly=True, nullable=True)
# The engine writes it once, with the server's local time, and never renews it.
User.__table__.c.changed_on.type = EngineInstant()
# The name by which the program knows a role that it ships; rights never hang on it.
Role.code = mapped_column(String(20), unique=True, nullable=True)


def _full_name(user: Any) -> str:
    return f"{user.first_name or ''} {user.last_name or ''}".strip()


def _sort_name(user: Any) -> str:
    """Last name first, which sorts, then in the spoken order, which is searched too."""
    return f"{user.last_name or ''} {user.first_name or ''} {user.last_name or ''}".strip()


User.full_name = computed(_l("Name"), kinds.PERSON)(_full_name)
User.sort_name = property(_sort_name)
User.__str__ = _full_name


def _say(model: type, name: str, label: Label, **said: Any) -> None:
    """Say of a column of the engine's what `field()` says of ours."""
    column = model.__table__.c[name]  # type: ignore[attr-defined]  # a mapped class
    said_of = field(label, **said).column.info  # type: ignore[attr-defined]  # a MappedColumn
    column.info.update(said_of)


_say(User, "first_name", _l("First name"), search=True)
_say(User, "last_name", _l("Last name"), search=True)
_say(User, "username", _l("Username"), search=True)
_say(User, "email", _l("E-mail"), kind=kinds.EMAIL, search=True)
_say(User, "active", _l("Active"))
_say(User, "changed_on", _l("Changed on"), readonly=True)
_say(Group, "name", _l("Name"), search=True)
_say(Group, "description", _l("Description"))
_say(Role, "name", _l("Name"), search=True)


@event.listens_for(Mapper, "after_configured", once=True)
def _say_of_relations() -> None:
    """The engine's relations and back-references exist only now."""
    User.groups.property.info["label"] = _l("Groups")
    User.roles.property.info["label"] = _l("Roles")
    Group.users.property.info["label"] = _l("Users")
    Group.roles.property.info["label"] = _l("Roles")


@event.listens_for(User, "before_insert")
@event.listens_for(User, "before_update")
def _keep_name_key(mapper: Any, connection: Any, user: Any) -> None:
    """The engine's own tables are not checked before a flush as ours are."""
    user.name_key = fold(user.sort_name)


@event.listens_for(User, "before_insert")
@event.listens_for(User, "before_update")
@event.listens_for(Group, "before_insert")
@event.listens_for(Group, "before_update")
def _note_change(mapper: Any, connection: Any, row: Any) -> None:
    """Membership is told on both sides, and so changes both; a sign-in, a statement, is none."""
    session = object_session(row)
    if session is None or not session.is_modified(row):
        return
    row.changed_on = utcnow()
    name, other = ("groups", Group) if isinstance(row, User) else ("users", User)
    history = inspect(row).attrs[name].history
    ids = [one.id for one in (*history.added, *history.deleted) if one.id is not None]
    if ids:
        moved = update(other.__table__).where(other.id.in_(ids))
        connection.execute(moved.values(changed_on=row.changed_on))
