"""Looking up rows by the text of a cell, in a few statements a batch."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, inspect, or_, select

from crm.core.db import batches, db
from crm.core.errors import DomainError
from crm.core.models import Mergeable, Reference
from crm.core.models.checks import check_row
from crm.core.rows import is_filtered, linkable, may_any
from crm.core.transfer.cells import shortened
from crm.core.transfer.drafts import WORD
from crm.core.types import TranslatedText, fold

AT_ONCE = 200  # names in one statement
KEPT = 5_000  # size of the cache
REF = "external_ref"


class Finder:
    """Finds rows of `target` by text, within a company and the row filter.

    `by` is a column, "name" for the displayed name, or `list.column` for a text of one of its
    users: `members.username` finds somebody's agency. With `makes` an unknown name of a vocabulary
    becomes a new row, in that language.
    """

    def __init__(
        self, target: type[Any], by: str, *, company_id: int | None, makes: str | None = None
    ) -> None:
        self.target = target
        self.by = by
        self.makes = makes
        self.known: dict[str, list[Any]] = {}
        self.is_vocabulary = by == "name" and issubclass(target, Reference)
        through, __, name = by.rpartition(".")
        self.through = getattr(target, through) if through else None
        owner = self.through.property.mapper.class_ if self.through is not None else target
        key = _name_key(owner) if by == "name" and not self.is_vocabulary else None
        self.is_folded = self.is_vocabulary or key is not None
        # People have no column `name`: theirs is made of two.
        self.is_shown = key is not None and "name" not in inspect(target).columns
        self.column = getattr(owner, name) if key is None else key
        self.is_lower = name == "email" or owner is User
        self.conditions = (linkable(target), linkable(owner), *in_company(target, company_id))

    def prepare(self, texts: Iterable[str]) -> None:
        """Look up all texts that are not cached yet."""
        if len(self.known) > KEPT:
            self.known.clear()
        wanted = dict.fromkeys(key for text in texts if (key := self.key(text)) not in self.known)
        if wanted and self.is_vocabulary:
            self._read_vocabulary()
            return
        for keys in batches(wanted, AT_ONCE):
            for row, text in db.session.execute(self._statement(keys)).unique():
                kept = self.known.setdefault(self.key(str(row) if self.is_shown else text), [])
                if row not in kept:
                    kept.append(row)
            if self.by == REF and issubclass(self.target, Mergeable):
                self._find_merged([key for key in keys if not self.is_known(key)])

    def _find_merged(self, refs: Sequence[str]) -> None:
        """By the reference of a record that was merged, the one that was kept."""
        if not refs:
            return
        # Of the table, not of the mapped class: the row filter would hide what lies in the bin.
        gone = self.target.__table__.alias("gone")
        found = select(self.target, gone.c.external_ref).join(
            gone, gone.c.merged_into_id == self.target.id
        )
        found = found.where(gone.c.external_ref.in_(refs), *self.conditions)
        for row, ref in db.session.execute(found).unique():
            self.known.setdefault(self.key(ref), []).append(row)

    def find(self, text: str) -> Any:
        """The row for `text`. Raises ValueError where there is none, or more than one."""
        found = self.known.get(self.key(text), [])
        if len(found) == 1:
            return found[0]
        if found:
            raise ValueError(_("“%(text)s” matches several records.", text=shortened(text)))
        if self.makes:
            return self._make(text, self.makes)
        raise ValueError(_("“%(text)s” is unknown.", text=shortened(text)))

    def rows(self) -> list[Any]:
        """All rows that were found."""
        return [row for found in self.known.values() for row in found]

    def is_known(self, text: str) -> bool:
        return bool(self.known.get(self.key(text)))

    def learn(self, text: str, rows: Sequence[Any]) -> None:
        """Register these rows, which are not written yet, for `text`."""
        if rows:
            self.known.setdefault(self.key(text), []).extend(rows)

    def _make(self, text: str, language: str) -> Any:
        """A new value of the vocabulary; written with the first line that uses it."""
        if is_filtered() and not may_any("create", self.target):
            message = _(
                "“%(text)s” is new, and you are not allowed to add values to this list.",
                text=shortened(text),
            )
            raise ValueError(message)
        row = self.target(name=TranslatedText({language: text}))
        try:
            check_row(row)
        except DomainError as error:
            raise ValueError(str(error)) from error
        inspect(row).info[WORD] = (language, text)
        self.known[self.key(text)] = [row]
        return row

    def key(self, text: str) -> str:
        if self.is_folded:
            return fold(text)
        return text.lower() if self.is_lower else text

    def _statement(self, keys: Sequence[str]) -> Select[Any]:
        statement = select(self.target, self.column)
        if self.through is not None:
            statement = statement.join(self.through)
        where: ColumnElement[bool] = self.column.in_(keys)
        if self.is_shown:
            where = or_(*(_has_words(self.column, key) for key in keys))
        return statement.where(where, *self.conditions)

    def _read_vocabulary(self) -> None:
        """Read all rows, as vocabularies are short and their names are JSON; active ones first."""
        rows = db.session.scalars(select(self.target).order_by(self.target.active.desc()))
        for row in rows.unique():
            for name in {fold(word) for word in row.name.values()}:
                kept = self.known.setdefault(name, [])
                if row not in kept and (row.active or not kept):
                    kept.append(row)


def in_company(model: type[Any], company_id: int | None) -> list[ColumnElement[bool]]:
    """The condition for rows of this company, and for those of all companies."""
    if company_id is None or not hasattr(model, "company_id"):
        return []
    own: ColumnElement[bool] = model.company_id == company_id
    return [own | model.company_id.is_(None) if model.__table__.c.company_id.nullable else own]


def _name_key(target: type[Any]) -> Any:
    return next(
        (getattr(target, name) for name in ("name_key", "display_key") if hasattr(target, name)),
        None,
    )


def _has_words(key: Any, text: str) -> ColumnElement[bool]:
    return and_(*(key.contains(word, autoescape=True) for word in text.split()))
