"""Writing of a rich text: as HTML, the one form of equal content, and as plain text."""

import re
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby

from crm.core.models.rich_text.tree import Block, Marks, Runs

TAGS = ("a", "strong", "em")
SCHEME = re.compile(r"(?:https?://|mailto:|tel:)|/$", re.IGNORECASE)


def write_html(blocks: Iterable[Block]) -> str:
    """HTML of the subset, with text and addresses escaped."""
    return "".join(
        f"<{one.tag}>{_inline(one.runs)}{write_html(one.children)}</{one.tag}>" for one in blocks
    )


def _inline(runs: Runs) -> str:
    """Runs as HTML; a tag stays open while the next run has it, too."""
    parts: list[str] = []
    open_tags: list[tuple[str, str]] = []
    for text, marks in [*runs, ("", Marks())]:
        wanted = [(tag, str(mark)) for tag, mark in zip(TAGS, marks, strict=True) if mark]
        kept = 0
        while wanted[kept : kept + 1] == open_tags[kept : kept + 1] != []:
            kept += 1
        parts += [f"</{tag}>" for tag, _mark in reversed(open_tags[kept:])]
        parts += [
            f'<a href="{escape(mark)}">' if tag == "a" else f"<{tag}>"
            for tag, mark in wanted[kept:]
        ]
        parts.append(escape(text, quote=False).replace("\n", "<br>"))
        open_tags = wanted
    return "".join(parts)


def write_text(blocks: Iterable[Block]) -> str:
    """Blocks parted by an empty line; items after "- " or their number, quotations after "> "."""
    return "\n\n".join("\n".join(_lines(block)) for block in blocks)


def _lines(block: Block) -> Iterator[str]:
    if block.tag == "blockquote":
        yield from (f"> {line}".rstrip() for line in write_text(block.children).split("\n"))
    elif block.tag in ("ul", "ol"):
        for number, item in enumerate(block.children, 1):
            sign = f"{number}. " if block.tag == "ol" else "- "
            lines = (line for child in item.children for line in _lines(child))
            for n, line in enumerate(lines):
                yield (sign if n == 0 else " " * len(sign)) + line
    else:
        yield from _plain(block.runs).split("\n")


def _plain(runs: Runs) -> str:
    """The text of runs; a link that its text does not say stands behind it."""
    parts = []
    for href, linked in groupby(runs, key=lambda run: run[1].href):
        text = "".join(text for text, _marks in linked)
        is_said = SCHEME.sub("", text.strip()) == SCHEME.sub("", href)
        parts.append(text if not href or is_said else f"{text} ({href})")
    return "".join(parts)
