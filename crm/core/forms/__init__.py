"""Forms made from the columns' own declarations; they keep every typed character."""

from crm.core.forms.dialog import Dialog
from crm.core.forms.fields import FormField
from crm.core.forms.form import Form
from crm.core.forms.options import Option, pick, reference_options
from crm.core.forms.shown import Width

__all__ = ["Dialog", "Form", "FormField", "Option", "Width", "pick", "reference_options"]
