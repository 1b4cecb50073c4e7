"""Uniqueness between the lines of a file, and links from a line to an earlier one."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import inspect

from crm.core.datamodel.bulk import Claim
from crm.core.errors import DomainError
from crm.core.transfer.drafts import LINE, build
from crm.core.transfer.links import Finder
from crm.core.transfer.prechecks import already_used
from crm.core.transfer.spool import CheckedLine, Spool
from crm.core.transfer.values import ValueReader


class Claims:
    """Compares the lines of a file with each other; `prechecks` compares with the database."""

    def __init__(self, spool: Spool, values: ValueReader) -> None:
        self.spool = spool
        self.values = values

    def take(self, ready: CheckedLine, claims: Sequence[Claim]) -> DomainError | None:
        """Reserve the unique values of a line. Returns an error where one is taken."""
        for draft in ready.drafts:
            table = draft.model.__tablename__
            for place, values in draft.taken:
                if self.spool.claim(f"{table} {place}", values, ready.number) != ready.number:
                    return already_used(draft.model, place)
        for one in claims:
            if self.spool.claim(f"claim {one.name}", one.values, ready.number) != ready.number:
                return DomainError(one.message, field=one.field)
        return None

    def keep(self, ready: CheckedLine, key: str) -> None:
        """Make this line findable by later ones, by its key and by the texts that link to it."""
        if key:
            self.spool.claim("key", key, ready.number)
        for finder in self.values.own_finders():
            text = ready.drafts[0].values.get(finder.column.key)
            if text is None or ready.drafts[0].pk is not None:
                continue
            name = f"own {finder.by}"
            if self.spool.claim(name, finder.key(text), ready.number) != ready.number:
                self.spool.claim(f"{name} again", finder.key(text), ready.number)

    def stand_ins(self, finder: Finder, text: str) -> list[Any]:
        """Placeholders of the earlier lines that `text` refers to; two where it is ambiguous."""
        names = (f"own {finder.by}", f"own {finder.by} again")
        numbers = (self.spool.holder(name, finder.key(text)) for name in names)
        return [self._stand_in(number) for number in numbers if number is not None]

    def _stand_in(self, number: int) -> Any:
        row = build(self.spool.line(number).drafts)[0]
        inspect(row).info[LINE] = number
        return row
