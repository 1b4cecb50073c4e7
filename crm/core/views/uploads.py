"""Pictures in forms: stored before the transaction, as looking into them takes time."""

from crm.core.files.checking import PICTURE
from crm.core.files.storing import store
from crm.core.forms import Form, FormField
from crm.core.models import kinds
from crm.core.views.display import Field


def store_pictures(form: Form) -> None:
    """Replace the uploads of picture fields by stored files. Raises DomainError by field."""
    for name, field in form.fields.items():
        if field.spec.kind is kinds.PICTURE and form.values.get(name) is not None:
            form.values[name] = store(form.values[name], PICTURE, name)


def show_picture(field: FormField, url: str) -> None:
    """Complete the input of a picture: what it accepts, and the present one, at `url`."""
    field.accept = PICTURE.accept
    if url:
        field.current = Field(field.name, field.label, "picture", None, field.label, url)
