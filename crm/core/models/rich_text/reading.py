"""Reading of HTML into the blocks that a rich text may have.

One pass over the tags, without a tree of elements: tags that are left open, on which HTML's own
rules multiply elements, cost nothing here.
"""

import re

from crm.core.models.rich_text.tokens import Token, tokens
from crm.core.models.rich_text.tree import SOFT, Block, Marks, tidy_runs

# Ends of lines in the source, with the spaces around them.
WRAPPED = re.compile(r"(?<![ \t])[ \t]*+[\r\n][ \t\r\n]*+")
MARKS = {"strong": "strong", "b": "strong", "em": "em", "i": "em"}
LISTS = {"ul", "ol"}
CONTAINERS = LISTS | {"li", "blockquote"}
# Text in these is a paragraph; by themselves they are none.
GROUPS = (
    "address", "article", "aside", "body", "caption", "center", "dd", "details", "dialog", "div",
    "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hr", "html",
    "legend", "main", "nav", "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr",
)  # fmt: skip
BLOCKS = {
    "h1": "h2",
    "h2": "h2",
    "h3": "h3",
    "h4": "h3",
    "h5": "h3",
    "h6": "h3",
    "p": "p",
    **dict.fromkeys(GROUPS, ""),
}
DEEPEST = 6  # lists within lists


class Reader:
    """Reads one text; a second one needs another reader."""

    def __init__(self) -> None:
        self.root = Block("doc")
        self.path = [self.root]  # the open containers
        self.block: Block | None = None  # the open paragraph or heading
        # Start tags without their end; "deeper": lists below DEEPEST, which are left out.
        self.open = {"strong": 0, "em": 0, "blockquote": 0, "deeper": 0}
        self.links: list[str] = []  # addresses of the open links, the innermost last

    def read(self, html: str) -> Block:
        """The root, whose children are the blocks of `html`."""
        for token in tokens(html):
            if not token.tag:
                self._text(token.text)
            elif token.is_end:
                self._end(token.tag)
            else:
                self._start(token)
        self._close()
        return self.root

    def _text(self, text: str) -> None:
        text = WRAPPED.sub(SOFT, text)
        if self.block is None:
            text = text.lstrip(f" \t{SOFT}")
        if text:
            self._add(text)

    def _add(self, text: str) -> None:
        href = self.links[-1] if self.links else ""
        block = self.block or self._open("p")
        block.runs.append((text, Marks(href, self.open["strong"] > 0, self.open["em"] > 0)))

    # Blocks ─────────────────────────────────────────────────────────────────────────────────────

    def _open(self, tag: str) -> Block:
        if self.path[-1].tag in LISTS:
            self._push("li")
        # Headings are no part of lists and quotations.
        self.block = Block(tag if self.path[-1] is self.root else "p")
        self.path[-1].children.append(self.block)
        return self.block

    def _close(self) -> None:
        if self.block is not None:
            self.block.runs = tidy_runs(self.block.runs)
            self.block = None

    def _push(self, tag: str) -> None:
        made = Block(tag)
        self.path[-1].children.append(made)
        self.path.append(made)

    def _pop(self, *tags: str) -> None:
        """Close the innermost container of `tags`, with all that is open in it."""
        at = next((n for n in range(len(self.path) - 1, 0, -1) if self.path[n].tag in tags), None)
        if at is not None:
            del self.path[at:]

    # Tags ───────────────────────────────────────────────────────────────────────────────────────

    def _start(self, token: Token) -> None:
        tag = token.tag
        if tag in MARKS:
            self.open[MARKS[tag]] += 1
        elif tag == "a":
            self.links.append(token.link)
        elif tag == "br":
            self._add("\n")
        elif tag in ("td", "th") and self.block is not None and self.block.runs:
            self._add(" | ")
        elif tag in BLOCKS:
            self._close()
            if BLOCKS[tag]:
                self._open(BLOCKS[tag])
        elif tag in CONTAINERS:
            self._close()
            self._start_container(tag)

    def _start_container(self, tag: str) -> None:
        if tag == "li":
            if self.path[-1].tag == "li":
                self.path.pop()
            if self.path[-1].tag not in LISTS:
                self._push("ul")
            self._push("li")
        elif tag == "blockquote":
            self.open[tag] += 1
            if len(self.path) == 1:  # no part of lists and quotations either
                self._push(tag)
        elif sum(one.tag in LISTS for one in self.path) >= DEEPEST:
            self.open["deeper"] += 1
        else:
            self._start_list(tag)

    def _start_list(self, tag: str) -> None:
        top = self.path[-1]
        if top.tag in LISTS and top.children:
            self.path.append(top.children[-1])  # a list right in a list is of the item before
        elif top.tag in LISTS:
            self._push("li")
        self._push(tag)

    def _end(self, tag: str) -> None:
        if tag in MARKS:
            self.open[MARKS[tag]] = max(self.open[MARKS[tag]] - 1, 0)
        elif tag == "a":
            del self.links[-1:]
        elif tag in BLOCKS:
            self._close()
        elif tag in CONTAINERS:
            self._close()
            self._end_container(tag)

    def _end_container(self, tag: str) -> None:
        if tag in LISTS and self.open["deeper"]:
            self.open["deeper"] -= 1
        elif tag == "blockquote" and self.open[tag] > 1:
            self.open[tag] -= 1
        elif tag == "blockquote":
            self.open[tag] = 0
            self._pop(tag)
        else:
            self._pop(*(LISTS if tag in LISTS else [tag]))
