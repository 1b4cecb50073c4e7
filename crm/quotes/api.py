"""/api/v1/quotes."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from crm.core.api import ModelRestApi, Verb
from crm.quotes.fields import LINE
from crm.quotes.services import approval, versions
from crm.quotes.services.finalising import finalised
from crm.quotes.services.moves import SERVICES
from crm.quotes.services.states import Act
from crm.quotes.views import QuoteView

# By hand: a quote expires by itself.
MOVES = (Act.FINALISE, Act.SEND, Act.ACCEPT, Act.REFUSE, Act.EXTEND, Act.CANCEL)
TRIES: Mapping[Act, Callable[..., Any]] = {Act.FINALISE: finalised}


def _verb(act: Act) -> Verb:
    service = SERVICES[act]
    return Verb(service.call, service.fields, service.switches, tries=TRIES.get(act))


class QuoteApi(ModelRestApi):
    """Quotes with their lines, by the declarations of their pages."""

    view = QuoteView
    children = {"lines": (*LINE, "total_excl")}
    verbs: ClassVar[Mapping[str, Verb]] = {
        **{act.value: _verb(act) for act in MOVES},
        "approve": Verb(approval.approve),
        "withdraw": Verb(approval.withdraw),
        "new_version": Verb(versions.new_version, right="create", makes=True),
        "duplicate": Verb(versions.duplicate, right="create", row="read", makes=True),
    }
