"""The dialog that asks which record another one is to be merged with."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.core.datamodel import DataModel
from crm.core.forms import Dialog


class MergeWith(Dialog):
    """Chooses the other record; the page that follows says which one is kept."""

    names = ("merged_into",)
    required = ("merged_into",)
    title = _l("Merge with another record")
    submit = _l("Compare")
    cancel_label = _l("Cancel")

    def __init__(self, datamodel: DataModel, row: Any, picker: str = "") -> None:
        super().__init__(datamodel, row, picker)
        self.intro = _("You choose next what is kept of %(name)s and of the other one.", name=row)
