"""The dialogs that ask why something is lost. Source: spec 4.3, 5.6 and 7.3."""

from typing import Any, ClassVar, Self

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.accounts.queries import reasons
from crm.accounts.services.prospects import OUTCOME
from crm.core.datamodel import DataModel
from crm.core.forms import Dialog


class ReasonDialog(Dialog):
    """Offers the lost reasons with the flag `is_for`, where it asks for one."""

    is_for: ClassVar[str]

    def load_choices(self) -> Self:
        super().load_choices()
        if "lost_reason" in self.fields:
            offered = self.datamodel.session.scalars(reasons(self.is_for))
            self.fields["lost_reason"].limit_to(offered)
        return self


class LoseProspect(ReasonDialog):
    """Asks for the reason."""

    is_for = "for_prospects"
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
