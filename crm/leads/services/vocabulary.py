"""Rules of lead statuses: the number of each kind, the default one. Source: spec 3."""

from crm.companies.vocabulary import Bounds, rules_by_kind
from crm.leads.models import LeadStatus, LeadStatusKind

BOUNDS: Bounds = {
    LeadStatusKind.OPEN: (1, None),
    LeadStatusKind.CONVERTED: (1, 1),
    LeadStatusKind.LOST: (1, None),
}

RULES = rules_by_kind(LeadStatus, BOUNDS, "lead_default_status_id")
