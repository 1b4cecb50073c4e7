"""The form by which a catalogue is sent: to whom, and from which template."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from crm.core.datamodel import DataModel
from crm.core.errors import DomainError
from crm.core.forms import Form, FormField
from crm.core.forms.options import Option
from crm.core.models import Spec, kinds
from crm.mail.models import Template
from crm.sending.catalogs import MOST

LABELS = {
    "contact": _l("Contacts"),
    "account": _l("Main contacts of these accounts"),
    "lead": _l("Leads"),
}


class CatalogForm(Form):
    """Several contacts, accounts and leads, and one template."""

    def __init__(
        self, datamodel: DataModel, picker: str, templates: Sequence[Template], names: Sequence[str]
    ) -> None:
        super().__init__(datamodel, [], picker=picker)
        self.templates = {str(one.id): one for one in templates}
        for name in names:
            spec = Spec(LABELS[name], kinds.REFERENCES)
            url = f"{picker}/{name}"
            self.fields[name] = FormField(name, spec, picker_url=url, width="w6")
        field = FormField("template", Spec(_l("Template"), kinds.TEXT), widget="select", width="w6")
        field.blank = _("The one that the company has chosen")
        self.fields["template"] = field

    def load_choices(self) -> "CatalogForm":
        super().load_choices()
        field = self.fields["template"]
        field.options = [
            Option(key, str(t), key == field.text) for key, t in self.templates.items()
        ]
        return self

    @property
    def template(self) -> Template | None:
        return self.templates.get(self.fields["template"].text)

    def chosen(self, name: str) -> Sequence[Any]:
        """The rows chosen in a field, if the form has it."""
        return self.values.get(name) or ()

    @property
    def digest(self) -> str:
        """Of who was chosen and which template: what was shown before it is sent."""
        # A browser sends the choices in the order of the page.
        texts = [f"{name}:{','.join(sorted(f.texts))}" for name, f in self.fields.items()]
        return sha256(";".join(texts).encode()).hexdigest()[:32]

    def check(self) -> None:
        """Raises DomainError."""
        count = sum(len(self.chosen(name)) for name in LABELS)
        if not count:
            raise DomainError(_("Choose at least one recipient."))
        if count > MOST:
            raise DomainError(_("At most %(number)s recipients at once.", number=MOST))
