"""Catalogue types, as they ship. Source: spec 3."""

from crm.catalog.models import CatalogType
from crm.companies.seeds import Rows, named

ROWS: Rows = (
    (
        CatalogType,
        (
            named("General", "Général"),
            named("Price list", "Tarif"),
            named("New products", "Nouveautés"),
        ),
    ),
)
