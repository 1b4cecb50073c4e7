"""/api/v1/catalogs, while catalogues are managed."""

from crm.catalog.views import CatalogView
from crm.core.api import ModelRestApi


class CatalogApi(ModelRestApi):
    """Catalogues without their files, which have an address of their own."""

    view = CatalogView
    exclude_route_methods = ("post",)  # a catalogue needs a file, which JSON cannot hold
