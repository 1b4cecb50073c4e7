"""State machines as tables: which moves between states exist, what they need and do."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from blinker import Signal
from flask_babel import gettext as _

from crm.core.errors import DomainError
from crm.core.models import Label

Kinds = tuple[str, str]  # the kinds of the states before and after


def split_outcome(
    values: Mapping[str, Any], names: Collection[str], refusal: str = ""
) -> tuple[dict[str, Any], Any]:
    """The fields to save, and the filled ones of `names`, which are the outcome of a move.

    A record that stays open has no outcome: its `refusal` is raised on each field as DomainError.
    """
    rest = {name: value for name, value in values.items() if name not in names}
    outcome = {name: values[name] for name in names if values.get(name) is not None}
    if outcome and refusal:
        raise DomainError(fields=dict.fromkeys(outcome, refusal))
    return rest, outcome


@dataclass(frozen=True)
class Move:
    """A move: `effect(record, new state)` is called, then the fields in `needs` must be filled."""

    effect: Callable[[Any, Any], None]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Moves:
    """The state machine of the relationship `state` of a table.

    A pair of kinds that is not in `table` is refused with the message of `refusal`. `missing` are
    messages for needed fields. Receivers of the signal `changed` get `before` and `after`.
    """

    state: str
    table: Mapping[Kinds, Move]
    refusal: Callable[[Kinds], str]
    missing: Mapping[str, Label]
    changed: Signal | None = None

    def make(self, row: Any, to: Any, outcome: Mapping[str, Any], **told: Any) -> None:
        """Move `row` to the state `to`, after setting the fields of `outcome`.

        Raises DomainError, on the field concerned, where the state is inactive, the move is not in
        the table or a needed field is empty. `told` is passed on to the receivers.
        """
        before = getattr(row, self.state)
        if to is before:
            return  # nothing changes, as when a card is dropped where it was
        if not to.active:
            raise DomainError(_("This choice is no longer active."), field=self.state)
        kinds = (before.kind, to.kind)
        move = self.table.get(kinds)
        if move is None:
            raise DomainError(self.refusal(kinds), field=self.state)
        for name, value in outcome.items():
            setattr(row, name, value)  # the transaction is rolled back if the move is refused below
        move.effect(row, to)
        self._require(row, move.needs)
        setattr(row, self.state, to)
        if self.changed is not None:
            self.changed.send(row, before=before, after=to, **told)

    def _require(self, row: Any, names: tuple[str, ...]) -> None:
        empty = [name for name in names if getattr(row, name) is None]
        if empty:
            words = {name: self.missing.get(name) or _("Required field") for name in empty}
            raise DomainError(fields={name: str(text) for name, text in words.items()})
