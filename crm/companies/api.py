"""/api/v1/companies, agencies, users and groups. The grid of roles has its page alone."""

from crm.companies.views.groups import GroupView
from crm.companies.views.places import AgencyView, CompanyView
from crm.companies.views.users import UserView
from crm.core.api import ModelRestApi


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
    """Groups. The guard below every road says whose rights may be given."""

    view = GroupView
