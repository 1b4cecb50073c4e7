"""/api/v1/quotes."""

from collections.abc import Mapping
from typing import ClassVar

from crm.core.api import ModelRestApi, Verb
from crm.quotes.fields import LINE
from crm.quotes.services import approval, moves, versions
from crm.quotes.services.finalising import finalise, finalised
from crm.quotes.views import QuoteView


class QuoteApi(ModelRestApi):
    """Quotes with their lines, by the declarations of their pages."""

    view = QuoteView
    children = {"lines": (*LINE, "total_excl")}
    verbs: ClassVar[Mapping[str, Verb]] = {
        "finalise": Verb(finalise, switches=("accept_zero",), tries=finalised),
        "mark_sent": Verb(moves.mark_sent),
        "accept": Verb(moves.accept, ("accepted_on", "accepted_by")),
        "refuse": Verb(moves.refuse, ("refusal_reason",)),
        "extend": Verb(moves.extend, ("valid_until",)),
        "cancel": Verb(moves.cancel, ("cancellation_reason",)),
        "approve": Verb(approval.approve),
        "withdraw": Verb(approval.withdraw),
        "new_version": Verb(versions.new_version, right="create", makes=True),
        "duplicate": Verb(versions.duplicate, right="create", row="read", makes=True),
    }
