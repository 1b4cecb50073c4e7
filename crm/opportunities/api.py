"""/api/v1/opportunities."""

from crm.core.api import ModelRestApi, columns_of
from crm.opportunities.views import OpportunityView


class OpportunityApi(ModelRestApi):
    """Opportunities, by the declarations of their pages, with the notes of their client."""

    view = OpportunityView
    show_columns = (*columns_of(OpportunityView)["show_columns"], "client_description")
