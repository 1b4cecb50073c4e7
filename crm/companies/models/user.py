"""Our columns on FAB's users, groups and roles. Source: spec 1.2.

They are added to FAB's classes, before the first query: with a subclass of User there would be two
Python classes for one row, which the relationship of groups refuses.
"""

from secrets import randbelow
from typing import Any

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import Group, Role, User
from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    event,
    inspect,
    update,
)
from sqlalchemy.orm import Mapper, backref, mapped_column, object_session, relationship

from crm.companies.models.company import Agency, Company
from crm.core.files.models import StoredFile
from crm.core.models import Label, computed, field, folded, kinds
from crm.core.types import EngineInstant, Instant, fold, utcnow

# A person's own default reminder: that of the company, none, or so many minutes before.
OF_COMPANY, NO_REMINDER = "company", "none"
REMINDERS: dict[str, Label] = {
    OF_COMPANY: _l("As the company"),
    NO_REMINDER: _l("No reminder"),
    "0": _l("At the start"),
    "5": _l("5 minutes before"),
    "10": _l("10 minutes before"),
    "15": _l("15 minutes before"),
    "30": _l("30 minutes before"),
    "60": _l("1 hour before"),
    "120": _l("2 hours before"),
    "1440": _l("1 day before"),
    "10080": _l("1 week before"),
}

user_company = Table(
    "user_company",
    Model.metadata,
    Column("user_id", ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True),
    Column("company_id", ForeignKey("company.id"), primary_key=True, index=True),
)

# Untyped, as FAB's mappings are: readers annotate them.
User.language = field(
    _l("Language"),
    String(8),
    kind=kinds.LANGUAGE,
    default="en",
    server_default="en",
    nullable=False,
    unset=_l("Not chosen yet"),
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
    choices={"system": _l("Same as the system"), "light": _l("Light"), "dark": _l("Dark")},
    default="system",
    server_default="system",
    nullable=False,
)
User.phone = field(_l("Phone"), String(20), kind=kinds.PHONE, search=True, nullable=True)
User.job_title = field(_l("Job title"), String(80), nullable=True)
User.signature = field(
    _l("Signature"),
    Text,
    kind=kinds.RICH_TEXT,
    nullable=True,
    help=_l("At the end of your e-mails."),
)
# use_alter: the foreign keys between users, agencies and companies are circular.
User.agency_id = field(
    _l("Agency"), ForeignKey("agency.id", use_alter=True), index=True, nullable=True, css="w-agency"
)
User.picture_id = field(
    _l("Picture"),
    ForeignKey("stored_file.id", use_alter=True),
    kind=kinds.PICTURE,
    index=True,
    nullable=True,
)
User.active_company_id = field(
    _l("Active company"), ForeignKey("company.id", use_alter=True), index=True, nullable=True
)
User.single_keys = field(
    _l("Single-key shortcuts"), Boolean, default=True, server_default="1", nullable=False
)
User.default_reminder = field(
    _l("Default reminder before meetings and calls"),
    String(8),
    choices=REMINDERS,
    default=OF_COMPANY,
    server_default=OF_COMPANY,
    nullable=False,
)
User.digest_at = field(
    _l("Digest of the day"),
    String(5),
    choices={f"{hour:02}:00": f"{hour:02}:00" for hour in range(24)},
    nullable=True,
    unset=_l("No digest"),
    help=_l("An e-mail at this hour with your events and tasks; none on days without any."),
)
# The last day, in the person's time zone, whose digest was queued or had nothing to say.
User.digest_on = mapped_column(Date, nullable=True)
# These end sessions and require a new password; no page shows them.
User.must_change_password = mapped_column(
    Boolean, default=False, server_default="0", nullable=False
)
# Starts at random: SQLite reuses the id of a deleted user, whose sessions must not become valid.
User.session_epoch = mapped_column(
    Integer,
    default=lambda: randbelow(2**30),
    server_default="0",
    nullable=False,
    info={"secret": True},
)
User.name_key = folded("full_name", server_default="")
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
User.picture = relationship(StoredFile, foreign_keys=[User.picture_id])
User.active_company = relationship(Company, foreign_keys=[User.active_company_id])

Group.is_team = field(
    _l("Team"),
    Boolean,
    default=False,
    server_default="0",
    nullable=False,
    help=_l("Members see each other's records where the scope of their role is Team."),
)
Group.changed_on = field(_l("Changed on"), Instant, default=utcnow, readonly=True, nullable=True)
Group.name_key = folded("name", 100, server_default="")
# FAB sets it once, in the server's local time, and never updates it.
User.__table__.c.changed_on.type = EngineInstant()
# Identifies shipped roles; rights do not depend on it.
Role.code = mapped_column(String(20), unique=True, nullable=True)


def _full_name(user: Any) -> str:
    return f"{user.first_name or ''} {user.last_name or ''}".strip()


User.full_name = computed(_l("Name"), kinds.PERSON, search=True)(_full_name)
User.__str__ = _full_name


def _say(model: type, name: str, label: Label, **said: Any) -> None:
    """Declare the field of one of FAB's columns, as `field()` does for ours."""
    column = model.__table__.c[name]  # type: ignore[attr-defined]  # a mapped class
    said_of = field(label, **said).column.info  # type: ignore[attr-defined]  # a MappedColumn
    column.info.update(said_of)


_say(User, "first_name", _l("First name"))
_say(User, "last_name", _l("Last name"))
_say(User, "username", _l("Username"), search=True)
_say(User, "email", _l("E-mail"), kind=kinds.EMAIL, search=True)
_say(User, "active", _l("Active"))
_say(User, "changed_on", _l("Changed on"), readonly=True)
_say(Group, "name", _l("Name"), search=True)
_say(Group, "description", _l("Description"))
_say(Role, "name", _l("Name"), search=True)


@event.listens_for(Mapper, "after_configured", once=True)
def _say_of_relations() -> None:
    """Declare the fields of FAB's relationships, once the mappers are configured."""
    User.groups.property.info |= {"label": _l("Groups"), "none": _l("No team")}
    User.roles.property.info["label"] = _l("Roles")
    Group.users.property.info["label"] = _l("Users")
    Group.roles.property.info["label"] = _l("Roles")


@event.listens_for(User, "before_insert")
@event.listens_for(User, "before_update")
@event.listens_for(Group, "before_insert")
@event.listens_for(Group, "before_update")
def _keep_name_key(mapper: Any, connection: Any, row: Any) -> None:
    """Update the folded name: FAB's tables are not validated before a flush as ours are."""
    row.name_key = fold(row.full_name if isinstance(row, User) else row.name)


@event.listens_for(User, "before_insert")
@event.listens_for(User, "before_update")
def _keep_without_language(mapper: Any, connection: Any, user: Any) -> None:
    """Keep "" of a user who has not chosen a language yet, which the check of a row empties."""
    if "language" in inspect(user).dict and user.language is None:
        user.language = ""


@event.listens_for(User, "before_insert")
@event.listens_for(User, "before_update")
@event.listens_for(Group, "before_insert")
@event.listens_for(Group, "before_update")
def _note_change(mapper: Any, connection: Any, row: Any) -> None:
    """Set "Changed on", also for changed memberships; not for a sign-in, which is a statement."""
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
