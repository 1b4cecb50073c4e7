"""/api/v1/leads."""

from collections.abc import Mapping
from typing import Any, ClassVar

from crm.accounts.models import Account, Contact
from crm.accounts.services.reasons import LOSS
from crm.core.api import MergeVerb, ModelRestApi, Verb
from crm.leads import services
from crm.leads.models import Lead
from crm.leads.services import Conversion
from crm.leads.views import LeadView
from crm.opportunities.models import Opportunity


def _convert(lead: Lead, **values: Any) -> None:
    """Convert into an account that exists or a new one, a contact and an opportunity."""
    services.convert(lead, Conversion(**values))


class LeadApi(ModelRestApi):
    """Leads, by the declarations of their pages."""

    view = LeadView
    verbs: ClassVar[Mapping[str, Verb]] = {
        "convert": Verb(
            _convert,
            ("account", "contact"),
            parts={"new_account": Account, "new_contact": Contact, "opportunity": Opportunity},
        ),
        "undo_conversion": Verb(services.undo_conversion),
        "lose": Verb(services.lose, LOSS, switches=("cancel_events",)),
        "reopen": Verb(services.reopen),
        "take_charge": Verb(services.take_charge, row="read"),
        "merge": MergeVerb(),
    }
