"""FAB's ModelView as Comptoir uses it: list, record, form and bin of one table."""

from crm.core.views.base import PK, Action, FieldGroup, Preset
from crm.core.views.display import Field, choices_of
from crm.core.views.form import FormPage
from crm.core.views.pages import Note, Panel, RecordPage
from crm.core.views.sheet import SheetPages, SheetTable
from crm.core.views.verbs import VerbPages


class ModelView(VerbPages):
    """The pages of one table; a slice declares columns and labels, and adds its own actions."""


__all__ = [
    "PK",
    "Action",
    "Field",
    "FieldGroup",
    "FormPage",
    "ModelView",
    "Note",
    "Panel",
    "Preset",
    "RecordPage",
    "SheetPages",
    "SheetTable",
    "choices_of",
]
