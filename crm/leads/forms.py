"""The dialog Lose of leads. Source: spec 4.3."""

from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.accounts.services.reasons import LOSS
from crm.accounts.views.losing import ReasonDialog
from crm.core.datamodel import DataModel

CANCEL_EVENTS = "cancel_events"


class LoseLead(ReasonDialog):
    """Asks for the reason, and whether to cancel planned events."""

    is_for = "for_leads"
    names = LOSS
    required = ("lost_reason",)
    title = _l("Lose the lead")
    submit = _l("Lose")
    cancel_label = _l("Keep the lead")
    done_message = _l("Lead lost")
    danger: ClassVar[bool] = True

    def __init__(self, datamodel: DataModel, row: Any, picker: str = "") -> None:
        super().__init__(datamodel, row, picker)
        self.intro = _("%(lead)s leaves the open leads. You can reopen it.", lead=row)
        if row.next_event_at is not None:
            self.add_checkbox(CANCEL_EVENTS, _("Also cancel its planned events"), on=True)
