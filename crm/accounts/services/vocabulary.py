"""Rules of prospect statuses: the number of each kind, the default one. Source: spec 3."""

from crm.accounts.models import ProspectStatus, ProspectStatusKind
from crm.companies.vocabulary import Bounds, rules_by_kind

BOUNDS: Bounds = {
    ProspectStatusKind.OPEN: (1, None),
    ProspectStatusKind.WON: (1, 1),
    ProspectStatusKind.LOST: (1, None),
}

RULES = rules_by_kind(ProspectStatus, BOUNDS, "prospect_default_status_id")
