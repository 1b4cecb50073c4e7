"""What every table of ours is made of: a field said once, the audit columns, the bin, the lock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol

from flask_appbuilder import Model
from flask_appbuilder.security.sqla.models import User
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Enum,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    String,
    Table,
    Text,
    event,
)
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from crm.core.types import Exact, Instant, Money, Translated, Words, fold, utcnow

Label = LazyString | str

Model.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


@dataclass(frozen=True)
class Spec:
    """All that is said of a field, once, for form, API, import, export, filter and journal.

    `kind` names how it is typed, checked and shown: text, longtext, integer, decimal, money,
    percent, stars, date, instant, boolean, choice, reference, references, translated, email,
    phone, url, postal_code, country, currency, language, time_zone, siren, siret, vat_number,
    hue, picture, file. `choices` maps a stored value to its words. `note` stands beside the label.
    """

    label: Label
    kind: str
    required: bool = False
    length: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    choices: Mapping[str, Label] | None = None
    help: Label | None = None
    note: Label | None = None
    search: bool = False
    readonly: bool = False
    places: int = 2


_KIND_OF: tuple[tuple[type, str], ...] = (
    (Money, "money"),
    (Exact, "decimal"),
    (Instant, "instant"),
    (Translated, "translated"),
    (Enum, "choice"),
    (Boolean, "boolean"),
    (Date, "date"),
    (Text, "longtext"),
    (String, "text"),
    (Integer, "integer"),
)


@dataclass(frozen=True)
class _Said:
    """What `field()` was told; the column completes it into a Spec once it has a name and a type."""

    label: Label
    extra: Mapping[str, Any]


def field(  # noqa: PLR0913
    label: Label,
    *args: Any,
    kind: str | None = None,
    minimum: int | None = None,
    maximum: int | None = None,
    choices: Mapping[str, Label] | None = None,
    help: Label | None = None,
    note: Label | None = None,
    search: bool = False,
    readonly: bool = False,
    required: bool | None = None,
    **column: Any,
) -> Mapped[Any]:
    """A column and everything said about it; `args` and `column` go to `mapped_column`.

    `minimum` and `maximum` also become a CHECK constraint. `required` defaults to "not nullable
    and without a default". A foreign key's Spec is read through its relationship's name too.
    """
    extra = {
        "kind": kind,
        "minimum": minimum,
        "maximum": maximum,
        "choices": choices,
        "help": help,
        "note": note,
        "search": search,
        "readonly": readonly,
        "required": required,
    }
    return mapped_column(*args, info={"said": _Said(label, extra)}, **column)


@event.listens_for(Column, "after_parent_attach")
def _range_constraint(column: Column[Any], parent: Any) -> None:
    said = column.info.get("said")
    if not isinstance(parent, Table) or said is None:
        return
    low, high = said.extra["minimum"], said.extra["maximum"]
    scale = 0 if not isinstance(column.type, Exact) else column.type.places
    if scale and low not in (None, 0):
        raise ValueError(f"{column}: a CHECK on an exact column can only say 0 on both databases")
    parts = [f"{column.name} >= {low}"] if low is not None else []
    parts += [f"{column.name} <= {high}"] if high is not None and not scale else []
    if parts:
        parent.append_constraint(CheckConstraint(" AND ".join(parts), name=f"{column.name}_range"))


def spec_of(model: type, name: str) -> Spec:
    """The Spec of a column, a relationship or a `computed` property of `model`, by its name.

    Raises KeyError where nothing was said about it.
    """
    cache: dict[str, Spec] = model.__dict__.get("_specs") or {}
    if name not in cache:
        cache = {**cache, name: _read_spec(model, name)}
        type.__setattr__(model, "_specs", cache)
    return cache[name]


def _read_spec(model: type, name: str) -> Spec:
    mapper = model.__mapper__  # type: ignore[attr-defined]
    if name in mapper.relationships:
        relation = mapper.relationships[name]
        if relation.uselist:
            label = relation.info.get("label")
            if label is None:
                raise KeyError(f"{model.__name__}.{name}")
            return Spec(label, "references", help=relation.info.get("help"))
        column = next(iter(relation.local_columns))
        return _complete(column, kind="reference")
    if name in mapper.columns:
        column = mapper.columns[name]
        return _complete(column, kind="reference" if column.foreign_keys else None)
    shown = getattr(model, name, None)
    if isinstance(shown, computed):
        return shown.spec
    raise KeyError(f"{model.__name__}.{name}")


def _complete(column: Column[Any], kind: str | None) -> Spec:
    said: _Said | None = column.info.get("said")
    if said is None:
        raise KeyError(str(column))
    extra = dict(said.extra)
    required = extra.pop("required")
    if required is None:
        required = not column.nullable and column.default is None and column.server_default is None
    guessed = next(word for cls, word in _KIND_OF if isinstance(column.type, cls))
    extra["kind"] = extra["kind"] or kind or guessed
    return Spec(
        said.label,
        required=required and extra["kind"] != "boolean",
        length=getattr(column.type, "length", None) if isinstance(column.type, String) else None,
        places=getattr(column.type, "places", 2) if isinstance(column.type, Numeric | Exact) else 2,
        **extra,
    )


class computed:  # noqa: N801
    """A shown value that is worked out, not stored: `@computed(_l("Total"), "money")` on a method."""

    def __init__(self, label: Label, kind: str = "text", **said: Any) -> None:
        self.spec = Spec(label, kind, readonly=True, **said)

    def __call__(self, method: Callable[[Any], Any]) -> "computed":
        self.method = method
        self.__doc__ = method.__doc__
        return self

    def __get__(self, row: Any, owner: type | None = None) -> Any:
        return self if row is None else self.method(row)


def folded(source: str, length: int = 255, **column: Any) -> Mapped[str]:
    """The key by which `source` is searched, sorted and unique; kept by the session's flush."""
    return mapped_column(String(length), info={"folds": source}, nullable=False, default="", **column)


def unique(name: str, *columns: str, field: str | None = None, live: str = "deleted_at IS NULL") -> Index:
    """A unique index over what is outside the bin; a clash is told beside `field`.

    `live` is the SQL condition, the same on both databases; "" where the table has no bin.
    """
    where = {"sqlite_where": _text(live), "postgresql_where": _text(live)} if live else {}
    return Index(name, *columns, unique=True, info={"field": field or columns[-1]}, **where)


def _text(sql: str) -> Any:
    from sqlalchemy import text

    return text(sql)


class ActingUser(Protocol):
    """Anything that knows who acts now; `core.actor` puts its own here."""

    def __call__(self) -> int | None: ...


acting_user: ActingUser = lambda: None  # noqa: E731  replaced by core.actor, which stands above


def _acting() -> int | None:
    return acting_user()


class Kept(Model):
    """A row with a page of its own: who made it, who changed it, and the optimistic lock."""

    __abstract__ = True
    # The row of the rights grid that this table belongs to; the row filter reads it.
    __entity__: ClassVar[str]

    id: Mapped[int] = mapped_column(primary_key=True)
    row_version: Mapped[int] = mapped_column(default=1, server_default="1", nullable=False)
    created_on: Mapped[datetime] = field(
        _l("Created on"), Instant, default=utcnow, nullable=False, readonly=True
    )
    changed_on: Mapped[datetime] = field(
        _l("Changed on"), Instant, default=utcnow, onupdate=utcnow, nullable=False, readonly=True
    )

    @declared_attr
    def created_by_id(cls) -> Mapped[int | None]:
        return field(_l("Created by"), ForeignKey("ab_user.id"), default=_acting, readonly=True)

    @declared_attr
    def changed_by_id(cls) -> Mapped[int | None]:
        return field(
            _l("Changed by"), ForeignKey("ab_user.id"), default=_acting, onupdate=_acting, readonly=True
        )

    @declared_attr
    def created_by(cls) -> Mapped[User | None]:
        return relationship(User, foreign_keys=[cls.created_by_id], viewonly=True)

    @declared_attr
    def changed_by(cls) -> Mapped[User | None]:
        return relationship(User, foreign_keys=[cls.changed_by_id], viewonly=True)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.__table__.c.row_version} if hasattr(cls, "__table__") else {}

    def check(self) -> None:
        """Rules between fields; raises DomainError. Called before every flush that writes the row."""


class Record(Kept):
    """A business row: of one company, found again by imports, deleted into the bin."""

    __abstract__ = True

    external_ref: Mapped[str | None] = field(_l("External reference"), String(80))
    deleted_at: Mapped[datetime | None] = field(_l("Deleted on"), Instant, readonly=True)

    @declared_attr
    def company_id(cls) -> Mapped[int]:
        return field(_l("Company"), ForeignKey("company.id"), nullable=False, index=True)

    @declared_attr
    def company(cls) -> Mapped[Any]:
        return relationship("Company", foreign_keys=[cls.company_id])


class Owned:
    """Mixin: somebody's, and of an agency, while agencies are managed."""

    @declared_attr
    def owner_id(cls) -> Mapped[int | None]:
        return field(_l("Assigned to"), ForeignKey("ab_user.id"), index=True)

    @declared_attr
    def agency_id(cls) -> Mapped[int | None]:
        return field(_l("Agency"), ForeignKey("agency.id"), index=True)

    @declared_attr
    def owner(cls) -> Mapped[User | None]:
        return relationship(User, foreign_keys=[cls.owner_id])

    @declared_attr
    def agency(cls) -> Mapped[Any]:
        return relationship("Agency", foreign_keys=[cls.agency_id])


class Reference(Kept):
    """A row of the installation's vocabulary: used ones are deactivated, never deleted."""

    __abstract__ = True
    __entity__ = "reference"

    name: Mapped[Words] = field(_l("Name"), Translated, nullable=False, required=True)
    position: Mapped[int] = field(_l("Position"), default=0, server_default="0", nullable=False)
    active: Mapped[bool] = field(_l("Active"), default=True, server_default="1", nullable=False)

    def __str__(self) -> str:
        return str(self.name)


class Child(Model):
    """A row that has no page: read, written, deleted and journaled through its parent only."""

    __abstract__ = True
    # The relationship that leads to the parent.
    __parent__: ClassVar[str]

    id: Mapped[int] = mapped_column(primary_key=True)


def keep_folded(row: Any) -> None:
    """Work out the folded columns of `row` from their sources."""
    for column in row.__mapper__.columns:
        source = column.info.get("folds")
        if source is not None:
            setattr(row, column.key, fold(str(getattr(row, source) or "")))
