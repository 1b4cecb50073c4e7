"""What changed from a version of a quote to the next, as texts. Source: spec 8.6."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import zip_longest

from flask_babel import gettext as _
from flask_babel import pgettext

from crm.core.models import Label
from crm.core.models.text import format_money
from crm.core.views.display import display_field
from crm.quotes.display import LineRow, line_rows
from crm.quotes.fields import COMPARED
from crm.quotes.models import LineKind, Quote

SUMS = ("total_excl", "total_vat", "total_incl")


@dataclass(frozen=True)
class Change:
    """A field before and after; `note` says by how much an amount changed."""

    label: str
    before: str
    after: str
    note: str = ""


@dataclass
class Comparison:
    """What differs, and how many lines are the same in both versions."""

    changes: list[Change] = field(default_factory=list)
    same_lines: int = 0


def compare(old: Quote, new: Quote) -> Comparison:
    """From `old` to `new`."""
    found = Comparison()
    _compare_lines(_rows(old), _rows(new), found)
    for name in COMPARED:
        before, after = display_field(old, name), display_field(new, name)
        if before.text != after.text:
            found.changes.append(Change(str(after.label), before.text, after.text))
    found.changes += _sums(old, new)
    return found


def _sums(old: Quote, new: Quote) -> Iterator[Change]:
    for name in SUMS:
        before, after = getattr(old, name), getattr(new, name)
        if before == after and old.currency == new.currency:
            continue
        shown = display_field(old, name), display_field(new, name)
        by = format_money(after - before, new.currency) if old.currency == new.currency else ""
        plus = "+" if after > before else ""
        note = f"({plus}{by})" if by else ""
        yield Change(str(shown[1].label), shown[0].text, shown[1].text, note)


def _rows(quote: Quote) -> list[LineRow]:
    return list(line_rows(quote, quote.totals))


def _compare_lines(old: Sequence[LineRow], new: Sequence[LineRow], found: Comparison) -> None:
    """Lines of one label are the same line; others in one place were replaced by each other."""
    were, are = ([(row.kind, row.label) for row in rows] for rows in (old, new))
    matcher = SequenceMatcher(None, were, are, autojunk=False)
    for _tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        places = zip_longest(range(old_from, old_to), range(new_from, new_to))
        for before, after in places:
            if before is None or after is None:
                found.changes.append(_alone(old, new, before, after))
            elif old[before] == new[after]:
                found.same_lines += 1
            else:
                found.changes += _changes(after + 1, old[before], new[after])


def _alone(
    old: Sequence[LineRow], new: Sequence[LineRow], before: int | None, after: int | None
) -> Change:
    """A line that is in one version only, under its number there."""
    if after is not None:
        label = _("Line %(number)s", number=after + 1)
        return Change(label, "", _("Added: %(line)s", line=_words(new[after])))
    assert before is not None  # noqa: S101  one of the two has it
    label = _("Line %(number)s", number=before + 1)
    return Change(label, _words(old[before]), _("Removed"))


def _words(row: LineRow) -> str:
    return ", ".join(text for text in (row.label, row.total) if text)


def _changes(number: int, old: LineRow, new: LineRow) -> Iterator[Change]:
    for name, label in _labels(new).items():
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            words = _("Line %(number)s, %(field)s", number=number, field=label)
            yield Change(words, before, after)


def _labels(row: LineRow) -> dict[str, Label]:
    label = pgettext("line", "label") if row.kind == LineKind.ITEM else pgettext("line", "text")
    return {
        "label": label,
        "description": pgettext("line", "description"),
        "quantity": pgettext("line", "quantity"),
        "unit": pgettext("line", "unit"),
        "price": pgettext("line", "unit price"),
        "discount": pgettext("line", "discount"),
        "vat": pgettext("line", "VAT"),
        "total": pgettext("line", "total"),
    }
