"""A form of some fields of one table: shown from a row or from what was typed, read into values."""

import zoneinfo
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext as _
from sqlalchemy import inspect, select
from werkzeug.datastructures import MultiDict

from crm.core.actor import find_actor
from crm.core.config import languages
from crm.core.datamodel import DataModel
from crm.core.datamodel.saving import Values
from crm.core.forms.fields import FormField
from crm.core.forms.options import Option, is_listed, pick, reference_options, target_of
from crm.core.models import Spec, computed, spec_of
from crm.core.models.checks import HUES, clean, currencies
from crm.core.models.text import (
    country_choices,
    hue_name,
    language_name,
    parse,
    typed,
    write_date,
    written,
)
from crm.core.rows import in_reach

Width = Mapping[str, str]
# Checked when the row is there: their country is that of its company.
WITH_THE_ROW = ("phone", "postal_code")
NUMBER_OF_LINES = 500  # of one record; more is a mistake or an attack


class Form:
    """The fields `names` of `datamodel`'s table.

    `picker` is the address behind which `<relation>` is picked; `children` maps a child
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
        self.files: Mapping[str, Any] = {}  # what was sent beside the text: name → upload
        self.form_errors: list[str] = []
        self.values: dict[str, Any] = {}
        self.row: Any = None  # the row that is changed; None while it is made
        self.around: dict[str, Any] = {}
        self.fields: dict[str, FormField] = {
            name: self._field(datamodel.obj, name) for name in names
        }

    @property
    def zone(self) -> str:
        actor = find_actor()
        return actor.time_zone if actor else "UTC"

    def _field(self, model: type[Any], name: str, prefix: str = "") -> FormField:
        if name in self.children and not prefix:
            return FormField(name, spec_of(model, name), kind="rows")
        spec = spec_of(model, name)
        if name in self.outputs or isinstance(getattr(model, name), computed):
            return FormField(prefix + name, spec, kind="output", width=self.widths.get(name, ""))
        field = FormField(prefix + name, spec, width=self.widths.get(name, ""))
        if spec.kind in ("reference", "references"):
            field.picker_url = (
                f"{self.picker}/{(prefix.split('-', maxsplit=1)[0] + '.') if prefix else ''}{name}"
            )
            field.picker_with = tuple(
                n for n in ("company", "account", "kind", "type") if n != name
            )
        if spec.kind == "date":
            field.format_hint = write_date(date(2027, 1, 31))
        field.blank = None if spec.required else ""
        return field

    def about(self, row: Any) -> "Form":
        """Tell the row's pickers what the form itself does not ask for: its company, mostly."""
        facts = {"id": row.id, "company": getattr(row, "company_id", None)}
        facts["account"] = getattr(row, "account_id", None)
        self.row = row
        known = {name: value for name, value in facts.items() if value and name not in self.fields}
        self.around = known
        return self

    # From a row, or the defaults of a new one ───────────────────────────────────────────────────

    def show(self, values: Values) -> "Form":
        """Fill the inputs from `values`: names → what a row holds or a default proposes."""
        for name, field in self.fields.items():
            if field.kind == "rows":
                self._show_lines(field, values.get(name) or [])
            else:
                self._show(field, name, values.get(name), values)
        return self

    def _show(self, field: FormField, name: str, value: Any, values: Values) -> None:
        field.show(value, self.zone)
        match field.kind:
            case "reference":
                field.texts = [str(value.id)] if value is not None else [""]
                if value is None and values.get(f"{name}_id") is not None:
                    field.blank = _("Not available")
            case "references":
                field.texts = [str(row.id) for row in value or ()]
            case "translated":
                self._show_parts(field, value or {})
            case "output":
                currency = values.get("currency") or self._currency()
                field.texts = [written(field.spec, value, zone=self.zone, currency=currency)]
            case "money":
                field.unit = str(values.get("currency") or "") or self._currency()

    def _currency(self) -> str:
        actor = find_actor()
        return actor.company.currency if actor and actor.company else ""

    def _show_parts(self, field: FormField, value: Mapping[str, str]) -> None:
        field.parts = [
            (code, language_name(code), value.get(code, ""), f"{field.name}-{code}")
            for code in languages()
        ]

    def _show_lines(self, field: FormField, children: Sequence[Any]) -> None:
        model = target_of(self.datamodel.obj, field.name)
        columns = self.children[field.name]
        field.rows = [
            self._line(field.name, str(n), child, model, columns)
            for n, child in enumerate(children or [None])  # an empty line says what is asked
        ]
        field.blank_row = self._line(field.name, "__n__", None, model, columns)

    def _line(
        self, relation: str, number: str, child: Any, model: type[Any], columns: Sequence[str]
    ) -> list[FormField]:
        prefix = f"{relation}-{number}-"
        line = [self._field(model, name, prefix) for name in columns]
        said = _said_of(child, model, columns)
        for name, field in zip(columns, line, strict=True):
            self._show(field, name, said[name], said)
        key = FormField(f"{prefix}id", spec_of_id(), kind="hidden")
        key.texts = [str(said.get("id") or "")]
        return [key, *line]

    # From what was typed ────────────────────────────────────────────────────────────────────────

    def read(self, posted: MultiDict[str, str], before: Values | None = None) -> bool:
        """Take over what was typed, and turn it into `values`. False where something is wrong.

        `before` are the stored values: a link to a row that is out of reach is kept where nothing
        was chosen in its place.
        """
        for name, field in self.fields.items():
            try:
                self._read(name, field, posted, before or {})
            except ValueError as error:
                field.errors = [str(error)]
        return not any(field.errors for field in self.fields.values()) and not self.form_errors

    def _read(
        self, name: str, field: FormField, posted: MultiDict[str, str], before: Values
    ) -> None:
        match field.kind:
            case "output":
                return
            case "file" | "picture":
                upload = self.files.get(name)
                self.values[name] = upload if upload and upload.filename else None
            case "rows":
                self._read_lines(field, posted, before.get(name) or ())
            case "translated":
                parts = {code: posted.get(f"{name}-{code}", "").strip() for code in languages()}
                self._show_parts(field, parts)
                self.values[name] = clean(field.spec, {k: v for k, v in parts.items() if v})
            case "reference":
                self._read_link(name, field, posted, before)
            case "references":
                field.texts = posted.getlist(name)
                self.values[name] = self._targets(field, self.datamodel.obj, name)
            case _:
                self._read_text(name, field, posted)

    def _read_text(self, name: str, field: FormField, posted: MultiDict[str, str]) -> None:
        field.texts = [posted.get(name, "")]
        if field.kind == "money":
            field.unit = posted.get("currency", "") or self._currency()
        value = parse(field.spec, field.text, self.zone)
        if value is None and field.spec.required:
            raise ValueError(_("Required field"))
        if value is not None and field.kind not in WITH_THE_ROW:
            value = clean(field.spec, value)
        # A form that comes back shows ticks and stars from their value, not from their text.
        self.values[name] = field.data = value

    def _read_link(
        self, name: str, field: FormField, posted: MultiDict[str, str], before: Values
    ) -> None:
        if name not in posted and f"{name}_search" in posted:
            posted = self._by_name(name, field, posted)
        field.texts = [posted.get(name, "")]
        if not field.text:
            if before.get(f"{name}_id") is not None and before.get(name) is None:
                return  # the hidden target stays: an empty picker is no wish to cut the link
            if field.spec.required:
                raise ValueError(_("Required field"))
            self.values[name] = None
            return
        kept = before.get(name)
        if kept is not None and field.text == str(kept.id):
            self.values[name] = field.data = kept  # who stands there stays, in reach or not
            return
        self.values[name] = self._targets(field, self.datamodel.obj, name)[0]

    def _by_name(
        self, name: str, field: FormField, posted: MultiDict[str, str]
    ) -> MultiDict[str, str]:
        """Without script a picker is a text: it means the only row of that name."""
        wanted = posted[f"{name}_search"].strip()
        found = pick(self.datamodel, name, wanted, {}) if wanted else []
        if wanted and len(found) != 1:
            raise ValueError(_("Choose one of the list: “%(text)s” is not one name.", text=wanted))
        return MultiDict([*posted.items(multi=True), (name, str(found[0].id) if found else "")])

    def _targets(self, field: FormField, model: type[Any], name: str) -> list[Any]:
        """The rows behind the ids that were chosen, in their order. Raises ValueError."""
        texts = [text for text in field.texts if text]
        if any(not text.isdecimal() or len(text) > 9 for text in texts):
            raise ValueError(_("Not a valid choice."))
        target = target_of(model, name)
        session = self.datamodel.session
        known = target.id.in_([int(text) for text in texts])
        rows = session.scalars(select(target).where(known, in_reach(target)))
        found = {str(row.id): row for row in rows.unique()}
        if len(found) != len(set(texts)):
            raise ValueError(_("Not a valid choice."))
        return [found[text] for text in texts]

    def _read_lines(
        self, field: FormField, posted: MultiDict[str, str], before: Sequence[Any]
    ) -> None:
        model = target_of(self.datamodel.obj, field.name)
        columns = self.children[field.name]
        count = posted.get(field.count_name, "0")
        lines: list[dict[str, Any]] = []
        stored = {str(child.id): child for child in before}
        field.rows, field.blank_row = [], self._line(field.name, "__n__", None, model, columns)
        for number in range(min(int(count) if count.isdecimal() else 0, NUMBER_OF_LINES)):
            prefix = f"{field.name}-{number}-"
            if not any(key.startswith(prefix) for key in posted):
                continue  # a line that was taken out
            child = stored.get(posted.get(f"{prefix}id", ""))
            if _is_blank(prefix, posted, model, columns, child):
                continue
            lines.append(self._read_line(field, prefix, posted, columns, child))
        self.values[field.name] = lines

    def _read_line(
        self,
        field: FormField,
        prefix: str,
        posted: MultiDict[str, str],
        columns: Sequence[str],
        child: Any,
    ) -> dict[str, Any]:
        model, place = target_of(self.datamodel.obj, field.name), len(field.rows)
        line = self._line(field.name, str(place), child, model, columns)
        pk = posted.get(f"{prefix}id", "")
        line[0].texts = [pk]
        values: dict[str, Any] = {"id": int(pk)} if pk.isdecimal() and len(pk) < 10 else {}
        for name, part in zip(columns, line[1:], strict=True):
            part.texts = posted.getlist(prefix + name) or [""]
            if not part.text and is_hidden(child, name):
                continue  # the hidden target stays
            try:
                values[name] = part.data = self._part_value(part, model, name)
            except ValueError as error:
                part.errors = [str(error)]
                field.errors = [_("Line %(number)s: %(error)s", number=place + 1, error=error)]
        field.rows.append(line)
        return values

    def _part_value(self, part: FormField, model: type[Any], name: str) -> Any:
        if part.kind == "reference":
            targets = self._targets(part, model, name)
            return targets[0] if targets else None
        return parse(part.spec, part.text, self.zone)  # the service may know what is missing

    # What goes wrong below, and what is offered ─────────────────────────────────────────────────

    def refuse(self, message: str, fields: Mapping[str, str]) -> None:
        """Put what a service refused beside the fields it named."""
        for name, text in fields.items():
            relation, __, rest = name.partition(".")
            field = self.fields.get(name) or self.fields.get(relation)
            if field is None:
                self.form_errors.append(text)
            elif rest and field.kind == "rows":
                self._refuse_line(field, rest, text)
            else:
                field.errors.append(text)
        if message:
            self.form_errors.append(message)

    def _refuse_line(self, field: FormField, rest: str, text: str) -> None:
        number, __, name = rest.partition(".")
        line = (
            field.rows[int(number)] if number.isdecimal() and int(number) < len(field.rows) else []
        )
        for part in line:
            if part.name.rpartition("-")[2] == name:
                part.errors.append(text)
        field.errors.append(_("Line %(number)s: %(error)s", number=int(number) + 1, error=text))

    def offer(self) -> "Form":
        """Fill in what selects offer: vocabularies in one statement, else the present choice."""
        everyone = [
            *self.fields.values(),
            *(p for f in self.fields.values() for line in [*f.rows, f.blank_row] for p in line),
        ]
        links = [field for field in everyone if field.kind in ("reference", "references")]
        vocabularies = {self._target(field) for field in links if self._is_vocabulary(field)}
        listed = reference_options(
            self.datamodel.session, sorted(vocabularies, key=lambda m: m.__name__)
        )
        for field in everyone:
            match field.kind:
                case "reference" | "references":
                    self._offer_rows(field, listed.get(self._target(field), []))
                    if self.around and field.picker_url:
                        field.picker_url += "?" + urlencode(self.around)
                case "choice" | "radio" if field.spec.choices is not None:
                    chosen = field.text
                    field.options = [
                        Option(k, str(v), k == chosen) for k, v in field.spec.choices.items()
                    ]
                case "country" | "currency" | "language" | "time_zone" | "hue":
                    field.options = [
                        Option(c, t, c == field.text) for c, t in code_choices(field.kind)
                    ]
                case _:
                    pass
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
        """The rows that are chosen now; read only where they are not at hand already."""
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


def code_choices(kind: str) -> list[tuple[str, str]]:
    """(stored value, words) for the kinds whose values are codes of a standard."""
    match kind:
        case "country":
            return country_choices()
        case "currency":
            return [(code, code) for code in sorted(currencies())]
        case "language":
            return [(code, language_name(code)) for code in languages()]
        case "time_zone":
            return [
                (zone, zone)
                for zone in sorted(zoneinfo.available_timezones())
                if "/" in zone or zone == "UTC"
            ]
        case _:
            return [(hue, hue_name(hue)) for hue in HUES]


def _default(model: type[Any], name: str) -> Any:
    mapper = inspect(model)
    if name not in mapper.columns:
        return None
    default = mapper.columns[name].default
    return default.arg if default is not None and default.is_scalar else None


def _said_of(child: Any, model: type[Any], columns: Sequence[str]) -> dict[str, Any]:
    """What a line holds: a stored one, one that a default proposes, or a new one."""
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


def _is_blank(
    prefix: str, posted: MultiDict[str, str], model: type[Any], columns: Sequence[str], child: Any
) -> bool:
    """Whether nothing was said on a line: a new one is no line yet, an old one is taken out."""
    if any(is_hidden(child, name) for name in columns):
        return False
    return all(
        posted.get(prefix + name, "").strip() in ("", typed_default(model, name))
        for name in columns
    )


def typed_default(model: type[Any], name: str) -> str:
    """What stands in the input of a new line before anybody types."""
    return typed(spec_of(model, name), _default(model, name))


def spec_of_id() -> Any:
    """The Spec of a line's hidden key."""
    return Spec("", "hidden")
