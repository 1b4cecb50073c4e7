"""A form of some fields of one table, filled from a row or from the defaults of a new one."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Self

from flask_babel import gettext as _
from sqlalchemy import inspect

from crm.core.actor import find_actor
from crm.core.config import languages
from crm.core.datamodel import DataModel
from crm.core.datamodel.rules import Values
from crm.core.forms.fields import FormField
from crm.core.forms.options import is_listed
from crm.core.models import Spec, computed, kinds, spec_of, target_of
from crm.core.models.codes import language_name

Width = Mapping[str, str]


class BaseForm:
    """The fields `names` of `datamodel`'s table.

    `picker` is the base URL of pickers, completed by the relation; `children` maps a child
    relationship to the columns of its lines.
    """

    def __init__(
        self,
        datamodel: DataModel,
        names: Sequence[str],
        *,
        picker: str = "",
        widths: Width | None = None,
        children: Mapping[str, Sequence[str]] | None = None,
        outputs: Sequence[str] = (),
    ) -> None:
        self.datamodel = datamodel
        self.picker = picker
        self.widths = widths or {}
        self.children = children or {}
        self.outputs = frozenset(outputs)
        self.files: Mapping[str, Any] = {}  # name → upload
        self.form_errors: list[str] = []
        self.notes: list[str] = []  # what was read otherwise than typed, for the page after a save
        self.values: dict[str, Any] = {}
        self.unread: frozenset[str] = frozenset()  # the fields whose text says no value
        self._found: dict[type[Any], dict[int | None, Any]] = {}  # table → key → row
        self.row: Any = None  # the row that is edited; None for a new one
        self.around: dict[str, Any] = {}
        self._new_lines: dict[str, list[FormField]] = {}  # child relationship → inputs of a line
        self.fields: dict[str, FormField] = {
            name: self._field(datamodel.obj, name) for name in names
        }

    @cached_property
    def zone(self) -> str:
        actor = find_actor()
        return actor.time_zone if actor else "UTC"

    @cached_property
    def currency(self) -> str:
        """The currency of the company of new records, "" where there is none."""
        actor = find_actor()
        return actor.company.currency if actor and actor.company else ""

    @property
    def _currency_around(self) -> str:
        """The currency of the edited row's company, else of new records."""
        company = getattr(self.row, "company", None)
        return company.currency if company is not None else self.currency

    def _field(self, model: type[Any], name: str, relation: str = "") -> FormField:
        """The input of a field or, with `relation`, of a column of its lines."""
        if name in self.children and not relation:
            return FormField(name, spec_of(model, name), widget="rows")
        spec = spec_of(model, name)
        if name in self.outputs or isinstance(getattr(model, name), computed):
            return FormField(name, spec, widget="output", width=self.widths.get(name, ""))
        field = FormField(name, spec, width=self.widths.get(name, ""))
        if spec.kind.is_link:
            field.picker_url = f"{self.picker}/{relation}{'.' if relation else ''}{name}"
            narrowed_by = self.datamodel.rules.narrowed_by
            field.picker_with = tuple(other for other in narrowed_by if other != name)
        if spec.kind is kinds.REFERENCE and not relation and not is_listed(model, name):
            field.search_name = f"{name}_search"
        field.blank = None if spec.required else ""
        return field

    def set_context(self, row: Any) -> Self:
        """Let pickers depend on values of the row without a field here, as its company."""
        facts = {"id": row.id}
        for key, value in self.datamodel.rules.facts(row).items():
            facts[key.removesuffix("_id")] = value
        self.row = row
        known = {name: value for name, value in facts.items() if value and name not in self.fields}
        self.around = known
        return self

    def fill(self, values: Values) -> Self:
        """Fill the inputs from `values`: name → stored or default value."""
        for field in self.fields.values():
            self._show_stored(field, values)
        return self

    def _show_stored(self, field: FormField, values: Values) -> None:
        value = values.get(field.name)
        if field.widget == "rows":
            self._show_lines(field, value or [])
        else:
            self._show(field, field.name, value, values)

    def _show(self, field: FormField, name: str, value: Any, values: Values) -> None:
        field.fill(value, self.zone)
        match field.widget:
            case "reference":
                field.texts = [str(value.id)] if value is not None else [""]
                if value is None and values.get(f"{name}_id") is not None:
                    field.blank = _("Not available")
            case "references":
                field.texts = [str(row.id) for row in value or ()]
            case "translated":
                self._show_parts(field, value or {})
            case "output":
                currency = values.get("currency") or self.currency
                field.texts = [field.spec.write(value, self.zone, currency)]
            case "number" if field.spec.kind is kinds.MONEY:
                field.unit = str(values.get("currency") or "") or self.currency

    def _show_parts(self, field: FormField, value: Mapping[str, str]) -> None:
        field.parts = [
            (code, language_name(code), value.get(code, ""), f"{field.name}-{code}")
            for code in languages()
        ]

    def _show_lines(self, field: FormField, children: Sequence[Any]) -> None:
        field.rows = [
            self._line(field.name, n, child)
            for n, child in enumerate(children or [None])  # one empty line at least
        ]
        field.blank_row = self._line(field.name, "__n__")

    def _line(self, relation: str, number: int | str, child: Any = None) -> list[FormField]:
        """The inputs of a line, with its key before its columns."""
        prefix = f"{relation}-{number}-"
        line = [field.copy(prefix + field.name) for field in self._new_line(relation)]
        if child is not None:
            columns = self.children[relation]
            said = _said_of(child, target_of(self.datamodel.obj, relation), columns)
            line[0].texts = [str(said.get("id") or "")]
            for name, field in zip(columns, line[1:], strict=True):
                self._show(field, name, said[name], said)
        return line

    def _new_line(self, relation: str) -> list[FormField]:
        """The inputs of every new line, made once: a form may have hundreds."""
        if relation not in self._new_lines:
            model, columns = target_of(self.datamodel.obj, relation), self.children[relation]
            line = [self._field(model, name, relation) for name in columns]
            said = _said_of(None, model, columns)
            for field in line:
                if field.spec.kind is kinds.CURRENCY and field.spec.required:
                    said[field.name] = said[field.name] or self._currency_around
                self._show(field, field.name, said[field.name], said)
            key = FormField("id", Spec("", kinds.TEXT), widget="hidden", texts=[""])
            self._new_lines[relation] = [key, *line]
        return self._new_lines[relation]


def _default(model: type[Any], name: str) -> Any:
    mapper = inspect(model)
    if name not in mapper.columns:
        return None
    default = mapper.columns[name].default
    return default.arg if default is not None and default.is_scalar else None


def _said_of(child: Any, model: type[Any], columns: Sequence[str]) -> dict[str, Any]:
    """name → value of a line: of a stored row, of a mapping, or the defaults for None."""
    said = {name: _default(model, name) for name in columns}
    if isinstance(child, Mapping):
        return {**said, **{name: child[name] for name in columns if name in child}}
    if child is None:
        return said
    hidden = {f"{name}_id": True for name in columns if is_hidden(child, name)}
    return {name: getattr(child, name) for name in columns} | hidden | {"id": child.id}


def is_hidden(child: Any, name: str) -> bool:
    """Whether a line leads to a row that is in the bin or out of reach."""
    relation = inspect(type(child)).relationships.get(name) if child is not None else None
    if relation is None or getattr(child, name) is not None:
        return False
    return any(getattr(child, column.key) is not None for column in relation.local_columns)
