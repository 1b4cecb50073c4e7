"""The vocabularies that this slice brings to the page "Reference data"."""

from flask_babel import lazy_gettext as _l

from crm.catalog.models import CatalogType
from crm.companies.views.reference import reference_view

VIEWS = (
    reference_view(CatalogType, "catalog-types", _l("Catalogue types"), setting="manage_catalogs"),
)
