"""Rich text: a fixed subset of HTML, and its plain text.

A rich text is a sequence of blocks: `p`, `h2`, `h3`, `ul`, `ol`, `blockquote`. In a paragraph are
text, `br`, `a` with `href` alone (http, https, mailto, tel), `strong` and `em`, nested in this
order. An item begins with a paragraph, then more of them and lists; a quotation has paragraphs and
lists.
Equal content is written in one way alone, which the editor (crm/assets/editor) writes, too. Spaces
are kept as they are, so that plain text becomes rich text and plain text again, unchanged.
"""

import re
from html import escape, unescape

import nh3
from markupsafe import Markup

from crm.core.models.rich_text.reading import Reader
from crm.core.models.rich_text.tokens import CONTROL
from crm.core.models.rich_text.tree import complete
from crm.core.models.rich_text.writing import write_html, write_text

TAGS = {"p", "br", "strong", "em", "a", "ul", "ol", "li", "blockquote", "h2", "h3"}
# Text that begins with a block is HTML, any other is plain text.
HTML = re.compile(
    r"\s*+<(?:p|div|ul|ol|blockquote|h[1-6]|table|section|article|html|body)(?=[\s>])",
    re.IGNORECASE,
)
# Paragraphs without formatting, as written here: what most texts are.
PLAIN = re.compile(r"(?:<p>(?:[^<>&\r\n]|<br>|&(?:lt|gt|amp);)*+</p>)*+")
BREAKS_AT_END = re.compile(r"(?<!<br>)(?:<br>)++(?=</p>)")
BLANK_AT_EDGE = re.compile(r"\A(?:<p></p>)++|(?<!<p></p>)(?:<p></p>)++\Z")


def is_html(text: str) -> bool:
    """Whether `text` is a rich text, and not a plain one."""
    return HTML.match(text) is not None


def clean(text: str) -> str:
    """A rich text of the subset above, from HTML or plain text of any source; "" where it is empty.

    What is no part of the subset is left out; its text is kept. Cleaned again, it stays the same.
    """
    text = CONTROL.sub("", text)
    html = text if is_html(text) else from_text(text)
    html = BREAKS_AT_END.sub("", html)
    if PLAIN.fullmatch(html):
        html = BLANK_AT_EDGE.sub("", html)
    else:
        html = write_html(complete(Reader().read(html)))
    return _checked(html)


def shown(value: str) -> Markup:
    """A rich text for a page, cleaned once more; links open in a new tab, without a referrer."""
    html = value if is_html(value) else from_text(value)
    html = _checked(html, "noopener noreferrer nofollow")
    return Markup(html.replace('<a href="http', '<a target="_blank" href="http'))  # noqa: S704


def _checked(html: str, rel: str | None = None) -> str:
    """What nh3 lets through, which is all that was written here."""
    found = nh3.clean(
        html,
        tags=TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=rel,
    )
    return found.replace("&nbsp;", "\xa0")


def from_text(text: str) -> str:
    """Plain text as paragraphs, parted by empty lines; `to_text` makes the same text of it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        f"<p>{escape(part, quote=False).replace(chr(10), '<br>')}</p>"
        for part in lines.split("\n\n")
    )


def to_text(value: str) -> str:
    """The plain text of a rich one; of a plain one, itself."""
    if not is_html(value):
        return value
    if PLAIN.fullmatch(value):
        lines = value[len("<p>") : -len("</p>")].replace("</p><p>", "\n\n").replace("<br>", "\n")
        return unescape(lines)
    return write_text(complete(Reader().read(value)))
