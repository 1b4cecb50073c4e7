"""/api/v1/companies, agencies, users, groups, and the vocabularies under /api/v1/reference/.

The grid of roles has its page alone.
"""

from crm.companies.views.companies import AgencyView, CompanyView
from crm.companies.views.groups import GroupView
from crm.companies.views.reference import ReferenceView
from crm.companies.views.users import UserView
from crm.core.api import ModelRestApi, columns_of


class CompanyApi(ModelRestApi):
    """Companies, by the declarations of their pages."""

    view = CompanyView


class AgencyApi(ModelRestApi):
    """Agencies, while they are managed."""

    view = AgencyView


class UserApi(ModelRestApi):
    """Users. No password goes in or out here: the first one is given on the user's page."""

    view = UserView


class GroupApi(ModelRestApi):
    """Groups; the checks of every flush decide which rights may be given."""

    view = GroupView


def reference_api(view: type[ReferenceView]) -> type[ModelRestApi]:
    """A read-only API of a vocabulary, inactive values included, as records refer to them."""
    model = view.datamodel.obj
    declared = {
        "__doc__": str(model.__doc__),
        "__module__": model.__module__,
        "view": view,
        "list_columns": ("position", *columns_of(view)["list_columns"]),
        "order_columns": ("position", "changed_on"),
        "exclude_route_methods": ("post", "put", "delete"),
    }
    return type(f"{model.__name__}Api", (ModelRestApi,), declared)
