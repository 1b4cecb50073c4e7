"""Declaration of fields: a column, and its description for form, API, import and journal."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask_appbuilder import Model
from flask_babel import gettext as _
from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    Index,
    Integer,
    String,
    Table,
    event,
    inspect,
    text,
)
from sqlalchemy.orm import Mapped, Mapper, RelationshipProperty, mapped_column

from crm.core.models import kinds
from crm.core.models.kinds import JSON, Format, Kind, refuse_longer, tidy
from crm.core.types import Exact

Label = Any  # a LazyString or a str; flask_babel has no type hints
TYPED = Format()  # as people type, in UTC

Model.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


@dataclass(frozen=True)
class Spec:
    """The description of a field, for form, API, import, export, filter and journal.

    `choices` maps a stored value to its words; `stored_as` is how the column keeps one of them.
    `note` stands beside the label, `unset` in place of no value, which filters call `none`. `css`
    are the classes of its column in lists, where its kind does not tell the width.
    """

    label: Label
    kind: Kind
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
    unset: Label | None = None
    none: Label | None = None
    places: int = 2
    stored_as: type = str

    @property
    def longest(self) -> int | None:
        return self.length if self.length is not None else self.kind.longest

    def parse(self, text: str, form: Format = TYPED) -> Any:
        """The value that `text` means, as `form` writes values; None where it is empty.

        Raises ValueError with a sentence for the user. Whether it is allowed, `clean` says.
        """
        text = tidy(text)
        return self.kind.parse(self, text, form) if text else self.kind.empty

    def clean(self, value: Any, row: Any = None) -> Any:
        """`value` as it is stored, checked by all that is said of the field.

        Raises ValueError with a sentence for the user. `row` gives the rules of a kind their
        surroundings: the country of a phone number or a postal code.
        """
        if isinstance(value, str):
            value = tidy(value)
        if value is None or value in ("", {}):
            if self.required:
                raise ValueError(_("Required field"))
            return None
        cleaned = self.kind.clean(self, value, row)
        if isinstance(cleaned, str):
            refuse_longer(cleaned, self.longest)
        return cleaned

    def read(self, text: str, form: Format = TYPED) -> Any:
        """As `parse`, and checked, unless the check needs the row: whoever makes it asks again."""
        value = self.parse(text, form)
        return value if value is None or self.kind.needs_row else self.clean(value)

    def write(self, value: Any, zone: str = "UTC", currency: str | None = None) -> str:
        """`value` as the reader's language writes it; "" where there is none."""
        if value is None or value == "":
            return ""
        return self.kind.write(self, value, zone, currency)

    def typed(self, value: Any, zone: str = "UTC") -> str:
        """`value` as the text of an input, which `parse` reads back unchanged."""
        return "" if value is None else self.kind.typed(self, value, zone)

    def revive(self, value: Any) -> Any:
        """The value of which `kinds.to_json` made this."""
        return self.kind.parse(self, value, JSON) if isinstance(value, str) else value


@dataclass(frozen=True)
class _Declaration:
    """The arguments of `field()`; with the column's name and type they make a Spec."""

    label: Label
    extra: Mapping[str, Any]


def field(
    label: Label,
    *args: Any,
    kind: Kind | None = None,
    minimum: int | None = None,
    maximum: int | None = None,
    choices: Mapping[str, Label] | None = None,
    help: Label | None = None,
    note: Label | None = None,
    search: bool = False,
    readonly: bool = False,
    css: str = "",
    unset: Label | None = None,
    none: Label | None = None,
    required: bool | None = None,
    **column: Any,
) -> Mapped[Any]:
    """Declare a column with its description; `args` and `column` go to `mapped_column`.

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
        "unset": unset,
        "none": none,
        "required": required,
    }
    return mapped_column(*args, info={"declared": _Declaration(label, extra)}, **column)


@event.listens_for(Column, "after_parent_attach")
def _range_constraint(column: Column[Any], parent: Any) -> None:
    declaration = column.info.get("declared")
    if not isinstance(parent, Table) or declaration is None:
        return
    if parent.metadata is not Model.metadata:
        return  # a copy, Alembic's for one, is given the constraints of its original
    low, high = declaration.extra["minimum"], declaration.extra["maximum"]
    scale = 0 if not isinstance(column.type, Exact) else column.type.places
    if scale and low not in (None, 0):
        raise ValueError(f"{column}: a CHECK on an exact column can only say 0 on both databases")
    parts = [f"{column.name} >= {low}"] if low is not None else []
    parts += [f"{column.name} <= {high}"] if high is not None and not scale else []
    if parts:
        parent.append_constraint(CheckConstraint(" AND ".join(parts), name=f"{column.name}_range"))


def spec_of(model: type, name: str) -> Spec:
    """The Spec of a column, a relationship or a `computed` property of `model`, by its name.

    Raises KeyError where it has none.
    """
    spec = find_spec(model, name)
    if spec is None:
        raise KeyError(f"{model.__name__}.{name}")
    return spec


def find_spec(model: type[Any], name: str) -> Spec | None:
    """As `spec_of`; None where it has none."""
    return _spec_in(model.__mapper__, name)


@cache
def _spec_in(mapper: Mapper[Any], name: str) -> Spec | None:
    if name in mapper.relationships:
        relation = mapper.relationships[name]
        if not relation.uselist:
            return _complete(next(iter(relation.local_columns)), kinds.REFERENCE)
        label, info = relation.info.get("label"), relation.info
        spec = Spec(label, kinds.REFERENCES, help=info.get("help"), none=info.get("none"))
        return spec if label else None
    if name in mapper.columns:
        column = mapper.columns[name]
        return _complete(column, kinds.REFERENCE if column.foreign_keys else None)
    shown = getattr(mapper.class_, name, None)
    return shown.spec if isinstance(shown, computed) else None


def _complete(column: Any, kind: Kind | None) -> Spec | None:
    declaration: _Declaration | None = column.info.get("declared")
    if declaration is None:
        return None
    extra = dict(declaration.extra)
    required = extra.pop("required")
    if required is None:
        required = not column.nullable and column.default is None and column.server_default is None
    kind = extra.pop("kind") or kind or (kinds.CHOICE if extra["choices"] else kind_of(column))
    integer = int if isinstance(column.type, Integer) else str
    return Spec(
        declaration.label,
        kind,
        required=required and kind.empty is None,
        length=getattr(column.type, "length", None) if isinstance(column.type, String) else None,
        places=getattr(column.type, "places", 0),
        stored_as=getattr(column.type, "enum_class", None) or integer,
        **extra,
    )


def kind_of(column: Any) -> Kind:
    """The kind of field that the type of a column stands for."""
    return next(kind for cls, kind in kinds.OF_TYPE.items() if isinstance(column.type, cls))


def target_of(model: type[Any], relation: str) -> type[Any]:
    found: type[Any] = model.__mapper__.relationships[relation].mapper.class_
    return found


def link_of(model: type[Any], name: str) -> tuple[str, str]:
    """(relationship, attribute of its foreign key) of a to-one field, which may name either."""
    mapper = model.__mapper__
    relation = mapper.relationships.get(name) or link_behind(mapper, name)
    if relation is None:
        raise KeyError(f"{model.__name__}.{name}")
    return relation.key, key_of(relation)


def link_behind(mapper: Mapper[Any], key: str) -> RelationshipProperty[Any] | None:
    """The to-one relationship whose foreign key is the column `key`."""
    column = mapper.columns.get(key)
    if column is None or not column.foreign_keys:
        return None
    links = (r for r in mapper.relationships if not r.uselist and not r.viewonly)
    return next((link for link in links if column in link.local_columns), None)


def key_of(relation: RelationshipProperty[Any]) -> str:
    """The attribute with the foreign key of a to-one relationship."""
    return str(relation.parent.get_property_by_column(next(iter(relation.local_columns))).key)


def parent_key(model: type[Any]) -> Column[Any]:
    """The foreign key of a child table to its parent."""
    mapper = inspect(model)
    key: Column[Any] = mapper.columns[key_of(mapper.relationships[model.__parent__])]
    return key


class computed:  # noqa: N801  used as a decorator
    """A property with a Spec, not stored: `@computed(_l("Total"), kinds.MONEY)`.

    `sql` gives the same as an expression, of the model and the name of the dialect, so that it can
    be summed. `ahead` is told the ids of many rows before their values are asked for.
    """

    def __init__(
        self,
        label: Label,
        kind: Kind = kinds.TEXT,
        sql: Callable[[Any, str], ColumnElement[Any]] | None = None,
        *,
        ahead: Callable[[Iterable[int]], None] | None = None,
        **declaration: Any,
    ) -> None:
        self.spec = Spec(label, kind, readonly=True, **declaration)
        self.sql, self.ahead = sql, ahead

    def __call__(self, method: Callable[[Any], Any]) -> "computed":
        self.method = method
        self.__doc__ = method.__doc__
        return self

    def __get__(self, row: Any, owner: type | None = None) -> Any:
        return self if row is None else self.method(row)


def folded(
    source: str, length: int = 255, *, sorts: str = "", nullable: bool = False, **column: Any
) -> Mapped[Any]:
    """The key by which `source` is searched, sorted and unique; kept by the session's flush.

    `sorts` names the field that the key stands for where it is made from something else. A
    `nullable` key of an empty text is NULL, which lists sort last.
    """
    info = {"folds": source, "sorts": sorts or source}
    default = None if nullable else ""
    return mapped_column(String(length), info=info, nullable=nullable, default=default, **column)


def unique(
    name: str, *columns: str, field: str | None = None, live: str = "deleted_at IS NULL"
) -> Index:
    """A unique index over the rows outside the bin; a violation is an error of `field`.

    `live` is the SQL condition, the same on both databases; "" where the table has no bin.
    """
    where: dict[str, Any] = (
        {"sqlite_where": text(live), "postgresql_where": text(live)} if live else {}
    )
    return Index(name, *columns, unique=True, info={"field": field or columns[-1]}, **where)
