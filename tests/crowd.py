"""As many rows as a company has after years, made by the database itself: `make_crowd`.

Two companies with nine tenths and one tenth of the rows, 54 owners of whom two have few rows, no
owner here and there, every status and stage, empty values in the columns that may be empty, and
one row in fifty in the bin. Goes around services and row filter: it is there to be measured.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Flask
from flask_appbuilder import Model
from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    String,
    Table,
    case,
    cast,
    column,
    func,
    insert,
    literal,
    null,
    select,
    update,
)

from crm.companies.models import AppSettings
from crm.core.db import db
from tests.fixtures import Cast, read_cast
from tests.population import NOW, Planted, numbers, plant, row_of, without_indexes

OWNERS = 54
FEW = 10  # rows of the two owners who have hardly any
SWITCHES = (
    "manage_catalogs", "manage_recurring", "manage_agencies", "show_customer_description",
    "manage_prospect_status",
)  # fmt: skip
# Rows of each table for one of leads; parents first.
SHARES = {
    "account": 0.5, "account_address": 0.5, "contact": 0.5, "account_contact": 0.45, "product": 0.5,
    "product_price": 0.5,
    "lead": 1.0, "opportunity": 1.0, "quote": 0.5, "event": 0.5, "catalog": 0.1,
    "message": 1.0, "event_participant": 0.05,
}  # fmt: skip
FIRST = "Ana Bruno Chloe David Emma Farid Gaelle Hugo Ines Jean Karim Lea Marc Nora Omar Paul"
LAST = (
    "Andre Bernard Caron Durand Evrard Fabre Garnier Henry Imbert Joly Klein Lambert Martin Noel "
    "Olivier Petit Quentin Robert Simon Thomas Urbain Vidal Weber Xavier Yvon Zola"
)
TRADES = "Boulangerie Garage Imprimerie Librairie Menuiserie Pharmacie Scierie Transports"

Number = ColumnElement[Any]


@dataclass
class Crowd:
    """What rows are made of: expressions of their number `n`, in the dialect of the database."""

    is_sqlite: bool
    cast: Cast
    owners: tuple[int, ...]
    size: Mapping[str, int]
    words: Mapping[str, list[int]]  # vocabulary → its ids
    planted: Planted
    n: Number = field(default_factory=lambda: column("n", Integer))

    def spread(self, factor: int, count: int) -> Number:
        """A number below `count` that jumps about from row to row."""
        return (self.n * factor + self.n // 97) % count

    def apart(self, factor: int, count: int) -> Number:
        """As `spread`, but equal for rows near each other, so that it does not follow from it."""
        return self.spread(factor, count * 101) // 101

    def one_of(self, values: Any, factor: int) -> Number:
        """One of a few values."""
        place = self.spread(factor, len(values))
        return case({at: literal(value) for at, value in enumerate(values)}, value=place)

    def sometimes(self, value: Any, one_in: int) -> Number:
        """`value`, but empty in one row of `one_in`, whatever else the row has."""
        return case((self.apart(5, one_in) == 0, null()), else_=value)

    def day(self, factor: int, span: int, ahead: int = 0) -> Number:
        """One of the last `span` days, moved by `ahead`."""
        back = self.spread(factor, span) - ahead
        if self.is_sqlite:
            return func.date(NOW.date().isoformat(), func.printf("%d days", -back))
        return literal(NOW.date()) - back

    def instant(self, factor: int, span: int, later: int = 0) -> Number:
        """A minute of the `span` minutes around now."""
        minutes = self.spread(factor, span) - span // 2 + later
        if self.is_sqlite:
            moved = func.printf("%d minutes", minutes)
            return func.strftime("%Y-%m-%d %H:%M:%f000", NOW.strftime("%Y-%m-%d %H:%M"), moved)
        return literal(NOW) + minutes * literal(timedelta(minutes=1))

    def money(self, factor: int, most: int, places: int = 2) -> Number:
        return self.spread(factor, most) * (10**places if self.is_sqlite else 1)

    def owner(self) -> Number:
        """Two rows in a hundred have none; the last two owners have only a few."""
        many, (shy, shyer) = self.owners[:-2], self.owners[-2:]
        return case(
            (self.n < FEW, shy),
            (self.n < 2 * FEW, shyer),
            (self.spread(3, 50) == 0, null()),
            else_=self.one_of(many, 7),
        )

    def of(self, table: str, factor: int) -> Number:
        """A row of another table, of the same company."""
        tens = self.size[table] // 10
        return self.planted.ids[table] + 1 + (self.n // 10 * factor) % tens * 10 + self.n % 10

    def numbered(self, text: str, count: int = 10**9) -> Number:
        return literal(f"{text} ", String) + cast(self.n % count, String)

    def common(self) -> dict[str, Number]:
        """What most tables have."""
        lyon, lille = self.cast.lyon, self.cast.lille
        return {
            "company_id": case((self.n % 10 == 0, self.cast.iberia), else_=self.cast.france),
            "owner_id": self.owner(),
            "agency_id": self.one_of((lyon, lyon, lille, None), 3),
            "external_ref": self.numbered("R"),
            "reference": self.numbered("R"),
            "deleted_at": case(
                (self.n % 50 == 7, literal(NOW, db.metadata.tables["lead"].c.deleted_at.type))
            ),
            "source_id": self.one_of(self.words["source"], 3),
            "last_event_at": self.sometimes(self.instant(41, 400_000, -200_000), 3),
            "next_event_at": self.sometimes(self.instant(43, 400_000), 2),
            "score": self.sometimes(self.apart(11, 6), 4),
            "email": literal("someone", String) + cast(self.n, String) + "@acme.example",
            "phone": literal("+3314", String) + cast(2_000_000 + self.n % 7_000_000, String),
        }

    def searched(self, values: Mapping[str, Any]) -> Number:
        """What a row is found by: its name, address and numbers, without what is no word."""
        said = values["name_key"] if "name_key" in values else func.lower(values["subject"])
        if "organization_key" in values:
            said = said + " " + func.coalesce(values["organization_key"], "")
        if "email" in values:
            said = said + " someone" + cast(self.n, String) + " acme example"
        if "phone" in values:
            number = cast(2_000_000 + self.n % 7_000_000, String)
            said = said + " 3314" + number + " 14" + number
        return said + " r " + cast(self.n, String) if "reference" in values else said

    def recipes(self) -> dict[str, dict[str, Number]]:
        """table → column → expression; the rest is as in the planted row."""
        first, last = self.one_of(FIRST.split(), 11), self.one_of(LAST.split(), 17)
        trade = self.one_of(TRADES.split(), 13) + " " + self.one_of(LAST.split(), 19)
        house = trade + " " + cast(self.n % 5000, String)
        deal = self.numbered("Contrat") + " " + trade
        return {
            "lead": {
                "first_name": first, "last_name": last,
                "organization": self.sometimes(house, 3),
                "organization_key": func.lower(self.sometimes(house, 3)),
                "name_key": func.lower(first + " " + last),
                "status_id": self.one_of(self.words["lead_status"], 5),
                "received_on": self.day(31, 1500),
                "city": self.numbered("Ville", 400),
            },
            "account": {
                "name": house, "name_key": func.lower(house), "siren": null(), "siret": null(),
                "kind": self.one_of(("prospect", "client", "prospect"), 7),
                # Ten trees, eight subsidiaries to each account, all of one company.
                "parent_id": case(
                    (self.n < 10, null()),
                    else_=self.planted.ids["account"] + 1 + self.n // 80 * 10 + self.n % 10,
                ),
                "category_id": self.sometimes(self.one_of(self.words["account_category"], 3), 5),
                "prospect_status_id": self.one_of(self.words["prospect_status"], 5),
            },
            "account_address": {"account_id": self.planted.ids["account"] + 1 + self.n},
            "contact": {
                "first_name": first, "last_name": last,
                "name_key": func.lower(first + " " + last),
                "has_account": self.n < self.size["account_contact"],
            },
            "account_contact": {
                "account_id": self.of("account", 37),
                "contact_id": self.planted.ids["contact"] + 1 + self.n,
            },
            "product": {
                "name": self.numbered("Article"), "name_key": self.numbered("article"),
                "code": self.numbered("P"), "code_key": self.numbered("p"),
            },
            "product_price": {
                "product_id": self.planted.ids["product"] + 1 + self.n,
                "price": self.money(13, 900, 4),
            },
            "catalog": {
                "name": self.numbered("Catalogue"), "name_key": self.numbered("catalogue"),
                "company_id": self.one_of((self.cast.france, self.cast.iberia, None), 3),
                "valid_until": self.sometimes(self.day(31, 1500, 700), 3),
                "brand": self.sometimes(self.one_of(TRADES.split(), 13), 3),
                "brand_key": func.lower(self.sometimes(self.one_of(TRADES.split(), 13), 3)),
            },
            "opportunity": {
                "name": deal, "name_key": func.lower(deal),
                "account_id": self.sometimes(self.of("account", 41), 25),
                "contact_id": null(),
                "stage_id": self.one_of(self.words["stage"], 5),
                "probability": self.spread(29, 101),
                "amount": self.sometimes(self.money(37, 50_000), 10),
                "expected_close_on": self.sometimes(self.day(31, 1400, 300), 20),
                "recurring_amount": null(),
            },
            "quote": {
                "number": self.numbered("D"),
                "status": self.one_of(
                    ("accepted", "refused", "accepted", "expired", "sent", "cancelled", "draft",
                     "finalised"), 7,
                ),
                "replaces_id": null(), "signed_pdf_id": null(), "approved_by_id": null(),
                "title": self.sometimes(deal, 10),
                "name_key": func.coalesce(self.sometimes(func.lower(deal), 10), ""),
                "account_id": self.of("account", 43), "contact_id": null(),
                "opportunity_id": null(),
                "issued_on": self.day(31, 1500), "valid_until": self.day(31, 1500, 30),
                "total_excl": self.money(37, 90_000), "total_incl": self.money(37, 108_000),
                "largest_discount": self.money(23, 20),
            },
            "event": {
                "subject": deal, "name_key": func.lower(deal),
                "type": self.one_of(("meeting", "call", "task", "event"), 3),
                "status": self.one_of(("done", "planned", "done", "cancelled"), 7),
                "starts_at": self.instant(59, 1_500_000),
                "ends_at": self.instant(59, 1_500_000, 30),
                "lead_id": self.sometimes(self.of("lead", 47), 2),
                "account_id": null(), "contact_id": null(), "opportunity_id": null(),
                "quote_id": null(), "uid": self.numbered("uid"),
                "visibility": case((self.n % 20 == 3, "private"), else_="public"),
            },
            "event_participant": {
                # A step through the events that shares no factor with the number of owners.
                "event_id": self.planted.ids["event"] + 1 + self.n * 7 % self.size["event"],
                "user_id": self.one_of(self.owners, 1),
                "contact_id": null(), "lead_id": null(), "email": null(),
            },
            "message": {
                "cause": self.numbered("cause"), "message_id": self.numbered("id"),
                "subject": deal, "original_id": null(), "deleted_at": null(),
                "state": self.one_of(("sent", "sent", "queued", "failed", "skipped", "sent"), 7),
                "kind": self.one_of(("free", "quote", "catalog", "invitation"), 3),
                "created_on": self.instant(59, 1_500_000),
                "next_try_at": self.instant(59, 1_500_000),
                "lease_until": null(), "sent_at": null(),
                "lead_id": self.sometimes(self.of("lead", 47), 2),
                "account_id": self.sometimes(self.of("account", 41), 2),
                "contact_id": null(), "opportunity_id": null(), "quote_id": null(),
                "event_id": null(),
                # A few catalogues that went to many people.
                "catalog_id": self.sometimes(
                    literal(self.planted.ids["catalog"]) + self.apart(13, 8), 4
                ),
            },
        }  # fmt: skip


Recipes = Callable[[Crowd], Mapping[str, Mapping[str, Number]]]


def make_crowd(app: Flask, leads: int, more: Recipes | None = None, **rows: int) -> None:
    """Fill the database of `app`, which has the cast and nothing else; `leads` a multiple of 100.

    Claire and Hugo, who are a team, are two of the owners; Olga and Ines have few rows. `rows`
    are the numbers of rows of single tables, where SHARES is not meant; `more` recipes win.
    """
    cast_ = read_cast(app)
    with app.app_context():
        with db.engine.begin() as connection:
            if connection.dialect.name != "sqlite":
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            connection.execute(update(AppSettings).values(dict.fromkeys(SWITCHES, True)))
            planted = plant(connection, Planted(cast_.france, cast_.claire, "Durand"))
            crowd = Crowd(
                connection.dialect.name == "sqlite",
                cast_,
                _owners(connection, cast_),
                {table: int(leads * share) for table, share in SHARES.items()} | rows,
                {
                    table: list(connection.scalars(select(Model.metadata.tables[table].c.id)))
                    for table in (
                        "source",
                        "lead_status",
                        "account_category",
                        "stage",
                        "prospect_status",
                        "lost_reason",
                    )
                },
                planted,
            )
            special = more(crowd) if more is not None else {}
            for name, recipe in crowd.recipes().items():
                told = {**recipe, **special.get(name, {})}
                _fill(connection, Model.metadata.tables[name], crowd, told)
        renew_statistics_of_all()
        db.session.remove()


def renew_statistics_of_all() -> None:
    """As autovacuum does on PostgreSQL: until then no index answers without its table."""
    if db.engine.dialect.name == "sqlite":
        with db.engine.begin() as connection:
            connection.exec_driver_sql("ANALYZE")
        return
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("SET statement_timeout = 0")
        connection.exec_driver_sql("VACUUM ANALYZE")
        connection.invalidate()


def _owners(connection: Connection, cast_: Cast) -> tuple[int, ...]:
    """Everyone who owns rows; those who are not of the cast work as Hugo does."""
    users = Model.metadata.tables["ab_user"]
    like = connection.execute(select(users).where(users.c.id == cast_.hugo)).mappings().one()
    made = [
        {
            **{name: value for name, value in like.items() if name != "id"},
            "username": f"seller{number}",
            "email": f"seller{number}@acme.example",
            "last_name": f"Seller {number}",
            "name_key": f"hugo seller {number}",
        }
        for number in range(OWNERS - 4)
    ]
    found = connection.execute(insert(users).returning(users.c.id), made).scalars().all()
    for table, key in (("user_company", "company_id"), ("ab_user_role", "role_id")):
        link = Model.metadata.tables[table]
        held = connection.scalars(select(link.c[key]).where(link.c.user_id == cast_.hugo)).all()
        connection.execute(
            insert(link), [{"user_id": pk, key: one} for pk in found for one in held]
        )
    return (cast_.claire, cast_.hugo, *found, cast_.olga, cast_.ines)


def _fill(connection: Connection, table: Table, crowd: Crowd, recipe: Mapping[str, Number]) -> None:
    """Insert the rows of `table`."""
    base = row_of(connection, table, crowd.planted)
    values: dict[str, Any] = {
        name: literal(value, table.c[name].type) for name, value in base.items()
    }
    values |= {name: value for name, value in crowd.common().items() if name in table.c} | dict(
        recipe
    )
    if "search_text" in table.c:
        values["search_text"] = crowd.searched(values)
    __, numbered = numbers(crowd.size[table.name])
    columns = [value.label(None) if hasattr(value, "label") else value for value in values.values()]
    rows = select(*columns).select_from(numbered)
    if not crowd.is_sqlite:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    with without_indexes(connection, table):
        connection.execute(insert(table).from_select(list(values), rows, include_defaults=False))
