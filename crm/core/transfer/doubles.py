"""Records that a line would make a second time, found by an upper slice.

In the map `double` says what becomes of such a line: "skip" leaves it out, "update" changes the
record that is there, "link" only gives it the line's external reference, by which further files
find it, and "create" makes a second record. Without it nothing is looked for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from crm.core.transfer.drafts import Draft

SKIP, UPDATE, LINK, CREATE = "skip", "update", "link", "create"
DOUBLES = (SKIP, UPDATE, LINK, CREATE)


@dataclass(frozen=True)
class Double:
    """A record of the database that looks like a line, and why, in words."""

    row: Any
    why: str


# For the new records of some lines: number of the line → its double, in a few statements.
FindDoubles = Callable[[Mapping[int, Sequence[Draft]]], Mapping[int, Double]]


def told(double: Double, what: str) -> str:
    """What becomes of the line of a double, for the report."""
    words = {"record": double.row, "why": double.why}
    return {
        SKIP: lambda: _("left out: looks the same as “%(record)s” (%(why)s).", **words),
        UPDATE: lambda: _("updates “%(record)s”, which looks the same (%(why)s).", **words),
        LINK: lambda: _("linked to “%(record)s”, which looks the same (%(why)s).", **words),
        CREATE: lambda: _("created, though it looks like “%(record)s” (%(why)s).", **words),
    }[what]()
