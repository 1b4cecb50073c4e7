"""Highlights of stale open leads in the list. Source: spec 4.5."""

from datetime import datetime

from flask_babel import gettext as _

from crm.core.types import utcnow
from crm.core.views import Field
from crm.leads.models import Lead
from crm.leads.services import is_stale


def highlight(lead: Lead, shown: Field) -> None:
    """Mark the missing owner or the missing next action, with the number of days."""
    reason = is_stale(lead) if shown.name in ("owner", "next_event_at") else ""
    if reason == "unassigned" and shown.name == "owner":
        days = _days(lead.created_on)
        shown.kind, shown.tone, shown.icon = "next", "none", "alert-triangle"
        shown.text = _("Unassigned %(days)s d", days=days)
    elif reason == "quiet" and shown.name == "next_event_at":
        days = _days(max(lead.changed_on, lead.last_event_at or lead.changed_on))
        shown.tone, shown.icon = "late", "clock-exclamation"
        shown.text = _("No activity %(days)s d", days=days)


def _days(since: datetime) -> int:
    return (utcnow() - since).days
