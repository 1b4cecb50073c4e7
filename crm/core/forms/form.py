"""The form that pages use: adds errors of services, and the choices of selects."""

from collections.abc import Mapping, Sequence
from typing import Any, Self
from urllib.parse import urlencode

from flask_babel import gettext as _

from crm.core.datamodel.rules import Values
from crm.core.forms.fields import FormField
from crm.core.forms.options import (
    Option,
    is_listed,
    reference_options,
)
from crm.core.forms.parsing import ParsingForm
from crm.core.models import target_of
from crm.core.models.text import labelled


class Form(ParsingForm):
    """Adds the errors of services, and choices."""

    status = 422  # of the answer that shows this form again

    @property
    def summary(self) -> list[tuple[str, str, str]]:
        """(id of the input, label, message) of each error that stands beside a field."""
        return [(f.id, f.label, text) for f in self.fields.values() for text in f.errors]

    def refuse(self, message: str, fields: Mapping[str, str], status: int = 422) -> None:
        """Add the messages of a DomainError to the fields concerned, else to the form.

        A message about a field that could not be read is not true, wherever it stands: the rule
        has not seen what was typed.
        """
        self.status = status
        untrue = {text for name, text in fields.items() if name in self.unread}
        untrue.discard(_("Required field"))
        for name, text in fields.items():
            if name in self.unread or text in untrue:
                continue
            relation, __, rest = name.partition(".")
            field = self.fields.get(name) or self.fields.get(relation)
            if field is None:
                self.form_errors.append(text)
            elif rest and field.widget == "rows":
                self._refuse_line(field, rest, text)
            else:
                field.errors.append(text)
                if rest and field.widget == "translated":
                    field.part_errors.setdefault(rest, []).append(text)
        if message:
            self.form_errors.append(message)

    def known_values(self) -> Values:
        """The values for the rules where some texts could not be read: those count as empty.

        Uploads are left out then: they are looked at once the rest is right.
        """
        if self.is_read:
            return self.values
        specs = {name: self.fields[name].spec for name in self.unread}
        empty = {n: None for n, spec in specs.items() if not (spec.required or spec.kind.is_list)}
        uploads = (name for name, field in self.fields.items() if field.widget == "file")
        files = {name for name in uploads if self.values.get(name) is not None}
        self.unread |= files
        return {**empty, **{n: value for n, value in self.values.items() if n not in files}}

    def _refuse_line(self, field: FormField, rest: str, text: str) -> None:
        number, __, name = rest.partition(".")
        line = (
            field.rows[int(number)] if number.isdecimal() and int(number) < len(field.rows) else []
        )
        for part in line:
            if part.name.rpartition("-")[2] == name:
                if part.errors:
                    return  # it could not be read
                part.errors.append(text)
        field.errors.append(labelled(_("Line %(number)s", number=int(number) + 1), text))

    def load_choices(self) -> Self:
        """Load the choices of selects: vocabularies in one statement, else the present choice."""
        everyone = [
            *self.fields.values(),
            *(p for f in self.fields.values() for line in [*f.rows, f.blank_row] for p in line),
        ]
        links = [field for field in everyone if field.is_link]
        vocabularies = {self._target(field) for field in links if self._is_vocabulary(field)}
        listed = reference_options(
            self.datamodel.session, sorted(vocabularies, key=lambda m: m.__name__)
        )
        for field in everyone:
            if field.is_link:
                self._offer_rows(field, listed.get(self._target(field), []))
                if self.around and field.picker_url:
                    field.picker_url += "?" + urlencode(self.around)
            elif options := field.spec.kind.choices(field.spec):
                if field.text and field.text not in dict(options):
                    options = [*field.spec.kind.older(field.spec, field.text), *options]
                field.options = [Option(v, words, v == field.text) for v, words in options]
        return self

    def _target(self, field: FormField) -> type[Any]:
        model, name = self._place(field)
        return target_of(model, name)

    def _is_vocabulary(self, field: FormField) -> bool:
        model, name = self._place(field)
        return is_listed(model, name)

    def _place(self, field: FormField) -> tuple[type[Any], str]:
        if field.name in self.fields:
            return self.datamodel.obj, field.name
        relation, __, name = field.name.split("-", 2)
        return target_of(self.datamodel.obj, relation), name

    def _offer_rows(self, field: FormField, listed: Sequence[Any]) -> None:
        chosen = set(field.texts)
        field.options = [
            Option(str(row.id), str(row.name), str(row.id) in chosen) for row in listed
        ]
        known = {option.value for option in field.options}
        for row in self._current(field):
            if str(row.id) not in known:
                field.options.insert(0, Option(str(row.id), str(row), str(row.id) in chosen))

    def _current(self, field: FormField) -> Sequence[Any]:
        """The chosen rows; read only where they are not loaded yet."""
        data = field.data
        rows = list(data) if isinstance(data, list | tuple) else [data] if data is not None else []
        rows = [row for row in rows if hasattr(row, "id")]
        have = {str(row.id) for row in rows}
        if any(text and text not in have for text in field.texts):
            model, name = self._place(field)
            try:
                return self._targets(field, model, name)
            except ValueError:
                return []
        return rows
