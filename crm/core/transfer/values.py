"""From the texts of a line to the values of a record: parsed, looked up, completed."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import inspect

from crm.core.actor import current_actor
from crm.core.datamodel import DataModel
from crm.core.errors import DomainError
from crm.core.models import kinds
from crm.core.transfer.cells import CellText, FileFormat
from crm.core.transfer.children import find_child, load_children, natural_key, with_line
from crm.core.transfer.fields import TargetField
from crm.core.transfer.links import Finder
from crm.core.transfer.mapping import FieldRule
from crm.core.types import TranslatedText

Texts = Mapping[str, CellText]
Finders = dict[tuple[type[Any], str, bool], Finder]


class ValueReader:
    """Turns the texts of lines into values, for one table and one company."""

    def __init__(
        self, datamodel: DataModel, filled: Mapping[str, TargetField], company: Any
    ) -> None:
        self.model = datamodel.obj
        self.filled = filled
        self.company = company
        self.finders: Finders = {}
        self.own: Callable[[Finder, str], list[Any]] = lambda finder, text: []  # of other lines
        self.reader = current_actor().language
        self.language = company.language if company is not None else current_actor().language
        self.zone = company.time_zone if company is not None else current_actor().time_zone

    # Links ──────────────────────────────────────────────────────────────────────────────────────

    def make_finders(self, rules: Iterable[FieldRule]) -> None:
        """Create the finders before the first line, as later lines may link to earlier ones."""
        for rule in rules:
            target = self.filled[rule.field].target
            if target is not None:
                self._finder(target, rule.by, rule.create)

    def prepare(self, lines: Sequence[Texts]) -> None:
        wanted: dict[Finder, list[str]] = defaultdict(list)
        for cells in lines:
            for __, finder, texts in self._links(cells):
                wanted[finder] += texts
        for finder, texts in wanted.items():
            finder.prepare(texts)

    def _links(self, cells: Texts) -> Iterator[tuple[str, Finder, list[str]]]:
        for name, cell in cells.items():
            filled = self.filled[name]
            if filled.target is not None:
                finder = self._finder(filled.target, cell.rule.by, cell.rule.create)
                yield name, finder, _parts(filled, cell)

    def _finder(self, target: type[Any], by: str, makes: bool) -> Finder:
        key = (target, by, makes)
        if key not in self.finders:
            self.finders[key] = Finder(
                target,
                by,
                company_id=self.company.id if self.company is not None else None,
                makes=self.language if makes else None,
            )
        return self.finders[key]

    def waits(self, cells: Texts) -> bool:
        """Whether the line links to a record of the same table that does not exist yet."""
        return any(
            finder.target is self.model and not all(self._is_there(finder, text) for text in texts)
            for __, finder, texts in self._links(cells)
        )

    def _is_there(self, finder: Finder, text: str) -> bool:
        """Whether the database or an earlier line has the record that `text` refers to."""
        if not finder.is_known(text):
            finder.learn(text, self.own(finder, text))
        return finder.is_known(text)

    def own_finders(self) -> Iterator[Finder]:
        """The finders of records of the imported table."""
        for finder in self.finders.values():
            if finder.target is self.model and finder.through is None and not finder.is_shown:
                yield finder

    def unknown_link(self, cells: Texts) -> DomainError:
        """The error for a line whose linked record was not found."""
        return DomainError(
            fields={
                name: _("“%(text)s” is unknown.", text=text)
                for name, finder, texts in self._links(cells)
                for text in texts
                if finder.target is self.model and not finder.is_known(text)
            }
        )

    # The key ────────────────────────────────────────────────────────────────────────────────────

    def key_of(self, name: str, cells: Texts) -> str:
        """The text of the key field. Raises DomainError where it is missing."""
        return str(self._key_part(name, cells))

    def _key_part(self, name: str, cells: Texts) -> Any:
        """The value by which a row is found. Raises DomainError where it is missing."""
        if name not in cells:
            raise DomainError(
                _("This value is empty, but it is needed to find existing records."), field=name
            )
        filled = self.filled[name]
        try:
            value = self._value(filled, cells[name], None)
            return value if filled.target is not None else filled.spec.clean(value)
        except ValueError as error:
            raise DomainError(str(error), field=name) from error

    def existing(self, name: str, keys: Sequence[str]) -> Finder:
        finder = Finder(
            self.model, name, company_id=self.company.id if self.company is not None else None
        )
        finder.prepare(keys)
        return finder

    # The values ─────────────────────────────────────────────────────────────────────────────────

    def of(self, cells: Texts, row: Any) -> dict[str, Any]:
        """The values for a new record, or for `row`. Raises DomainError with all errors.

        Empty cells are ignored: stored values and lines are kept. New values of the record's own
        vocabularies are left to `made`.
        """
        own: dict[str, CellText] = {}
        lists: dict[str, dict[str, CellText]] = defaultdict(dict)
        for name, cell in cells.items():
            (lists[child] if (child := self.filled[name].child) else own)[name] = cell
        values: dict[str, Any] = {} if row is not None else self._place()
        wrong: dict[str, str] = {}
        try:
            values |= self._values(own, row)
        except DomainError as error:
            wrong |= error.fields
        for relation, line in lists.items():
            if row is not None and not natural_key(self.model, relation):
                continue  # for new records only
            try:
                values[relation] = self._lines(row, relation, line)
            except DomainError as error:
                wrong |= error.fields
        if wrong:
            raise DomainError(fields=wrong)
        return values

    def _values(self, cells: Texts, row: Any) -> dict[str, Any]:
        """The values of these cells for `row`, of which defaults are for new rows only."""
        values: dict[str, Any] = {}
        wrong: dict[str, str] = {}
        for name, cell in cells.items():
            filled = self.filled[name]
            if cell.rule.create and not filled.child:
                continue
            if row is not None and cell.rule.place.startswith("defaults."):
                continue
            try:
                values[filled.name] = self._value(filled, cell, row)
            except ValueError as error:
                wrong[name] = str(error)
        if wrong:
            raise DomainError(fields=wrong)
        return values

    def _lines(self, row: Any, relation: str, cells: Texts) -> list[Any]:
        """The child rows of a new record, or all those of `row` with what the cells say."""
        if row is None:
            return [self._values(cells, None)]
        names = [f"{relation}.{name}" for name in natural_key(self.model, relation)]
        key = {self.filled[name].name: self._key_part(name, cells) for name in names}
        child = find_child(row, relation, key)
        return with_line(row, relation, child, self._values(cells, child))

    def load_lists(self, rows: Sequence[Any]) -> None:
        """Read the child rows that the lines of these records are compared with."""
        lists = {filled.child for filled in self.filled.values() if filled.child}
        load_children(self.model, [one for one in lists if natural_key(self.model, one)], rows)

    def made(self, cells: Texts) -> dict[str, Any]:
        """The record's own links to vocabularies, new values included. Raises DomainError."""
        values: dict[str, Any] = {}
        wrong: dict[str, str] = {}
        for name, cell in cells.items():
            if cell.rule.create and not self.filled[name].child:
                try:
                    values[name] = self._value(self.filled[name], cell, None)
                except ValueError as error:
                    wrong[name] = str(error)
        if wrong:
            raise DomainError(fields=wrong)
        return values

    def _place(self) -> dict[str, Any]:
        if self.company is None:
            return {}
        if "company" in inspect(self.model).relationships:
            return {"company": self.company}
        return {"companies": [self.company]}

    def _value(self, filled: TargetField, cell: CellText, row: Any) -> Any:
        if filled.target is not None:
            finder = self._finder(filled.target, cell.rule.by, cell.rule.create)
            found = [finder.find(text) for text in _parts(filled, cell)]
            return found if filled.is_list else found[0]
        value = self._parsed(filled, cell)
        if row is None:
            return value
        stored = getattr(row, filled.name)
        if isinstance(value, TranslatedText):
            return TranslatedText({**(stored or {}), **value})
        if filled.spec.kind is kinds.RICH_TEXT and filled.spec.write(stored).strip() == cell.text:
            return stored  # an export holds the text alone: unchanged, it keeps its formatting
        return value

    def _parsed(self, filled: TargetField, cell: CellText) -> Any:
        form = FileFormat(cell.rule, self.zone, self.language, self.reader)
        return filled.spec.parse(cell.text, form)


def _parts(filled: TargetField, cell: CellText) -> list[str]:
    """The names in a cell; several for a list with a separator in the map."""
    if not filled.is_list or not cell.rule.separator:
        return [cell.text]
    parts = (part.strip() for part in cell.text.split(cell.rule.separator))
    return [part for part in parts if part]
