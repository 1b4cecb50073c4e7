"""What is special about merging leads. Source: spec 4.3 and 6.4."""

from collections.abc import Sequence

from flask_babel import gettext as _

from crm.accounts.services.reasons import LOSS
from crm.core.merging import MergeRules, merged_fields
from crm.leads.models import Lead


def _refusal(leads: Sequence[Lead]) -> str:
    """Two converted leads have two results, and only one could be told."""
    if sum(lead.is_converted for lead in leads) > 1:
        return _("Two of these leads are converted: merge what they became instead.")
    return ""


def _keep_refusal(kept: Lead, losers: Sequence[Lead]) -> str:
    """A converted lead keeps its result: an open one would be converted again."""
    if any(lead.is_converted for lead in losers):
        return _("The converted lead has to be the one that is kept.")
    return ""


RULES = MergeRules(
    refusal=_refusal,
    keep_refusal=_keep_refusal,
    kept_only=lambda kept: merged_fields(Lead) if kept.is_converted else (),
    along={"status": (*LOSS, "lost_on")},
)
