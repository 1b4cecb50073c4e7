"""Bulk mode: create and validate many rows before any is written, for imports.

With the same rules and errors as for a single row, in fewer statements, none of which writes.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import inspect
from sqlalchemy.orm import Session

from crm.core.errors import DomainError

ANSWERS = 10_000  # size of the cache
_MISSING = object()
_present: ContextVar["Bulk | None"] = ContextVar("bulk", default=None)

# Checks of upper slices on the session, called by flushes and by validation without a flush.
SESSION_RULES: list[Callable[[Session], None]] = []


@dataclass(frozen=True)
class Number:
    """A number taken when the row is written: `take(*series, how_many)` returns the last one.

    `prefix` and `digits` make it a reference.
    """

    take: Callable[..., int]
    series: tuple[Any, ...]
    prefix: str
    digits: int

    def text(self, number: int) -> str:
        """The reference; longer where the digits do not suffice."""
        return f"{self.prefix}{number:0{self.digits}d}"


@dataclass(frozen=True)
class Claim:
    """A value that must be unique without a unique index."""

    name: str
    values: tuple[Any, ...]
    field: str
    message: str


@dataclass
class Bulk:
    """What services defer until the rows of the current line are written.

    `later` are calls that need the rows in the database, of module-level functions, as they are
    pickled. `numbers` maps placeholders to numbers.
    """

    later: list[tuple[Callable[..., None], tuple[Any, ...]]] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    numbers: dict[str, Number] = field(default_factory=dict)
    answers: dict[Any, dict[tuple[str, ...], dict[Any, str | None]]] = field(default_factory=dict)
    kept: int = 0  # answers

    def begin(self) -> None:
        self.later.clear()
        self.claims.clear()
        self.numbers.clear()

    def number(self, number: Number) -> str:
        """A placeholder until the number is taken, as long as a real one."""
        text = number.text(len(self.numbers))
        self.numbers[text] = number
        return text

    def answer(
        self,
        question: tuple[Any, ...],
        values: Mapping[str, Any],
        ask: Callable[[Mapping[str, Any]], str | None],
    ) -> str | None:
        """`ask(values)`, cached by the values that it reads."""
        for names, answers in self.answers.get(question, {}).items():
            key = _frozen(values, names)
            if key in answers:
                return answers[key]
        watched = TrackedReads(values)
        found = ask(watched)
        if watched.names is not None:
            names = tuple(watched.names)
            if self.kept >= ANSWERS:
                self.answers.clear()
                self.kept = 0
            self.kept += 1
            answers = self.answers.setdefault(question, {}).setdefault(names, {})
            answers[_frozen(values, names)] = found
        return found


class TrackedReads(Mapping[str, Any]):
    """Values that record which of them were read; `names` is None once all were."""

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
    """A hashable form of a value; rows by their key."""
    if isinstance(value, Model):
        pk = inspect(value).identity
        return (type(value), pk) if pk else value
    if isinstance(value, list | tuple):
        return tuple(_key_of(item) for item in value)
    return tuple(value.items()) if isinstance(value, dict) else value


def current_bulk() -> Bulk | None:
    """The active bulk, during which nothing is flushed; None outside bulk mode."""
    return _present.get()


@contextmanager
def bulk_mode() -> Iterator[Bulk]:
    """Create rows without writing them."""
    bulk = Bulk()
    token = _present.set(bulk)
    try:
        yield bulk
    finally:
        _present.reset(token)


def after_write(function: Callable[..., None], *arguments: Any) -> None:
    """Call `function(*arguments)` now or, within a bulk, once the rows are in the database."""
    bulk = current_bulk()
    if bulk is None:
        function(*arguments)
    else:
        bulk.later.append((function, arguments))


def claim(name: str, *values: Any, field: str, message: str) -> None:
    """Within a bulk, require that these values are unique among its rows.

    Raises DomainError where the same row claims them twice.
    """
    bulk = current_bulk()
    if bulk is None:
        return
    made = Claim(name, values, field, message)
    if made in bulk.claims:
        raise DomainError(message, field=field)
    bulk.claims.append(made)
