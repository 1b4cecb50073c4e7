"""The exceptions of an entity to what its metadata says about a merge."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

FEWEST, MOST = 2, 5  # records that can be merged at once

Records = Sequence[Any]


def _no_refusal(records: Records) -> str:
    return ""


def _keep_any(kept: Any, losers: Records) -> str:
    return ""


def _no_fields(kept: Any) -> Sequence[str]:
    return ()


def _nothing(values: dict[str, Any]) -> None:
    return None


@dataclass(frozen=True, kw_only=True)
class MergeRules:
    """What a slice adds for the records of one table.

    `refusal` says why these records cannot be merged, `keep_refusal` why this one cannot be the
    one that is kept; "" where they can. `decided` maps fields that nobody chooses to their value,
    given all records; `kept_only` are those that the kept record keeps, whatever the others have.
    `along` maps a field to columns that come from the same record. Where the values of a field in
    `must_choose` differ, there is no default. `settle` corrects the chosen values.
    """

    refusal: Callable[[Records], str] = _no_refusal
    keep_refusal: Callable[[Any, Records], str] = _keep_any
    decided: Mapping[str, Callable[[Records], Any]] = field(default_factory=dict)
    kept_only: Callable[[Any], Sequence[str]] = _no_fields
    along: Mapping[str, Sequence[str]] = field(default_factory=dict)
    must_choose: Sequence[str] = ()
    settle: Callable[[dict[str, Any]], None] = _nothing
