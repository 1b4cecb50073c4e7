"""The form of an action: some fields of the row, and checkboxes for side effects."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from werkzeug.datastructures import MultiDict

from crm.core.datamodel import DataModel
from crm.core.datamodel.rules import Values
from crm.core.forms.fields import FormField
from crm.core.forms.form import Form
from crm.core.models import Label, Spec, kinds

TICK = "tick-"


class Dialog(Form):
    """A slice declares fields and labels; the view shows it as a page, or by script as a dialog."""

    names: ClassVar[Sequence[str]] = ()
    required: ClassVar[Sequence[str]] = ()  # beyond what the columns themselves require
    title: Label = ""
    intro: Label = ""
    submit: Label = ""  # the label of the button
    cancel_label: Label = ""  # the label of the other button
    done_message: Label = ""
    danger: ClassVar[bool] = False
    keeps_unsent: ClassVar[bool] = False  # the service needs all fields

    def __init__(self, datamodel: DataModel, row: Any, picker: str = "") -> None:
        super().__init__(datamodel, self.field_names(row), picker=picker)
        self.row = row
        self.hidden: list[tuple[str, str]] = []  # inputs that go along
        for name in self.required:
            field = self.fields[name]
            field.spec = replace(field.spec, required=True)

    def field_names(self, row: Any) -> list[str]:
        return list(self.names)

    def initial_values(self) -> Values:
        return {}

    def fill(self, values: Values) -> "Dialog":
        """As for a form; checkboxes keep their initial state."""
        ticks = {name: f.data for name, f in self.fields.items() if name.startswith(TICK)}
        super().fill({**values, **ticks})
        return self

    def prepare(self) -> None:
        """A hook for slow work with `values`, before the transaction. Raises DomainError."""

    def add_checkbox(self, name: str, label: str, *, on: bool) -> None:
        """A checkbox that is no column, for a side effect of the action."""
        field = FormField(TICK + name, Spec(label, kinds.BOOLEAN), width="w6")
        field.fill(on, self.zone)
        self.fields[TICK + name] = field

    def is_checked(self, name: str) -> bool:
        """Whether the checkbox was ticked; False where it was not shown."""
        field = self.fields.get(TICK + name)
        return field is not None and bool(field.data)

    def read(self, posted: MultiDict[str, str], before: Values | None = None) -> bool:
        """As for a form; checkboxes are not among `values`, as they are no columns."""
        ticks = {name: field for name, field in self.fields.items() if name.startswith(TICK)}
        for name, field in ticks.items():
            field.fill(name in posted, self.zone)
        everything = self.fields
        self.fields = {name: field for name, field in everything.items() if name not in ticks}
        try:
            return super().read(posted, before)
        finally:
            self.fields = everything
