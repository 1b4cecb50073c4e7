"""Many rows made and checked before any is written: an import's lines.

The rules are those of a single row, and so are the refusals; only the statements are fewer, and
none of them writes.
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

ANSWERS = 10_000  # kept; an import may have a million lines that link to as many records
_MISSING = object()
_present: ContextVar["Bulk | None"] = ContextVar("bulk", default=None)

# Rules of upper slices that a flush asks of the session; a check without a flush asks them too.
SESSION_RULES: list[Callable[[Session], None]] = []


@dataclass(frozen=True)
class Number:
    """A number that is taken when its row is written: `take(*series, how_many)` returns the last.

    `prefix` and `digits` make it a reference.
    """

    take: Callable[..., int]
    series: tuple[Any, ...]
    prefix: str
    digits: int

    def text(self, number: int) -> str:
        """The reference, longer where the digits no longer suffice."""
        return f"{self.prefix}{number:0{self.digits}d}"


@dataclass(frozen=True)
class Claim:
    """A value that only one row may have, where no unique index says so."""

    name: str
    values: tuple[Any, ...]
    field: str
    message: str


@dataclass
class Bulk:
    """What the services want to be done when the rows of the present line are written.

    `later` holds calls that need the rows in the database: functions of a module, as they are
    pickled. `numbers` maps the placeholder of a number to that number.
    """

    later: list[tuple[Callable[..., None], tuple[Any, ...]]] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    numbers: dict[str, Number] = field(default_factory=dict)
    answers: dict[Any, dict[tuple[str, ...], dict[Any, str | None]]] = field(default_factory=dict)
    kept: int = 0  # answers

    def begin(self) -> None:
        """Forget what was wanted for the line before."""
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
        """`ask(values)`, called once for each combination of the values that it reads."""
        for names, answers in self.answers.get(question, {}).items():
            told = _frozen(values, names)
            if told in answers:
                return answers[told]
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
    """A value that can be compared with that of another line; rows by their key."""
    if isinstance(value, Model):
        pk = inspect(value).identity
        return (type(value), pk) if pk else value
    if isinstance(value, list | tuple):
        return tuple(_key_of(item) for item in value)
    return tuple(value.items()) if isinstance(value, dict) else value


def current_bulk() -> Bulk | None:
    """The bulk that is being made, if one is: nothing is flushed meanwhile."""
    return _present.get()


@contextmanager
def bulk_mode() -> Iterator[Bulk]:
    """Make many rows without writing them."""
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
    """Within a bulk, refuse a second row with these values: the database knows neither yet.

    Raises DomainError where the same row claims them twice.
    """
    bulk = current_bulk()
    if bulk is None:
        return
    made = Claim(name, values, field, message)
    if made in bulk.claims:
        raise DomainError(message, field=field)
    bulk.claims.append(made)
