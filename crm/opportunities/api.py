"""/api/v1/opportunities."""

from crm.core.api import ModelRestApi, columns_of
from crm.opportunities.views import OpportunityView


class OpportunityApi(ModelRestApi):
    """Opportunities, by the declarations of their pages, with what their client and lead say."""

    view = OpportunityView
    show_columns = (
        *columns_of(OpportunityView)["show_columns"],
        "client_description",
        "lead_description",
    )
