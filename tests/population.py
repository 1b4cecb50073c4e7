"""Rows in every table with a mark in every text, to find them in pages.

Made from the tables themselves, so that a table or column that comes later is planted too. Goes
around services and row filter on purpose: it puts there what a test then must not meet.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import (
    CTE,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Date,
    Enum,
    Integer,
    String,
    Table,
    case,
    cast,
    func,
    insert,
    inspect,
    literal,
    select,
)
from sqlalchemy.types import JSON

from crm.core.models import Child, Record, Reference, spec_of
from crm.core.search import indexes as search
from crm.core.types import Exact, Instant, Translated, fold

NOW = datetime(2027, 1, 15, 9, tzinfo=UTC)
# What cannot carry a mark, but is valid.
PLAIN: Mapping[str, Any] = {
    "country": "FR",
    "currency": "EUR",
    "language": "fr",
    "time_zone": "Europe/Paris",
    "postal_code": "69001",
    "hue": "blue",
    "phone": "+33142681234",
    "recurring_period": 1,
    "theme": "",
    "media_type": "application/pdf",
}
# Valid numbers, one for each company that is planted.
SIRENS = ("732829320", "552100554", "542051180", "775670417")
DATES = 50  # different ones, among rows that are alike
# What would make a row something else: deleted, closed, lost, an event of a lead and an account.
EMPTY = (
    "deleted_at", "closed_on", "lost_on", "lost_reason_id", "purged_at", "merged_into_id",
    "archived_on",
)  # fmt: skip
NEVER_BOTH = {
    "event": ("lead_id",),
    "account": ("civility", "first_name"),
    "quote_line": ("discount_amount",),
}


@dataclass
class Planted:
    """The rows planted for one owner: table → id, and the words by which they are recognised."""

    company: int
    owner: int
    mark: str
    ids: dict[str, int] = field(default_factory=dict)
    number: int = 0

    @property
    def words(self) -> tuple[str, ...]:
        """Texts that stand in these rows and in no others."""
        return self.mark, fold(self.mark), SIRENS[self.number]


def business_tables() -> list[Table]:
    """The tables of records and of what hangs on them, parents first."""
    mapped = {mapper.local_table: mapper.class_ for mapper in Model.registry.mappers}
    return [
        table
        for table in Model.metadata.sorted_tables
        if (table in mapped and issubclass(mapped[table], Record | Child)) or table.name in MORE
    ]


# Of a company, though no business record.
MORE = ("product", "agency", "stored_file", "public_link")


def plant(connection: Connection, planted: Planted, **given: Mapping[str, Any]) -> Planted:
    """One row in every business table; `given` names values of a table that are to be these."""
    fill_vocabularies(connection, Planted(planted.company, planted.owner, "Word"))
    for table in business_tables():
        values = row_of(connection, table, planted) | dict(given.get(table.name, {}))
        statement = insert(table).values(values).returning(table.c.id)
        planted.ids[table.name] = connection.execute(statement).scalar_one()
    _link_tags(connection, planted)
    return planted


def fill_vocabularies(connection: Connection, planted: Planted) -> None:
    """A row in each list of words that ships without any; it is everybody's."""
    for mapper in Model.registry.mappers:
        table = mapper.local_table
        if (
            issubclass(mapper.class_, Reference)
            and not connection.execute(select(table.c.id).limit(1)).first()
        ):
            connection.execute(insert(table).values(row_of(connection, table, planted)))


def _link_tags(connection: Connection, planted: Planted) -> None:
    tag = connection.execute(select(Model.metadata.tables["tag"].c.id).limit(1)).scalar()
    for table in Model.metadata.sorted_tables:
        owner = table.name.removesuffix("_tag")
        if tag is not None and owner in planted.ids and table.name.endswith("_tag"):
            connection.execute(
                insert(table).values({f"{owner}_id": planted.ids[owner], "tag_id": tag})
            )


def multiply(connection: Connection, table: Table, planted: Planted, count: int) -> None:
    """`count` more rows like the planted one, made by the database, which differ in their texts."""
    base = row_of(connection, table, planted)
    base.pop("siren", None)  # unique, and no text
    number, rows = numbers(count)
    digits = func.substr(cast(number + 10_000_000, String), 2)
    values = {name: literal(value, table.c[name].type) for name, value in base.items()}
    for one in _columns(table):
        if one.is_text and one.column in base:
            values[one.column] = _numbered(digits, base[one.column], table.c[one.column])
    for column in table.c:
        if column.info.get("folds"):
            text = fold(base.get(column.info["folds"]) or planted.mark)
            values[column.name] = _numbered(digits, text, column)
    if "number" in base:  # of a quote, unique
        values["number"] = _numbered(digits, "", table.c.number)
    values.update(_spread(table, number))
    made = select(*(value.label(None) for value in values.values())).select_from(rows)
    with without_indexes(connection, table):
        connection.execute(insert(table).from_select(list(values), made))


def numbers(count: int) -> tuple[ColumnElement[int], CTE]:
    """The numbers below `count`, as a column and the rows that it is of."""
    rows = select(literal(0).label("n")).cte("numbers", recursive=True)
    rows = rows.union_all(select(rows.c.n + 1).where(rows.c.n < count - 1))
    return rows.c.n, rows


def _numbered(digits: ColumnElement[str], text: str, column: Column[Any]) -> ColumnElement[str]:
    numbered = digits + literal(f" {text}", String)
    return func.substr(numbered, 1, column.type.length) if column.type.length else numbered


@contextmanager
def without_indexes(connection: Connection, table: Table) -> Iterator[None]:
    """The indexes of `table` are made after the rows inserted meanwhile, which is much faster."""
    indexes = [index for index in table.indexes if not index.unique]
    searched = [table.name] if "search_text" in table.c else []
    search.drop(connection, searched)
    for index in indexes:
        index.drop(connection)
    yield
    for index in indexes:
        index.create(connection)
    search.create(connection, searched)


def _spread(table: Table, number: ColumnElement[int]) -> dict[str, ColumnElement[Any]]:
    """Dates that are not all the same, as an order by date must tell them apart."""
    day, minute = timedelta(days=1), timedelta(minutes=1)
    moved = {
        "received_on": (date(2027, 1, 1), -day),
        "expected_close_on": (date(2027, 1, 1), day),
        "issued_on": (date(2026, 1, 1), -day),
        "starts_at": (NOW, minute),
        "ends_at": (NOW + 30 * minute, minute),
    }
    return {
        name: case(
            {at: literal(first + at * step, table.c[name].type) for at in range(DATES)},
            value=number % DATES,
        )
        for name, (first, step) in moved.items()
        if name in table.c
    }


@dataclass(frozen=True)
class _Described:
    column: str
    is_text: bool


def _columns(table: Table) -> list[_Described]:
    return [
        _Described(
            column.name,
            isinstance(column.type, String)
            and not isinstance(column.type, Enum)
            and not column.foreign_keys
            and not column.info.get("folds")
            and _kind(table, column) in ("text", "longtext", "richtext"),
        )
        for column in table.c
    ]


def row_of(connection: Connection, table: Table, planted: Planted) -> dict[str, Any]:
    """Values for one row of `table`, every text of it marked."""
    row: dict[str, Any] = {}
    for column in table.c:
        if column.primary_key or column.name in (*EMPTY, *NEVER_BOTH.get(table.name, ())):
            continue
        value = (
            _linked(connection, table, column, planted)
            if column.foreign_keys
            else _value(table, column, planted)
        )
        if value is not None:
            row[column.name] = value
    return row


def _linked(connection: Connection, table: Table, column: Column[Any], planted: Planted) -> Any:
    target = next(iter(column.foreign_keys)).column.table
    if target is table:
        return None
    match target.name:
        case "company":
            return planted.company
        case "ab_user":
            return planted.owner
    if target.name in planted.ids:
        return planted.ids[target.name]
    if column.nullable and target in business_tables():
        return None  # planted later: such as what a lead became
    statement = select(target.c.id).order_by(target.c.id).limit(1)
    if "type" in target.c and "type" in table.c:  # the first sort of the same type
        statement = statement.where(target.c.type == _value(table, table.c.type, planted))
    return connection.execute(statement).scalar()


def _value(table: Table, column: Column[Any], planted: Planted) -> Any:  # noqa: C901
    kind = _kind(table, column)
    if column.info.get("folds"):
        return _cut(fold(planted.mark), column)
    if kind in ("siren", "siret", "vat_number"):
        return SIRENS[planted.number] if kind == "siren" else None
    if kind == "richtext":
        return f"<p>{planted.mark}</p>"
    if kind == "translated_rich_text":
        return dict.fromkeys(("en", "fr"), f"<p>{planted.mark}</p>")
    if kind == "email":
        return f"{fold(planted.mark)}@acme.example"
    if kind == "url":
        return f"https://acme.example/{fold(planted.mark)}"
    if column.name in PLAIN or kind in PLAIN:
        return PLAIN.get(column.name, PLAIN.get(kind))
    match column.type:
        case Enum():
            return column.type.python_type(column.type.enums[0]) if column.type.enum_class else None
        case Translated():
            return {"en": planted.mark, "fr": planted.mark}
        case JSON():
            return None
        case Instant():
            return NOW + timedelta(hours=column.name == "ends_at")
        case Exact():
            return Decimal("1.00") if column.name in ("quantity", "rate") else Decimal("0.00")
        case Date():
            return NOW.date()
        case Boolean():
            return column.name == "active"
        case Integer():
            return 1
        case String():
            return _text(table, column, planted)
    return None


def _text(table: Table, column: Column[Any], planted: Planted) -> str | None:
    if kind_choices(table, column):
        return str(next(iter(kind_choices(table, column))))
    length = column.type.length
    if length is not None and length < len(planted.mark):
        return None if column.nullable else planted.mark[:length]
    return planted.mark


def kind_choices(table: Table, column: Column[Any]) -> Mapping[str, Any]:
    """The words of a column that has a list of them."""
    spec = _spec(table, column)
    return (spec.choices if spec is not None else None) or {}


def _kind(table: Table, column: Column[Any]) -> str:
    spec = _spec(table, column)
    return spec.kind.name if spec is not None else "text" if isinstance(column.type, String) else ""


def _spec(table: Table, column: Column[Any]) -> Any:
    model = next((m.class_ for m in Model.registry.mappers if m.local_table is table), None)
    if model is None:
        return None
    try:
        return spec_of(model, inspect(model).get_property_by_column(column).key)
    except KeyError:
        return None


def _cut(text: str, column: Column[Any]) -> str:
    return text[: column.type.length] if column.type.length else text
