"""Demo companies, agencies and users, with all settings on."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_appbuilder.security.sqla.models import Group, Role, User
from sqlalchemy import select

from crm.companies.demo import note_changes
from crm.companies.models import Agency, AppSettings, Company, CompanySettings
from crm.companies.people import users
from crm.companies.services import company as companies
from crm.core.datamodel.saving import create_row, update_row
from crm.core.db import db
from crm.core.types import TranslatedText
from crm.demo.words import PRODUCTS
from crm.navigation import datamodel_of
from crm.quotes.models import Unit, VatRate

RECURRING = "MNT-01"  # the product that is paid by the month

FRANCE = {
    "name": "ACME France", "code": "ACME-FR", "country": "FR", "currency": "EUR",
    "language": "fr", "time_zone": "Europe/Paris", "address": "12 quai Perrache",
    "postal_code": "69002", "city": "Lyon",
}  # fmt: skip
IBERIA = {
    "name": "ACME Iberia", "code": "ACME-IB", "country": "ES", "currency": "EUR",
    "language": "en", "time_zone": "Europe/Madrid", "address": "Calle de Alcalá 45",
    "postal_code": "28014", "city": "Madrid",
}  # fmt: skip

ADMINISTRATOR = "alice"
SPANISH_VAT = {"en": "21%", "fr": "21 %"}
GROUPS = ("Commerciaux", "Support", "Ventas")
# Who works elsewhere than in France alone.
PLACES = {"alice": ("france", "iberia"), "olga": ("iberia",)}
# username: first name, last name, role, group, agency, language, job title
PEOPLE = {
    "alice": ("Alice", "Perrin", "admin", "", "", "fr", "Directrice administrative"),
    "marc": ("Marc", "Lefèvre", "manager", "Commerciaux", "Lyon", "fr", "Responsable commercial"),
    "claire": ("Claire", "Dumas", "salesperson", "Commerciaux", "Lyon", "fr", "Commerciale"),
    "hugo": ("Hugo", "Bernard", "salesperson", "Commerciaux", "Lille", "fr", "Commercial"),
    "nadia": ("Nadia", "Roussel", "assistant", "Support", "Lyon", "fr", "Assistante"),
    "olga": ("Olga", "Martín", "salesperson", "Ventas", "", "en", "Account executive"),
}


@dataclass
class Cast:
    """The companies, agencies and users, by name."""

    france: Any
    iberia: Any
    agencies: dict[str, Any]
    people: dict[str, Any]

    def first(self, role: str) -> Any:
        """The first user of a role."""
        return next(self.people[name] for name, said in PEOPLE.items() if said[2] == role)


def make() -> Cast:
    """Create companies, agencies, groups, users and settings; the first company is renamed."""
    first = db.session.scalars(select(Company).order_by(Company.id)).first()
    if first is None:
        first = companies.create(FRANCE)
    else:
        before = {name: getattr(first, name) for name in FRANCE}
        update_row(first, FRANCE)
        note_changes(first, before)
    iberia = companies.create(IBERIA)
    agencies = {
        name: create_row(Agency, {"name": name, "company": first, "city": name, "country": "FR"})
        for name in ("Lyon", "Lille")
    }
    groups = {name: _group(name) for name in GROUPS}
    people = {name: _person(name, first, iberia, agencies, groups) for name in PEOPLE}
    _switch_on()
    _let_admin_in(first, iberia)
    return Cast(first, iberia, agencies, people)


def _group(name: str) -> Group:
    group = Group(name=name, is_team=name != "Support")
    db.session.add(group)
    db.session.flush()
    return group


def _person(name: str, france: Any, iberia: Any, agencies: Any, groups: Any) -> User:
    first, last, code, group, agency, language, title = PEOPLE[name]
    of_name = {"france": france, "iberia": iberia}
    own = [of_name[place] for place in PLACES.get(name, ("france",))]
    return users.create(
        {
            "username": name,
            "first_name": first,
            "last_name": last,
            "email": f"{name}@acme.example",
            "active": True,
            "companies": own,
            "roles": [db.session.scalars(select(Role).where(Role.code == code)).one()],
            "groups": [groups[group]] if group else [],
            "agency": agencies.get(agency),
            "language": language,
            "time_zone": own[0].time_zone,
            "job_title": title,
        }
    )


def make_products(cast: Cast) -> dict[str, dict[str, Any]]:
    """Language → code → product, of the company that speaks it; Spain has its own VAT rate."""
    rate = create_row(VatRate, {"name": TranslatedText(SPANISH_VAT), "rate": 21, "country": "ES"})
    _settings_of(cast.iberia).default_vat_rate = rate
    units = {str(row.name["en"]): row for row in db.session.scalars(select(Unit))}
    return {
        company.language: {
            code: datamodel_of("products").create(
                {
                    "company": company,
                    "code": code,
                    "name": name,
                    "prices": [{"currency": company.currency, "price": Decimal(price)}],
                    "recurring_period": 1 if code == RECURRING else None,
                    "unit": units[unit],
                    "vat_rate": _settings_of(company).default_vat_rate,
                }
            )
            for code, name, price, unit in PRODUCTS[company.language]
        }
        for company in (cast.france, cast.iberia)
    }


def _settings_of(company: Company) -> CompanySettings:
    mine = CompanySettings.company_id == company.id
    return db.session.scalars(select(CompanySettings).where(mine)).one()


def _switch_on() -> None:
    settings = db.session.get(AppSettings, 1)
    update_row(
        settings,
        {
            "show_customer_description": True,
            "manage_catalogs": True,
            "manage_recurring": True,
            "manage_agencies": True,
            "assignable_everywhere": False,
        },
    )


def _let_admin_in(*companies_of_demo: Any) -> None:
    """Add the first admin to the companies."""
    admin = db.session.scalars(select(User).where(User.username == "admin")).first()
    if admin is not None:
        missing = [company for company in companies_of_demo if company not in admin.companies]
        admin.companies.extend(missing)
        db.session.flush()
