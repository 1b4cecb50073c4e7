"""Tags and texts of HTML, of whatever quality."""

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple

# A comment; or a tag with its attributes, in which quoted texts may hold ">"; or text. The groups
# never give back what they took, so that every text takes one pass.
TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<[!?][^>]*+>?"
    r"|<(?P<end>/?)(?P<tag>[a-zA-Z][^\s/>]*+)(?P<more>(?:[^>\"']|\"[^\"]*+\"?|'[^']*+'?)*+)>?"
    r"|(?P<text>[^<]++|<)",
    re.DOTALL,
)
# Elements whose content is no text of the document.
SKIPPED = {
    "audio", "canvas", "datalist", "head", "iframe", "math", "noembed", "noframes", "noscript",
    "object", "optgroup", "option", "script", "select", "style", "svg", "template", "textarea",
    "title", "video", "xmp",
}  # fmt: skip
HREF = re.compile(r"""(?<![\w-])href\s*+=\s*+(?:"([^"]*+)|'([^']*+)|([^\s"'>]++))""", re.IGNORECASE)
LINK = re.compile(r"(?:https?://[^\s/]|mailto:\S|tel:\S)\S*+", re.IGNORECASE)
LONGEST_LINK = 2_000
UNSAFE = re.compile(r"[\"<>`\\]")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Token(NamedTuple):
    """A start or an end of an element, with its link where it has one; or a text without tag."""

    text: str = ""
    tag: str = ""
    is_end: bool = False
    link: str = ""


def tokens(html: str) -> Iterator[Token]:
    """The tags and texts in order; entities are decoded, comments and SKIPPED left out."""
    html, position = CONTROL.sub("", html), 0
    while found := TOKEN.match(html, position):
        position = found.end()
        if found["text"]:
            yield Token(CONTROL.sub("", unescape(found["text"])))
        elif found["tag"]:
            tag = found["tag"].lower()
            if tag in SKIPPED and not found["end"]:
                position = _after(html, tag, position)
            else:
                yield Token("", tag, bool(found["end"]), _link(found["more"]) if tag == "a" else "")


def _after(html: str, tag: str, position: int) -> int:
    """The position after the end of an element whose content is skipped."""
    found = re.compile(rf"</{tag}(?=[\s/>])[^>]*+>?", re.IGNORECASE).search(html, position)
    return found.end() if found else len(html)


def _link(attributes: str) -> str:
    """The address of a link among the attributes of its tag; "" where it is none of ours."""
    found = HREF.search(attributes)
    href = unescape(next(filter(None, found.groups()), "") if found else "").strip()
    href = CONTROL.sub("", href)
    if len(href) > LONGEST_LINK or not LINK.fullmatch(href):
        return ""
    return UNSAFE.sub(lambda one: f"%{ord(one[0]):02X}", href)
