"""The declaration of a settings page, and its form."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from crm.core.datamodel.rules import Values
from crm.core.forms import Form, FormField
from crm.core.models import Label, Spec, kinds


@dataclass(frozen=True)
class SettingOption:
    """One setting. `under` are shown while it is on or, of a choice, set to `opens_with`."""

    name: str
    help: Label = ""
    unit: Label = ""
    under: tuple["SettingOption", ...] = ()
    opens_with: str = ""
    required: bool = False  # while it is shown, though the column is nullable

    def names(self) -> Iterator[str]:
        yield self.name
        for option in self.under:
            yield from option.names()


@dataclass(frozen=True)
class SettingPair:
    """Two settings side by side under one label."""

    name: str
    label: Label
    parts: tuple[str, str]

    def names(self) -> Iterator[str]:
        yield from self.parts


Section = tuple[Label, Sequence[SettingOption | SettingPair]]

MONTHS, DAYS, MINUTES = _l("months"), _l("days"), _l("minutes")


def names_of(sections: Sequence[Section]) -> list[str]:
    """Every setting of a page, in its order."""
    return [name for _title, options in sections for option in options for name in option.names()]


class SettingsForm(Form):
    """A form that keeps the stored values of settings that are not shown."""

    openers: Mapping[str, SettingOption] = {}  # setting → the option that shows it

    def read(self, posted: MultiDict[str, str], before: Values | None = None) -> bool:
        every = self.fields
        closed = {n for n, opener in self.openers.items() if n in every and not _on(opener, posted)}
        for name in closed:
            self._show(every[name], name, (before or {}).get(name), before or {})
        self.fields = {name: field for name, field in every.items() if name not in closed}
        try:
            return super().read(posted, before)
        finally:
            self.fields = every


# Of the settings, where they differ from those of other forms.
WIDGETS = {kinds.BOOLEAN: "switch", kinds.CHOICE: "radio"}


def _on(opener: SettingOption, posted: MultiDict[str, str]) -> bool:
    return posted.get(opener.name, "") == (opener.opens_with or "1")


def controlling_options(sections: Sequence[Section]) -> dict[str, SettingOption]:
    """setting → the option by which it is shown or hidden."""
    options = (option for _title, options in sections for option in options)
    return {
        below.name: option
        for option in options
        if isinstance(option, SettingOption)
        for below in option.under
    }


def placed(option: SettingOption | SettingPair, fields: Mapping[str, FormField]) -> FormField:
    """The field of an option as templates/core/parts/option.html draws it."""
    if isinstance(option, SettingPair):
        parts = [fields[name] for name in option.parts]
        return FormField(option.name, Spec(option.label, kinds.TEXT), widget="pair", fields=parts)
    field = dressed(option, fields)
    field.widget = WIDGETS.get(field.spec.kind, field.widget)
    field.opens_with = option.opens_with
    field.dependents = [dressed(below, fields) for below in option.under if below.name in fields]
    return field


def dressed(option: SettingOption, fields: Mapping[str, FormField]) -> FormField:
    """The field with the texts that the page adds to those of its column."""
    field = fields[option.name]
    field.help = option.help or field.help
    field.unit = str(option.unit)
    if option.required:
        field.spec = replace(field.spec, required=True)
    return field


def limit_choices(field: FormField, allowed: set[Any]) -> None:
    """Restrict a select to the choices in `allowed` and the present one."""
    field.picker_url = ""
    field.options = [o for o in field.options if o.selected or int(o.value) in allowed]
