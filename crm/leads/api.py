"""/api/v1/leads."""

from crm.core.api import ModelRestApi
from crm.leads.views import LeadView


class LeadApi(ModelRestApi):
    """Leads, by the declarations of their pages."""

    view = LeadView
