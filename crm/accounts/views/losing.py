"""The dialog Lose of prospects. Source: spec 5.6."""

from typing import Any, ClassVar

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.accounts.queries import reasons
from crm.accounts.services.prospects import OUTCOME
from crm.core.datamodel import DataModel
from crm.core.forms import Dialog


class LoseProspect(Dialog):
    """Asks for the reason."""

    names = OUTCOME
    required = ("lost_reason",)
    title = _l("Lose the prospect")
    submit = _l("Lose")
    cancel_label = _l("Keep the prospect")
    done_message = _l("Prospect lost")
    danger: ClassVar[bool] = True

    def __init__(self, datamodel: DataModel, row: Any, picker: str = "") -> None:
        super().__init__(datamodel, row, picker)
        self.intro = _("%(prospect)s leaves the open prospects. You can reopen it.", prospect=row)

    def load_choices(self) -> "LoseProspect":
        super().load_choices()
        self.fields["lost_reason"].limit_to(self.datamodel.session.scalars(reasons()))
        return self
