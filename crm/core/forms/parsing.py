"""Parsing of a posted form into values, with the errors of each field."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from crm.core.config import languages
from crm.core.datamodel.rules import Values
from crm.core.forms.base import BaseForm, is_hidden
from crm.core.forms.fields import FormField
from crm.core.forms.options import search_candidates
from crm.core.models import kinds, spec_of, target_of
from crm.core.models.dates import is_skipped, parse_local
from crm.core.models.kinds import Format
from crm.core.models.text import format_instant, labelled, parse_number
from crm.core.rows import linkable

# Of one record. What was typed beyond is shown again, as far as core.limits lets a form go.
NUMBER_OF_LINES = 500


class ParsingForm(BaseForm):
    """Typed texts stay in the inputs; parsed values go into `values`."""

    keeps_unsent: ClassVar[bool] = True

    def read(self, posted: MultiDict[str, str], before: Values | None = None) -> bool:
        """Parse the posted texts into `values`. Returns False where there are errors.

        `before` are the stored values: they are kept where an input comes back unchanged, and
        where a link to a row out of reach was not replaced.
        """
        if before is not None:
            self.fill(before)
        for name, field in self.fields.items():
            if before is not None and self._is_unsent(field, posted):
                continue
            try:
                self._read(name, field, posted, before or {})
            except ValueError as error:
                field.errors = [str(error)]
        self.unread = frozenset(name for name, field in self.fields.items() if field.errors)
        return self.is_read

    @property
    def is_read(self) -> bool:
        """Whether every text that was posted says a value."""
        return not self.unread and not self.form_errors

    def _is_unsent(self, field: FormField, posted: MultiDict[str, str]) -> bool:
        """Whether the field was missing in the opened form, because its setting was off.

        The stored value is kept then. Empty checkboxes and lists are not sent either: they count.
        """
        if field.widget in ("boolean", "references", "output", "file"):
            return False
        sent = {"rows": field.count_name, "translated": f"{field.name}-{languages()[0]}"}
        names = (sent.get(field.widget, field.name), f"{field.name}_search")
        return self.keeps_unsent and not any(name in posted for name in names)

    def _read(
        self, name: str, field: FormField, posted: MultiDict[str, str], before: Values
    ) -> None:
        match field.widget:
            case "output":
                return
            case "file":
                upload = self.files.get(name)
                self.values[name] = upload if upload and upload.filename else None
            case "rows":
                self._read_lines(field, posted, before.get(name) or ())
            case "translated":
                self._read_words(name, field, posted, before.get(name) or {})
            case "reference":
                self._read_link(name, field, posted, before)
            case "references":
                self._read_links(name, field, posted, before)
            case _:
                self._read_text(name, field, posted, before)

    def _read_words(
        self, name: str, field: FormField, posted: MultiDict[str, str], before: Mapping[str, str]
    ) -> None:
        parts = {code: posted.get(f"{name}-{code}", "").strip() for code in languages()}
        self._show_parts(field, parts)
        # Texts in a language without an input are kept.
        full = {**before, **parts}
        self.values[name] = field.spec.clean({k: v for k, v in full.items() if v})

    def _read_text(
        self, name: str, field: FormField, posted: MultiDict[str, str], before: Values
    ) -> None:
        sent = [posted.get(name, "")]
        is_kept = name in before and field.is_unchanged(sent)
        field.texts = sent
        if field.spec.kind is kinds.MONEY:
            field.unit = posted.get("currency", "") or self.currency
        value = before[name] if is_kept else field.spec.read(field.text, Format(self.zone))
        if value is None and field.spec.required:
            raise ValueError(_("Required field"))
        if value is not None and not is_kept and field.spec.kind is kinds.INSTANT:
            self._tell_skipped(field, value)
        # Checkboxes and stars are shown from their value, not from their text.
        self.values[name] = field.data = value

    def _tell_skipped(self, field: FormField, value: datetime) -> None:
        """Note that a time was moved: on the night that clocks go forward, an hour is missing."""
        if is_skipped(parse_local(field.text, self.zone)):
            text = _(
                "%(field)s: %(typed)s does not exist, as clocks go forward; saved as %(time)s.",
                field=field.label,
                typed=field.text,
                time=format_instant(value, self.zone),
            )
            self.notes.append(text)

    def _read_links(
        self, name: str, field: FormField, posted: MultiDict[str, str], before: Values
    ) -> None:
        sent = posted.getlist(name)
        is_kept = name in before and field.is_unchanged(sent)
        field.texts = sent
        model = self.datamodel.obj
        self.values[name] = list(before[name]) if is_kept else self._targets(field, model, name)

    def _read_link(
        self, name: str, field: FormField, posted: MultiDict[str, str], before: Values
    ) -> None:
        if posted.get(f"{name}_search", "").strip():
            posted = self._by_name(name, field, posted)
        field.texts = [posted.get(name, "")]
        if not field.text:
            if before.get(f"{name}_id") is not None and before.get(name) is None:
                return  # the target is hidden: an empty picker does not remove the link
            if field.spec.required:
                raise ValueError(_("Required field"))
            self.values[name] = None
            return
        kept = before.get(name)
        if kept is not None and field.text == str(kept.id):
            self.values[name] = field.data = kept  # the present link is kept, in reach or not
            return
        self.values[name] = self._targets(field, self.datamodel.obj, name)[0]

    def _by_name(
        self, name: str, field: FormField, posted: MultiDict[str, str]
    ) -> MultiDict[str, str]:
        """Without script a picker posts a text: the only row of that name is meant."""
        wanted = posted[f"{name}_search"].strip()
        found = search_candidates(self.datamodel, name, wanted, {})
        if len(found) != 1:
            raise ValueError(
                _("Choose from the list: “%(text)s” does not match one record.", text=wanted)
            )
        others = [pair for pair in posted.items(multi=True) if pair[0] != name]
        return MultiDict([*others, (name, str(found[0].id))])

    def _read_lines(
        self, field: FormField, posted: MultiDict[str, str], before: Sequence[Any]
    ) -> None:
        columns = self.children[field.name]
        count = parse_number(posted.get(field.count_name, "")) or 0
        lines: list[dict[str, Any]] = []
        stored = {str(child.id): child for child in before}
        self._find_all(field.name, columns, posted)
        field.numbers, field.rows = [], []
        field.blank_row = self._line(field.name, "__n__")
        for number in _numbers(field.name, posted, count):
            prefix = f"{field.name}-{number}-"
            pk = posted.get(f"{prefix}id", "")
            sent = [posted.getlist(prefix + name) or [""] for name in columns]
            child = stored.get(pk)
            if not self._is_left_out(field, sent, child):
                lines.append(self._read_line(field, pk, sent, child))
                field.numbers.append(str(number))
        if len(lines) > NUMBER_OF_LINES:
            field.errors = [
                _(
                    "There are %(count)s lines; the maximum is %(most)s. Remove some.",
                    count=len(lines),
                    most=NUMBER_OF_LINES,
                )
            ]
            return
        self.values[field.name] = lines

    def _is_left_out(self, field: FormField, sent: Sequence[list[str]], child: Any) -> bool:
        """Whether a line is empty: a new one is ignored, a stored one is removed.

        A stored line that was empty when it was shown is kept.
        """
        new = self._new_line(field.name)[1:]
        for part, texts in zip(new, sent, strict=True):
            if "".join(texts).strip() not in ("", part.text):
                return False
        if child is None:
            return True
        shown = self._line(field.name, "", child)[1:]
        is_as_shown = all(part.is_unchanged(texts) for part, texts in zip(shown, sent, strict=True))
        return not is_as_shown and not any(is_hidden(child, part.name) for part in new)

    def _find_all(self, relation: str, columns: Sequence[str], posted: MultiDict[str, str]) -> None:
        """Read the rows that all lines link to, in one statement a column instead of one a line."""
        model = target_of(self.datamodel.obj, relation)
        for name in columns:
            if spec_of(model, name).kind is kinds.REFERENCE:
                ends = f"-{name}"
                sent = [parse_number(text) for key, text in posted.items() if key.endswith(ends)]
                self._find(target_of(model, name), sent)

    def _read_line(
        self, field: FormField, pk: str, sent: Sequence[list[str]], child: Any
    ) -> dict[str, Any]:
        model, place = target_of(self.datamodel.obj, field.name), len(field.rows)
        line = self._line(field.name, place, child)
        line[0].texts = [pk]
        number = parse_number(pk)
        values: dict[str, Any] = {} if number is None else {"id": number}
        for name, part, texts in zip(self.children[field.name], line[1:], sent, strict=True):
            is_kept = child is not None and part.is_unchanged(texts)
            part.texts = texts
            if not part.text and is_hidden(child, name):
                continue  # the hidden target is kept
            if is_kept:
                values[name] = part.data
                continue
            try:
                values[name] = part.data = self._part_value(part, model, name)
            except ValueError as error:
                part.errors = [str(error)]
                text = labelled(_("Line %(number)s", number=place + 1), error)
                field.errors = [*field.errors, text]
        field.rows.append(line)
        return values

    def _part_value(self, part: FormField, model: type[Any], name: str) -> Any:
        if not part.text:
            return part.spec.kind.empty  # an unticked checkbox, an empty input
        if part.spec.kind.is_link:
            targets = self._targets(part, model, name)
            return targets[0] if targets else None
        return part.spec.read(part.text, Format(self.zone))

    def _targets(self, field: FormField, model: type[Any], name: str) -> list[Any]:
        """The chosen rows, in order. Raises ValueError for an id out of reach."""
        chosen = [parse_number(text) for text in field.texts if text]
        found = self._find(target_of(model, name), chosen)
        if any(found.get(pk) is None for pk in chosen):
            raise ValueError(_("Not a valid choice."))
        return [found[pk] for pk in chosen]

    def _find(self, target: type[Any], pks: Sequence[int | None]) -> dict[int | None, Any]:
        """key → row of `target`, None where it is out of reach; cached."""
        found = self._found.setdefault(target, {})
        missing = {pk for pk in pks if pk is not None} - found.keys()
        if missing:
            known = select(target).where(target.id.in_(missing), linkable(target))
            found |= dict.fromkeys(missing)
            found |= {row.id: row for row in self.datamodel.session.scalars(known).unique()}
        return found


def _numbers(name: str, posted: MultiDict[str, str], count: int) -> list[int]:
    """The numbers of the lines that were sent, of `count`; removed lines are missing."""
    line = re.compile(rf"{re.escape(name)}-([0-9]{{1,6}})-")
    found = {int(match[1]) for match in map(line.match, posted) if match}
    return sorted(number for number in found if number < count)
