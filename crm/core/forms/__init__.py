"""Forms made from the columns' own declarations; they keep every typed character."""

from crm.core.forms.dialog import Dialog
from crm.core.forms.fields import FormField
from crm.core.forms.form import Form, Width
from crm.core.forms.options import Option, pick, reference_options

__all__ = ["Dialog", "Form", "FormField", "Option", "Width", "pick", "reference_options"]
