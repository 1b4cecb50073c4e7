"""The form of an e-mail: to whom, from which template, what it says, what goes with it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext
from werkzeug.datastructures import MultiDict

from crm.companies.services.settings import usable_templates
from crm.core.datamodel import DataModel
from crm.core.datamodel.rules import Values
from crm.core.files.checking import ATTACHMENT
from crm.core.files.models import StoredFile
from crm.core.forms import Form, FormField
from crm.core.forms.options import Option
from crm.core.models import Spec, kinds
from crm.core.models.kinds import Format
from crm.core.rows import unfiltered
from crm.mail.models import Copy, MessageKind, Template
from crm.sending.people import Person
from crm.sending.services import Addressed

TOKEN = re.compile(r"\w{1,32}", re.ASCII)
PARTED = re.compile(r"[,;\s]+")
ADDRESS = Spec(lazy_pgettext("e-mail", "To"), kinds.EMAIL, required=True, length=254)
COPIES = {Copy.CC: lazy_pgettext("e-mail", "Cc"), Copy.BCC: lazy_pgettext("e-mail", "Bcc")}


class LetterForm(Form):
    """Fields of a message, of which some are no columns."""

    def __init__(self, datamodel: DataModel, picker: str) -> None:
        super().__init__(datamodel, [], picker=picker)
        subject = Spec(_l("Subject"), kinds.TEXT, required=True, length=255)
        body = Spec(_l("Content"), kinds.RICH_TEXT, required=True)
        catalogs = Spec(_l("Catalogues"), kinds.REFERENCES)
        for one in (
            FormField("to", ADDRESS, width="w6"),
            *(
                FormField(name, Spec(label, kinds.TEXT, length=2000), width="w3")
                for name, label in COPIES.items()
            ),
            FormField("template", Spec(_l("Template"), kinds.TEXT), widget="select", blank=""),
            FormField("subject", subject, width="w6"),
            FormField("body", body, width="w6"),
            FormField("files", Spec(_l("Attachments"), kinds.FILE), accept=ATTACHMENT.accept),
            FormField("catalog", catalogs, picker_url=f"{picker}/catalog", width="w6"),
        ):
            self.fields[one.name] = one
        self.files: Any = MultiDict()
        self.stored: Sequence[StoredFile] = ()

    def offer(self, people: Sequence[Person], templates: Sequence[Template]) -> None:
        """The people and templates to choose from."""
        self.fields["to"].options = [
            Option(one.address, ", ".join(part for part in (one.name, one.role) if part))
            for one in people
            if one.address
        ]
        self.templates = {str(one.id): one for one in templates}

    def load_choices(self) -> "LetterForm":
        people = self.fields["to"].options
        super().load_choices()
        self.fields["to"].options = people
        field = self.fields["template"]
        field.options = [
            Option(key, str(t), key == field.text) for key, t in self.templates.items()
        ]
        return self

    @property
    def template(self) -> Template | None:
        return self.templates.get(self.fields["template"].text)

    def _read(
        self, name: str, field: FormField, posted: MultiDict[str, str], before: Values
    ) -> None:
        if name == "files":
            return
        if name in COPIES:
            field.texts = [posted.get(name, "")]
            self.values[name] = [self._address(one) for one in PARTED.split(field.text) if one]
        else:
            super()._read(name, field, posted, before)

    @property
    def uploads(self) -> Sequence[Any]:
        """The files that were chosen."""
        return [one for one in self.files.getlist("files") if one.filename]

    def _address(self, text: str) -> str:
        try:
            return str(ADDRESS.read(text, Format(self.zone)))
        except ValueError as error:
            message = _("“%(address)s”: %(error)s", address=text, error=error)
            raise ValueError(message) from error

    def addressed(self, people: Sequence[Person]) -> tuple[Addressed, list[Addressed]]:
        """The recipient and the copies, each address once."""
        known = {one.address: one for one in reversed(people) if one.address}
        to = self._addressed(self.values["to"], Copy.TO, known)
        copies: dict[str, Addressed] = {}
        for copy in COPIES:
            for address in self.values[copy]:
                if address != to.address and address not in copies:
                    copies[address] = self._addressed(address, copy, {})
        return to, list(copies.values())

    def _addressed(self, address: str, copy: Copy, known: Mapping[str, Person]) -> Addressed:
        person = known.get(address)
        if person is None:
            return Addressed(address, copy)
        return Addressed(address, copy, person.name, person.relation)


def token_of(posted: Mapping[str, str]) -> str:
    """The token by which a form is sent once, a new one for a form that has none."""
    token = posted.get("token", "")
    return token if TOKEN.fullmatch(token) else uuid4().hex


def fitting(company_id: int, relation: str) -> list[Template]:
    """The templates for an e-mail from a record, the proposed ones first."""
    wanted = [MessageKind.FREE, *([MessageKind.QUOTE] if relation == "quote" else [])]
    with unfiltered("a template shows where one sends, without the right to its page"):
        found = [one for one in usable_templates(company_id) if one.kind in wanted]
    return sorted(found, key=lambda one: (one.kind != wanted[-1], not one.is_default))
