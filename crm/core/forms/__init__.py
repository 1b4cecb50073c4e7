"""Forms made from the declarations of the columns; typed texts are kept as typed."""

from crm.core.forms.base import Width
from crm.core.forms.dialog import Dialog
from crm.core.forms.fields import FormField, LineTable, NewLine
from crm.core.forms.form import Form
from crm.core.forms.options import Option, reference_options, search_candidates

__all__ = [
    "Dialog",
    "Form",
    "FormField",
    "LineTable",
    "NewLine",
    "Option",
    "Width",
    "reference_options",
    "search_candidates",
]
