"""The dialog that asks which records another one is to be merged with."""

from dataclasses import replace
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from crm.core.datamodel import DataModel
from crm.core.datamodel.rules import Values
from crm.core.forms import Dialog
from crm.core.merging import MOST

NAME = "merged_into"


class MergeWith(Dialog):
    """Chooses up to four others; the page that follows says which one is kept."""

    names = (NAME,)
    required = (NAME,)
    title = _l("Merge with other records")
    submit = _l("Compare")
    cancel_label = _l("Cancel")

    def __init__(self, datamodel: DataModel, row: Any, picker: str = "") -> None:
        super().__init__(datamodel, row, picker)
        self.intro = _("You choose next what is kept of %(name)s and of the others.", name=row)
        field = self.fields[NAME]
        field.spec = replace(field.spec, label=_l("Other records"))
        field.widget, field.help = "references", _l("One to four records.")

    def read(self, posted: MultiDict[str, str], before: Values | None = None) -> bool:
        """As for a form; without script a name says one record."""
        field = self.fields[NAME]
        try:
            if posted.get(field.search_name, "").strip():
                posted = self._by_name(NAME, field, posted)
        except ValueError as error:
            field.errors = [str(error)]
            return False
        if not super().read(posted, before):
            return False
        self.values[NAME] = others = list(dict.fromkeys(self.values[NAME]))
        if not others:
            field.errors = [_("Required field")]
        elif len(others) >= MOST:
            field.errors = [_("Choose 2 to 5 different records.")]
        return not field.errors
