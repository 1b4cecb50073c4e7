"""The report of an import."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from flask_babel import gettext as _
from flask_babel import ngettext

from crm.core.models.text import labelled

TOLD = 1_000  # errors listed in a report


@dataclass(frozen=True)
class Refusal:
    """Why a line of the file was refused, or what becomes of it; line 1 is the header."""

    number: int
    reason: str


@dataclass
class Report:
    """Numbers of records; nothing was written unless `is_written`."""

    read: int = 0  # lines with a record
    created: int = 0
    updated: int = 0
    skipped: int = 0  # existing records left unchanged
    refused: int = 0
    is_written: bool = False
    is_preview: bool = False
    doubles: int = 0  # lines that look like a record that is there already
    told_doubles: list[Refusal] = field(default_factory=list)
    told_changes: list[Refusal] = field(default_factory=list)  # of a preview
    run_id: int | None = None  # to undo the import by
    refusals: list[Refusal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def refuse(self, number: int, reason: str) -> None:
        self.refused += 1
        if len(self.refusals) < TOLD:
            self.refusals.append(Refusal(number, reason))

    def tell_double(self, number: int, what: str) -> None:
        self.doubles += 1
        if len(self.told_doubles) < TOLD:
            self.told_doubles.append(Refusal(number, what))

    def tell_change(self, number: int, what: str) -> None:
        if len(self.told_changes) < TOLD:
            self.told_changes.append(Refusal(number, what))

    def lines(self) -> Iterator[str]:
        """The report as text: notes, errors and changes by line, then the totals."""
        yield from self.notes
        for refusal in sorted(
            [*self.refusals, *self.told_doubles, *self.told_changes],
            key=lambda refusal: refusal.number,
        ):
            yield labelled(_("Line %(number)s", number=refusal.number), refusal.reason)
        more = self.refused - len(self.refusals)
        if more:
            yield ngettext("… and %(num)s more line.", "… and %(num)s more lines.", more)
        yield from self._numbers()

    def _numbers(self) -> Iterator[str]:
        if self.doubles:
            yield ngettext(
                "%(num)s line looks like a record that is there already.",
                "%(num)s lines look like records that are there already.",
                self.doubles,
            )
        if self.is_preview:
            yield _("Preview: nothing was written.")
        if self.refused and not self.is_written and not self.is_preview:
            yield ngettext(
                "Nothing was imported: %(num)s line contains an error.",
                "Nothing was imported: %(num)s lines contain errors.",
                self.refused,
            )
            return
        if self.run_id is not None:
            command = f"crm import-undo {self.run_id} --as USER"
            yield _("Import %(id)s. To undo it: “%(command)s”.", id=self.run_id, command=command)
        yield ngettext("%(num)s record created.", "%(num)s records created.", self.created)
        if self.updated:
            yield ngettext("%(num)s record updated.", "%(num)s records updated.", self.updated)
        if self.skipped:
            yield ngettext(
                "%(num)s record already existed.",
                "%(num)s records already existed.",
                self.skipped,
            )
        if self.refused:
            yield ngettext("%(num)s line skipped.", "%(num)s lines skipped.", self.refused)
