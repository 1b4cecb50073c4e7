"""Parsing of the posted lines of a record, and of the links in a form."""

import re
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from crm.core.forms.base import BaseForm, is_hidden
from crm.core.forms.fields import MOST_LINES, FormField
from crm.core.models import kinds, spec_of, target_of
from crm.core.models.kinds import Format
from crm.core.models.text import labelled, parse_number
from crm.core.rows import linkable


class LinesForm(BaseForm):
    """The lines of a list of child rows; a row that is linked to is read once for all of them."""

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
        if len(lines) > MOST_LINES:
            field.errors = [
                _(
                    "There are %(count)s lines; the maximum is %(most)s. Remove some.",
                    count=len(lines),
                    most=MOST_LINES,
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
