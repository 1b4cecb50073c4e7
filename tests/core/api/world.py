"""A small world with an API over it: two companies, the cast of the acceptance list, switches."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import prison
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from crm import app as factory
from crm.accounts.models import (
    Account,
    AccountKind,
    Contact,
    LostReason,
    ProspectStatus,
    ProspectStatusKind,
    Source,
    Tag,
)
from crm.catalog.models import Catalog, CatalogType
from crm.companies.models import (
    Agency,
    AppSettings,
    Company,
    CompanySettings,
    RoleCell,
    user_company,
)
from crm.companies.models.user import Role, User
from crm.core.actor import ACTIONS, Scope
from crm.core.api import ModelRestApi
from crm.core.config import Config
from crm.core.datamodel import DataModel
from crm.core.db import db, transaction
from crm.core.rows import unfiltered
from crm.leads import services as leads
from crm.leads.models import Lead, LeadStatus, LeadStatusKind, lead_tag
from crm.opportunities import services as opportunities
from crm.opportunities.models import Opportunity, Stage, StageKind
from crm.quotes.models import Product, ProductPrice, Quote, VatRate
from crm.quotes.services import quote as quotes
from tests.fixtures import token_header

LEAD = [
    "organization", "last_name", "email", "phone", "received_on", "owner", "agency", "company",
    "status", "score", "source", "tags", "description", "country", "external_ref",
]  # fmt: skip


class LeadResource(ModelRestApi):
    resource_name = "test/leads"
    class_permission_name = "leads"
    datamodel = DataModel(Lead, leads.RULES)
    setting_columns = {"agency": "manage_agencies"}
    list_columns = ["person", "owner", "agency", "status", "tags", "received_on"]
    show_columns = ["display_name", "created_on", "changed_on", "created_by", "lost_reason", *LEAD]
    add_columns = edit_columns = LEAD
    outcome_columns = ["lost_reason", "lost_comment", "lost_on"]
    search_columns = [
        "organization", "email", "received_on", "changed_on", "created_on", "owner", "agency",
        "status", "status.kind", "score", "tags", "company", "country", "do_not_call",
    ]  # fmt: skip
    order_columns = [
        "person", "received_on", "owner", "agency", "status", "score", "changed_on",
    ]  # fmt: skip
    base_order = ("received_on", "desc")


class ScoredResource(LeadResource):
    """An API that is about a part of its table."""

    resource_name = "test/scored"

    def base_conditions(self) -> list[Any]:
        return [Lead.score.is_not(None)]


class OpportunityResource(ModelRestApi):
    resource_name = "test/opportunities"
    class_permission_name = "opportunities"
    datamodel = DataModel(Opportunity, opportunities.RULES)
    setting_columns = {
        "agency": "manage_agencies", "recurring_amount": "manage_recurring",
        "recurring_period": "manage_recurring", "recurring_duration": "manage_recurring",
        "recurring_total": "manage_recurring",
    }  # fmt: skip
    list_columns = ["reference", "name", "account", "stage", "amount", "total_amount"]
    show_columns = [
        "reference", "name", "account", "contact", "stage", "amount", "currency", "probability",
        "expected_close_on", "memo", "recurring_amount", "recurring_period", "recurring_duration",
        "recurring_total", "total_amount", "weighted_amount", "owner", "agency",
    ]  # fmt: skip
    add_columns = edit_columns = [
        "name", "account", "contact", "stage", "amount", "currency", "probability",
        "expected_close_on", "memo", "recurring_amount", "recurring_period", "recurring_duration",
        "owner", "agency", "company",
    ]  # fmt: skip
    editors_only = ["memo"]
    search_columns = ["name", "amount", "account", "stage", "probability", "recurring_amount"]
    order_columns = ["reference", "name", "amount", "stage"]


class QuoteResource(ModelRestApi):
    resource_name = "test/quotes"
    class_permission_name = "quotes"
    datamodel = DataModel(Quote, quotes.RULES)
    children = {
        "lines": ["kind", "product", "label", "quantity", "unit_price", "vat_rate", "total_excl"]
    }
    list_columns = ["title", "account", "total_incl"]
    show_columns = [
        "title",
        "account",
        "currency",
        "lines",
        "total_excl",
        "total_vat",
        "total_incl",
    ]
    add_columns = edit_columns = ["title", "account", "currency", "lines", "global_discount"]
    search_columns = ["title", "total_incl"]
    order_columns = ["title", "total_incl"]


class SourceResource(ModelRestApi):
    resource_name = "test/sources"
    class_permission_name = "reference"
    datamodel = DataModel(Source)
    list_columns = show_columns = add_columns = edit_columns = [
        "name",
        "active",
        "position",
        "code",
    ]
    search_columns = ["active", "code"]
    order_columns = ["position"]


class CatalogResource(ModelRestApi):
    resource_name = "test/catalogs"
    class_permission_name = "catalogs"
    datamodel = DataModel(Catalog)
    setting = "manage_catalogs"
    list_columns = show_columns = ["name", "type", "pages"]
    edit_columns = ["name"]
    search_columns = order_columns = ["name"]
    exclude_route_methods = {"post"}


RESOURCES = (
    LeadResource, ScoredResource, OpportunityResource, QuoteResource, SourceResource,
    CatalogResource,
)  # fmt: skip


@dataclass
class Api:
    """Asks the API as somebody."""

    client: FlaskClient
    token: str

    def ask(self, method: str, path: str, **given: Any) -> Any:
        """`q` is sent as rison. The answer is parsed: (status, JSON)."""
        q = given.pop("q", None)
        address = f"/api/v1/{path}"
        if q is not None:
            address += "?q=" + quote(prison.dumps(q))
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        response = self.client.open(address, method=method, headers=headers, **given)
        return response.status_code, response.get_json(silent=True)

    def get(self, path: str, **given: Any) -> Any:
        return self.ask("GET", path, **given)

    def post(self, path: str, body: Any) -> Any:
        return self.ask("POST", path, json=body)

    def put(self, path: str, body: Any) -> Any:
        return self.ask("PUT", path, json=body)

    def delete(self, path: str) -> Any:
        return self.ask("DELETE", path)


@dataclass
class World:
    """The application with its people and the ids of what is in it."""

    app: Flask
    people: dict[str, int]
    ids: dict[str, int]

    def as_(self, name: str) -> Api:
        pk = self.people.get(name)
        bearer = token_header(self.app, pk)["Authorization"] if pk is not None else ""
        return Api(self.app.test_client(), bearer.removeprefix("Bearer "))

    def epoch(self, name: str) -> int:
        """What a person's sessions and tokens have to name."""
        with self.app.app_context():
            statement = select(User.session_epoch).where(User.id == self.people[name])
            return int(db.session.scalars(statement).one())

    @contextmanager
    def rows(self) -> Iterator[Any]:
        """The session of somebody who sees everything; committed at the end."""
        with self.app.app_context(), unfiltered("the test looks behind the API"), transaction():
            yield db.session

    def switch(self, **on: bool) -> None:
        with self.rows() as session:
            session.execute(update(AppSettings).values(**on))

    def add(self, row: Any) -> int:
        """Keep a row that no service made; its id."""
        with self.rows() as session:
            session.add(row)
            session.flush()
            return int(row.id)

    def lead(self, **values: Any) -> int:
        """A lead of the first company."""
        given = {
            "organization": "Dupont SA", "received_on": date(2027, 1, 31),
            "company_id": self.ids["france"], "status_id": self.ids["open"], **values,
        }  # fmt: skip
        return self.add(Lead(**given))

    def deal(self, **values: Any) -> int:
        """An opportunity of the first company."""
        given = {
            "name": "Deal", "reference": f"O{len(values)}", "currency": "EUR", "probability": 10,
            "company_id": self.ids["france"], "stage_id": self.ids["stage"], **values,
        }  # fmt: skip
        return self.add(Opportunity(**given))

    def tagged(self, pk: int) -> int:
        """The lead, with a tag."""
        with self.rows() as session:
            session.execute(lead_tag.insert().values(lead_id=pk, tag_id=self.ids["tag"]))
        return pk

    def close(self) -> None:
        """Let go of the database."""
        with self.app.app_context():
            db.engine.dispose()


def build(url: str, folder: Path) -> Flask:
    config = Config(instance=folder, database_url=url, secret_key="k" * 40, testing=True)
    app = factory.create_app(config)
    with app.app_context():
        builder = app.extensions["appbuilder"]
        for resource in RESOURCES:
            builder.add_api(resource)
        db.create_all()
    return app


RECORDS = ("leads", "accounts", "contacts", "opportunities", "quotes", "catalogs", "products")
EVERYTHING = (*RECORDS, "reference", "agencies", "companies", "users", "settings")
OWN = {"read": Scope.COMPANY, **dict.fromkeys(("create", "edit", "delete"), Scope.OWN)}


def role(name: str, scopes: Mapping[str, Scope], entities: tuple[str, ...]) -> Role:
    cells = {(entity, action): scope for entity in entities for action, scope in scopes.items()}
    for place in ("companies", "agencies", "reference"):  # everybody reads these
        cells.setdefault((place, "read"), Scope.COMPANY)
    return Role(
        name=name, cells=[RoleCell(entity=e, action=a, scope=int(s)) for (e, a), s in cells.items()]
    )


def populate(app: Flask) -> World:
    """Alice may everything; Claire edits her own; Marc all of his company; Olga works elsewhere."""
    world = World(app, {}, {})
    with world.rows() as session:
        named = {**places(), **vocabulary()}
        session.add_all(named.values())
        session.flush()
        france, iberia = named["france"], named["iberia"]
        named |= records(france, iberia)
        session.add_all(named.values())
        rate = named["vat"]
        session.add_all(CompanySettings(company=c, default_vat_rate=rate) for c in (france, iberia))
        first = {
            "lead_default_status": named["open"],
            "opportunity_default_stage": named["stage"],
            "prospect_default_status": named["prospect"],
        }
        session.add(AppSettings(id=1, **first))
        for user in people():
            session.add(user)
            session.flush()
            world.people[user.username] = user.id
            places_of = {"alice": [france, iberia], "olga": [iberia]}
            for company in places_of.get(user.username, [france]):
                link = {"user_id": user.id, "company_id": company.id}
                session.execute(user_company.insert().values(**link))
        world.ids.update({name: row.id for name, row in named.items()})
    return world


def people() -> list[Any]:
    manager = role("Manager", dict.fromkeys(ACTIONS, Scope.COMPANY), RECORDS)
    roles = {
        "alice": role("Admin", dict.fromkeys(ACTIONS, Scope.ALL), EVERYTHING),
        "claire": role("Sales", OWN, RECORDS),
        "marc": manager,
        "olga": manager,
        "nobody": role("Nothing", {}, ()),
        # Hands over what she then no longer reads.
        "dora": role("Dispatch", {"read": Scope.OWN, "edit": Scope.TEAM}, RECORDS),
    }
    return [
        User(
            username=name, first_name=name.title(), last_name="Martin", active=True,
            email=f"{name}@example.com", password="scrypt:secret-hash", roles=[held],
        )
        for name, held in roles.items()
    ]  # fmt: skip


def places() -> dict[str, Any]:
    france = Company(name="ACME France", code="FR")
    iberia = Company(name="ACME Iberia", code="ES", country="ES")
    paris, madrid = Agency(name="Paris", company=france), Agency(name="Madrid", company=iberia)
    return {"france": france, "iberia": iberia, "paris": paris, "madrid": madrid}


def vocabulary() -> dict[str, Any]:
    return {
        "prospect": ProspectStatus(name={"en": "New"}, kind=ProspectStatusKind.OPEN),
        "open": LeadStatus(name={"en": "New", "fr": "Nouvelle"}, kind=LeadStatusKind.OPEN),
        "lost": LeadStatus(name={"en": "Lost"}, kind=LeadStatusKind.LOST, position=9),
        "stage": Stage(name={"en": "Talk"}, kind=StageKind.OPEN, probability=10),
        "reason": LostReason(name={"en": "Price"}),
        "vat": VatRate(name={"en": "20 %"}, rate=20),
        "tag": Tag(name={"en": "Hot"}),
        "source": Source(name={"en": "Fair", "fr": "Salon"}),
        "type": CatalogType(name={"en": "Prices"}),
    }


def records(france: Any, iberia: Any) -> dict[str, Any]:
    client = {"kind": AccountKind.CLIENT, "reference": "T1"}
    return {
        "account": Account(name="Dupont", company=france, currency="EUR", **client),
        "foreign": Account(name="Lopez", company=iberia, **client),
        "contact": Contact(last_name="Durand", company=france),
        "product": Product(
            name="Bolt", code="B", prices=[ProductPrice(currency="EUR", price=2)], company=france
        ),
    }
