"""The page of a lost update: fields that only one person changed are merged, others are chosen."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from flask import request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import inspect

from crm.core.forms import Form, FormField
from crm.core.models import key_of, rich_text
from crm.core.views.versions import BeforeAfter, ConcurrentEdit, VersionPages

LONG = ("longtext", "richtext")
LINES_SHOWN = 5  # of a record's lines that differ


class FieldConflict(NamedTuple):
    """One field that two people changed, as display text; `typed` are the posted values."""

    name: str
    label: str
    yours: str
    saved: str
    before: str
    typed: list[str]


@dataclass
class ConflictPage:
    """Both versions of a record, field by field."""

    title: str
    concurrent_edit: ConcurrentEdit
    action: str
    cancel_url: str
    crumbs: list[tuple[str, str]]
    hidden: list[tuple[str, str]] = field(default_factory=list)
    fields: list[FieldConflict] = field(default_factory=list)
    merged_count: int = 0
    joinable: list[tuple[str, str]] = field(default_factory=list)
    closed: list[tuple[str, str]] = field(default_factory=list)  # typed, but no longer editable
    uploads: list[FormField] = field(default_factory=list)

    @property
    def enctype(self) -> str:
        return "multipart/form-data" if self.uploads else ""


class ConflictPages(VersionPages):
    """A three-way comparison of what was typed, what is saved and what both started from."""

    def form(self, names: list[str], row: Any = None) -> Form:
        """The form of these fields, for `row` or for a new one."""
        return Form(
            self.datamodel,
            names,
            picker=self.picker_base(),
            widths=self.widths,
            children=self.children,
            outputs=self.live_columns,
        )

    def return_url(self, row: Any) -> str:
        """The URL that the form's Cancel leads to."""
        return self.page_of(row) or self.url("list")

    def breadcrumbs(self, row: Any = None) -> list[tuple[str, str]]:
        """(label, URL) of the pages above the form."""
        crumbs = [(self.words("list_title"), self.url("list"))]
        return crumbs if row is None else [*crumbs, (str(row), self.return_url(row))]

    def conflict(self, row: Any, form: Form, told: ConcurrentEdit) -> ResponseReturnValue:
        """409 with a choice for each field that both changed; other fields are merged."""
        names = list(form.fields)
        saved = self.form(names, row).fill(stored_values(row, names)).load_choices().fields
        was = self.original_fields(form, row, told)
        form.load_choices()
        page = ConflictPage(
            _("Two versions of this record"), told, request.path, self.return_url(row),
            self.breadcrumbs(row), [("row_version", str(row.row_version)), *line_digests(saved)],
        )  # fmt: skip
        page.hidden.append(("draft", request.form.get("draft", "")))
        for name, mine in form.fields.items():
            theirs = saved[name]
            if mine.widget == "file":
                page.uploads += [mine] if form.values.get(name) is not None else []
            elif mine.widget == "output" or comparable_value(mine) == comparable_value(theirs):
                page.hidden += form_pairs(theirs)
            elif name in told.changes and is_untouched(mine, was[name]):
                page.hidden += form_pairs(theirs)  # unchanged by this user: the saved value stays
            elif name not in told.changes:
                page.hidden += form_pairs(mine)  # changed by this user only
                page.merged_count += 1
            else:
                page.hidden += form_pairs(mine)
                _differ(page, mine, theirs, was[name])
        page.closed = self._closed(row, form)
        return self.render("core/conflict.html", 409, page=page, form=form, row=row)

    def _closed(self, row: Any, form: Form) -> list[tuple[str, str]]:
        """(label, text) typed into fields that have become read-only meanwhile."""
        asked = self.visible(self.edit_columns or ())
        names = [n for n in asked if n not in form.fields and n in request.form and n != "company"]
        if not names:
            return []
        saved = self.form(names, row).fill(stored_values(row, names)).load_choices().fields
        typed = self.form(names, row)
        typed.read(request.form, stored_values(row, names))
        return [
            (mine.label, field_text(mine))
            for name, mine in typed.load_choices().fields.items()
            if comparable_value(mine) != comparable_value(saved[name])
        ]

    def original_fields(
        self, form: Form, row: Any, told: ConcurrentEdit
    ) -> Mapping[str, FormField]:
        """The fields of `form` before the changes in `told`; of lines, what is saved now."""
        names = [name for name in form.fields if name in inspect(type(row)).attrs]
        values = stored_values(row, names)
        for name in names:
            one = form.fields[name]
            if name in told.changes and one.widget not in ("rows", "file"):
                values |= self._before(row, name, one, told.changes[name].pair)
        return self.form(names, row).fill(values).load_choices().fields

    def _before(self, row: Any, name: str, one: FormField, pair: BeforeAfter) -> dict[str, Any]:
        old = pair[0]
        if one.widget == "references":
            gone, come = ([tuple(link) for __, link in side or ()] for side in pair)
            table = inspect(type(row)).relationships[name].mapper.class_.__tablename__
            kept = [other for other in getattr(row, name) if (table, other.id) not in come]
            back = (self.datamodel.get_related_obj(name, pk) for __, pk in gone)
            return {name: [*kept, *(other for other in back if other is not None)]}
        if name in inspect(type(row)).relationships:
            target = self.datamodel.get_related_obj(name, old) if old is not None else None
            return {name: target, f"{name}_id": old}
        return {name: one.spec.revive(old)}

    def reconcile(self, row: Any, form: Form, told: ConcurrentEdit) -> ConcurrentEdit:
        """Refresh the inputs that the user left alone; returns `told` with the user's texts."""
        was = self.original_fields(form, row, told)
        saved = self.form(list(was), row).fill(stored_values(row, list(was))).fields
        changes = dict(told.changes)
        for name in was.keys() & changes.keys():
            mine = form.fields[name]
            if comparable_value(mine) in (
                comparable_value(was[name]),
                comparable_value(saved[name]),
            ):
                form.fields[name] = replace(saved[name], spec=mine.spec, errors=mine.errors)
            else:
                changes[name] = replace(changes[name], yours=field_text(mine))
        return replace(told, changes=changes)


def _differ(page: ConflictPage, mine: FormField, theirs: FormField, was: FormField) -> None:
    if mine.widget == "rows":
        texts = _lines_apart(mine, theirs), _lines_apart(theirs, mine), ""
    else:
        texts = field_text(mine), field_text(theirs), field_text(was)
    typed = [value for _name, value in form_pairs(mine)]
    page.fields.append(FieldConflict(mine.name, mine.label, *texts, typed))
    if mine.widget in LONG and mine.text and theirs.text:
        page.joinable.append((mine.name, mine.label))


def apply_choices(form: Form, before: Mapping[str, Any]) -> None:
    """Apply the choices of the conflict page: keep the saved value, or join two texts."""
    for name, one in form.fields.items():
        has_two = one.widget in LONG and before[name] and form.values.get(name)
        if has_two and request.form.get(f"join_{name}"):
            form.values[name] = f"{before[name]}\n\n{form.values[name]}"
        elif request.form.get(f"choice_{name}") == "saved":
            form.values.pop(name, None)


def stored_values(row: Any, names: Sequence[str]) -> dict[str, Any]:
    """name → value of a row, with the foreign keys of its to-one links."""
    mapper = inspect(type(row))
    values = {name: getattr(row, name) for name in names}
    for name in names:
        if name in mapper.relationships and not mapper.relationships[name].uselist:
            values[f"{name}_id"] = getattr(row, key_of(mapper.relationships[name]))
    if hasattr(row, "currency"):
        values.setdefault("currency", row.currency)
    return values


# What a field says ──────────────────────────────────────────────────────────────────────────────


def form_pairs(one: FormField) -> list[tuple[str, str]]:
    """(name, value) pairs as the browser would post the field."""
    if one.widget == "rows":
        pairs = [(one.count_name, str(len(one.rows)))]
        return pairs + [pair for line in one.rows for part in line for pair in form_pairs(part)]
    if one.widget == "translated":
        return [(name, text) for __, __, text, name in one.parts]
    if one.widget == "boolean":
        return [(one.name, "1")] if one.text in ("1", "on", "True", "true") else []
    return [(one.name, text) for text in one.texts or [""]]


def comparable_value(one: FormField) -> Any:
    """A value to compare fields by: regardless of line ends and of the order of a set."""
    if one.widget == "rows":
        return list(_lines(one))
    texts = [text.replace("\r\n", "\n").strip() for __, text in form_pairs(one)]
    if one.widget == "richtext":
        return [rich_text.clean(text) for text in texts]  # with and without script
    if one.widget == "stars" and texts == ["0"]:
        return [""]  # the input sends "" for no star
    return sorted(filter(None, texts)) if one.widget == "references" else texts


def _lines(one: FormField) -> Iterator[list[list[str]]]:
    """The values of each line; blank lines are left out."""
    blank = [comparable_value(part) for part in one.blank_row]
    for line in one.rows:
        said = [comparable_value(part) for part in line[1:]]
        if line[0].text or (said != blank and any(any(texts) for texts in said)):
            yield [[line[0].text], *said]


def _digest(one: FormField) -> str:
    return hashlib.sha256(json.dumps(comparable_value(one)).encode()).hexdigest()[:16]


def line_digests(fields: Mapping[str, FormField]) -> list[tuple[str, str]]:
    """Hidden inputs with a digest of the lines that the form was opened with.

    The journal does not keep all lines of a record at each version, and sending them twice would
    double the form.
    """
    lines = [one for one in fields.values() if one.widget == "rows"]
    return [(f"{one.name}-seen", _digest(one)) for one in lines]


def is_untouched(mine: FormField, was: FormField) -> bool:
    """Whether the posted field equals what its form showed."""
    if mine.widget == "rows":
        return request.form.get(f"{mine.name}-seen") == _digest(mine)
    return bool(comparable_value(mine) == comparable_value(was))


def field_text(one: FormField) -> str:
    """The value of a form field as display text."""
    if one.widget == "rows":
        return "; ".join(_line_in_words(line) for line in one.rows)
    if one.widget == "boolean":
        return _("Yes") if form_pairs(one) else _("No")
    if one.widget == "richtext":
        return rich_text.to_text(rich_text.clean(one.text))
    if one.options:
        return ", ".join(option.text for option in one.options if option.selected)
    return ", ".join(text for __, text in form_pairs(one) if text)


def _lines_apart(one: FormField, other: FormField) -> str:
    """The lines of `one` that `other` lacks, as text."""
    known = list(_lines(other))
    apart = [line for line in one.rows if [comparable_value(part) for part in line] not in known]
    words = [text for line in apart[:LINES_SHOWN] if (text := _line_in_words(line))]
    return "; ".join([*words, "…"] if len(apart) > LINES_SHOWN else words)


def _line_in_words(line: Sequence[FormField]) -> str:
    parts = (field_text(part) for part in line[1:] if part.widget != "boolean")
    return " · ".join(text for text in parts if text)
