"""The vocabularies that this slice brings to the page "Reference data"."""

from flask_babel import lazy_gettext as _l

from crm.accounts.models import LostReason
from crm.companies.views.reference import reference_view
from crm.opportunities.models import Stage
from crm.opportunities.services import vocabulary

VIEWS = (
    reference_view(
        Stage,
        "stages",
        _l("Opportunity stages"),
        vocabulary.RULES,
        extras=("kind", "probability", "hue"),
    ),
    reference_view(
        LostReason,
        "lost-reasons",
        _l("Lost reasons"),
        extras=("for_leads", "for_opportunities", "for_prospects", "free_text"),
        setting_columns={"for_prospects": "manage_prospect_status"},
    ),
)
