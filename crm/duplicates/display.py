"""What the pages about duplicates place: groups, and what looks like one record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_babel import ngettext

from crm.core.views.base import Action
from crm.core.views.display import Field
from crm.duplicates.finding import Match
from crm.duplicates.listing import Group
from crm.duplicates.words import Tag, tags_of

BARS = 5


@dataclass
class Line:
    """A record in a group; the fields are those of the table's head."""

    name: str
    url: str
    fields: list[Field]


@dataclass
class Block:
    """A group as templates/duplicates/list.html draws it; `bars` of five are full."""

    title: str
    score: int
    tags: list[Tag]
    lines: list[Line]
    head: list[tuple[str, str]]
    actions: list[Action] = field(default_factory=list)
    note: str = ""

    @property
    def bars(self) -> int:
        return bars_of(self.score)

    @property
    def caption(self) -> str:
        """Of the table, for those who hear it."""
        count = len(self.lines)
        return str(
            ngettext(
                "%(name)s, %(num)s record", "%(name)s, %(num)s records", count, name=self.title
            )
        )


@dataclass
class ShownMatch:
    """A match as pages place it; `meta` is its reference, owner and agency."""

    name: str
    url: str
    meta: str
    score: int
    tags: list[Tag]

    @property
    def bars(self) -> int:
        return bars_of(self.score)


def bars_of(score: int) -> int:
    return min(BARS, score // 20 + 1)


def shown_match(match: Match, url: str | None) -> ShownMatch:
    """A match, with a link to it where the actor has its page."""
    row = match.row
    said = (str(getattr(row, "reference", "") or ""), str(row.owner or ""), str(row.agency or ""))
    meta = " · ".join(part for part in said if part)
    return ShownMatch(str(row), url or "", meta, match.score, tags_of(match.reasons, match.against))


def block_of(
    group: Group, rows: Sequence[Any], line: Callable[[Any], Line], head: list[tuple[str, str]]
) -> Block:
    """A group with those of its rows that the actor reads."""
    block = Block(
        str(rows[0]),
        group.score,
        tags_of(group.reasons, group.against),
        [line(row) for row in rows],
        head,
    )
    if group.more:
        block.note = ngettext(
            "%(num)s more record looks the same.", "%(num)s more records look the same.", group.more
        )
    return block


def crowded_words(count: int) -> str:
    """That the check passed over values which too many records share."""
    if not count:
        return ""
    return str(
        ngettext(
            "%(num)s value, such as a switchboard’s phone, is shared by so many records that it "
            "was not compared.",
            "%(num)s values, such as a switchboard’s phone, are shared by so many records that "
            "they were not compared.",
            count,
        )
    )
