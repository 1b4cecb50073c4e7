"""/api/v1/opportunities."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from crm.accounts.services.reasons import LOSS
from crm.core.api import ModelRestApi, Verb, columns_of
from crm.opportunities import services
from crm.opportunities.models import Opportunity
from crm.opportunities.views import OpportunityView


def _win(opportunity: Opportunity, *, also_lose: Sequence[Opportunity], **values: Any) -> None:
    """Win, and lose others of its account for the reason that is given."""
    losing: Any = {name: values.pop(name, None) for name in LOSS}
    losing["closed_on"] = values.get("closed_on")
    services.win(opportunity, also_lose=also_lose, losing=losing, **values)


class OpportunityApi(ModelRestApi):
    """Opportunities, by the declarations of their pages, with what their client and lead say."""

    view = OpportunityView
    show_columns = (
        *columns_of(OpportunityView)["show_columns"],
        "client_description",
        "lead_description",
    )
    verbs: ClassVar[Mapping[str, Verb]] = {
        "win": Verb(
            _win, ("closed_on", "amount", "account", *LOSS), among={"also_lose": services.losable}
        ),
        "lose": Verb(
            services.lose, ("closed_on", *LOSS), switches=("cancel_events", "cancel_quotes")
        ),
        "reopen": Verb(services.reopen),
        "next_stage": Verb(services.next_stage),
        "take_charge": Verb(services.take_charge, row="read"),
        "duplicate": Verb(services.duplicate, right="create", row="read", makes=True),
    }
