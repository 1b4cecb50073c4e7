"""The vocabularies that this slice brings to the page "Reference data"."""

from flask_babel import lazy_gettext as _l

from crm.companies.views.reference import reference_view
from crm.leads.models import LeadStatus
from crm.leads.services import vocabulary

VIEWS = (
    reference_view(
        LeadStatus, "lead-statuses", _l("Lead statuses"), vocabulary.RULES, extras=("kind", "hue")
    ),
)
