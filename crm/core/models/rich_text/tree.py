"""The content of a rich text as a tree of blocks with runs of text."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

SOFT = "\x0b"  # an end of line in the source: a space, or nothing beside a break or an edge


class Marks(NamedTuple):
    """The formatting of a run of text, in the order in which its tags are nested."""

    href: str = ""
    strong: bool = False
    em: bool = False


Runs = list[tuple[str, Marks]]


@dataclass
class Block:
    """A paragraph or heading with its runs, or a container with its children.

    A line break is "\\n" in the text of a run.
    """

    tag: str
    runs: Runs = field(default_factory=list)
    children: list["Block"] = field(default_factory=list)


def tidy_runs(runs: Runs) -> Runs:
    """Runs of equal marks as one, without ends of lines of the source and breaks at the end."""
    found, at = [], 1
    kept = _without_soft("\n" + "".join(text for text, _marks in runs) + "\n")
    for text, marks in runs:
        found.append((kept[at : at + len(text)].replace("\0", "").replace(SOFT, " "), marks))
        at += len(text)
    while found and not (last := found[-1][0].rstrip("\n")):
        found.pop()
    if found:
        found[-1] = last, found[-1][1]
    return list(_joined(found))


def _without_soft(text: str) -> str:
    """The same with \\0 in the place of what is left out, so that the runs can be cut again."""
    gone = rf"(?<=[\n ]){SOFT}+|{SOFT}+(?=[\n ])|(?<={SOFT}){SOFT}+"
    return re.sub(gone, lambda found: "\0" * len(found[0]), text)


def _joined(runs: Iterable[tuple[str, Marks]]) -> Runs:
    found: Runs = []
    for text, marks in runs:
        if text and found and found[-1][1] == marks:
            found[-1] = found[-1][0] + text, marks
        elif text:
            found.append((text, marks))
    return found


def complete(root: Block) -> list[Block]:
    """The blocks of `root` as the subset has them, without empty paragraphs at both ends.

    An item begins with a paragraph, an empty heading is a paragraph, and no list is empty.
    """
    blocks = _complete(root.children)
    while blocks and _is_blank(blocks[0]):
        del blocks[0]
    while blocks and _is_blank(blocks[-1]):
        del blocks[-1]
    return blocks


def _complete(blocks: list[Block]) -> list[Block]:
    found = []
    for block in blocks:
        block.children = _complete(block.children)
        if block.tag == "li" and (not block.children or block.children[0].tag != "p"):
            block.children.insert(0, Block("p"))
        if block.tag in ("h2", "h3") and not block.runs:
            block.tag = "p"
        if block.children or block.tag in ("p", "h2", "h3"):
            found.append(block)
    return found


def _is_blank(block: Block) -> bool:
    return block.tag == "p" and not block.runs
