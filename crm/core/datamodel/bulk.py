"""Many rows in one transaction: flushed, checked for scope and asked about together.

The rules are those of a single row, and so are the refusals; only the statements are fewer.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import groupby
from typing import Any

from flask_appbuilder import Model
from flask_babel import gettext as _
from sqlalchemy import inspect

from crm.core import rows
from crm.core.db import db, told_apart
from crm.core.errors import Forbidden

_MISSING = object()
_present: ContextVar["Bulk | None"] = ContextVar("bulk", default=None)


class Bulk:
    """Rows that wait for their flush, and the answers of pickers that hold for all of them.

    `pending` holds what a service wants to do once for all of them, by a key of its own: called
    before the flush, forgotten with a batch that is given up.
    """

    def __init__(self) -> None:
        self.made: list[Any] = []
        self.pending: dict[Any, Any] = {}
        self.answers: dict[Any, dict[tuple[str, ...], dict[Any, str | None]]] = {}

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Write what is made inside, all of it or nothing. Raises DomainError."""
        try:
            with db.session.begin_nested():
                yield
                self._flush()
        finally:
            self.made.clear()
            self.pending.clear()

    def _flush(self) -> None:
        session = db.session()
        for finish in self.pending.values():
            finish()
        with told_apart(session):
            session.flush()
        if not rows.is_filtered():
            return
        for __, same in groupby(self.made, type):
            made = list(same)
            if len(rows.allowed(session, "create", made)) < len(made):
                raise Forbidden(_("You may not create this record here."))

    def answer(
        self,
        question: tuple[Any, ...],
        values: Mapping[str, Any],
        ask: Callable[[Mapping[str, Any]], str | None],
    ) -> str | None:
        """`ask(values)`, asked once for each set of the values that it looks at."""
        known = self.answers.setdefault(question, {})
        for names, answers in known.items():
            told = _frozen(values, names)
            if told in answers:
                return answers[told]
        watched = Watched(values)
        found = ask(watched)
        if watched.names is not None:
            names = tuple(watched.names)
            known.setdefault(names, {})[_frozen(values, names)] = found
        return found


class Watched(Mapping[str, Any]):
    """Values that remember which of them were looked at; `names` is None once it was all."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values_ = values
        self.names: dict[str, None] | None = {}

    def __getitem__(self, name: str) -> Any:
        if self.names is not None:
            self.names[name] = None
        return self.values_[name]

    def __iter__(self) -> Iterator[str]:
        self.names = None
        return iter(self.values_)

    def __len__(self) -> int:
        self.names = None
        return len(self.values_)


def _frozen(values: Mapping[str, Any], names: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(_key_of(values.get(name, _MISSING)) for name in names)


def _key_of(value: Any) -> Any:
    """A value that can be compared with that of another line; rows by their key."""
    if isinstance(value, Model):
        pk = inspect(value).identity
        return (type(value), pk) if pk else value
    if isinstance(value, list | tuple):
        return tuple(_key_of(item) for item in value)
    return tuple(value.items()) if isinstance(value, dict) else value


def find_bulk() -> Bulk | None:
    """The bulk that is being written, if one is."""
    return _present.get()


@contextmanager
def in_bulk() -> Iterator[Bulk]:
    """Write many rows, in pieces: `with bulk.attempt(): …`."""
    token = _present.set(Bulk())
    try:
        yield _present.get()  # type: ignore[misc]  # it was just set
    finally:
        _present.reset(token)
