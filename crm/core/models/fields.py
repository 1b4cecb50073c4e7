"""A field said once: its column, and what form, API, import and journal need to know of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Enum,
    Index,
    Integer,
    String,
    Table,
    Text,
    event,
    text,
)
from sqlalchemy.orm import Mapped, RelationshipProperty, mapped_column

from crm.core.types import Exact, Instant, Money, Translated

Label = Any  # a LazyString or a str; flask_babel has no type hints

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
    percent, stars, date, instant, next (the
    next action), boolean, choice, reference, references, translated, email,
    phone, url, postal_code, country, currency, language, time_zone, siren, siret, vat_number,
    hue, picture, file. `choices` maps a stored value to its words. `note` stands beside the label.
    `css` are the classes of its column in lists, where its kind does not tell the width.
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
    css: str = ""
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
    """What `field()` was told; a column with name and type completes it into a Spec."""

    label: Label
    extra: Mapping[str, Any]


def field(
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
    css: str = "",
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
        "css": css,
        "required": required,
    }
    return mapped_column(*args, info={"said": _Said(label, extra)}, **column)


@event.listens_for(Column, "after_parent_attach")
def _range_constraint(column: Column[Any], parent: Any) -> None:
    said = column.info.get("said")
    if not isinstance(parent, Table) or said is None:
        return
    if parent.metadata is not Model.metadata:
        return  # a copy, Alembic's for one, is given the constraints of its original
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
    mapper = model.__mapper__  # type: ignore[attr-defined]  # a mapped class
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
        places=getattr(column.type, "places", 0),
        **extra,
    )


def target_of(model: type[Any], relation: str) -> type[Any]:
    """The table that a relationship of `model` leads to."""
    found: type[Any] = model.__mapper__.relationships[relation].mapper.class_
    return found


def key_of(relation: RelationshipProperty[Any]) -> str:
    """The attribute with the foreign key of a to-one relationship."""
    return str(relation.parent.get_property_by_column(next(iter(relation.local_columns))).key)


class computed:  # noqa: N801  used as a decorator
    """A shown value that is worked out, not stored: `@computed(_l("Total"), "money")`."""

    def __init__(self, label: Label, kind: str = "text", **said: Any) -> None:
        self.spec = Spec(label, kind, readonly=True, **said)

    def __call__(self, method: Callable[[Any], Any]) -> "computed":
        self.method = method
        self.__doc__ = method.__doc__
        return self

    def __get__(self, row: Any, owner: type | None = None) -> Any:
        return self if row is None else self.method(row)


def folded(source: str, length: int = 255, *, sorts: str = "", **column: Any) -> Mapped[str]:
    """The key by which `source` is searched, sorted and unique; kept by the session's flush.

    `sorts` names the field that the key stands for where it is made from something else: people
    are shown as "Paul Roy" and sorted as "Roy Paul".
    """
    info = {"folds": source, "sorts": sorts or source}
    return mapped_column(String(length), info=info, nullable=False, default="", **column)


def unique(
    name: str, *columns: str, field: str | None = None, live: str = "deleted_at IS NULL"
) -> Index:
    """A unique index over what is outside the bin; a clash is told beside `field`.

    `live` is the SQL condition, the same on both databases; "" where the table has no bin.
    """
    where: dict[str, Any] = (
        {"sqlite_where": text(live), "postgresql_where": text(live)} if live else {}
    )
    return Index(name, *columns, unique=True, info={"field": field or columns[-1]}, **where)
