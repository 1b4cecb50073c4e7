"""The language of templates: variables and one conditional, and no code.

    {{ quote.number }}
    {% if event.location %} … {% endif %}

A text is parsed when its template is saved, against the names that its kind knows. There are no
loops, filters and calls, so that a text takes time in proportion to its length, whoever wrote it.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from html import unescape

from flask_babel import gettext as _
from markupsafe import escape

LONGEST = 200_000  # characters, of a text and of what is made of it
DEEPEST = 10  # conditions within conditions
# None of them reaches past the next opening, so that a text of openings takes one pass.
TOKEN = re.compile(r"(\{\{(?:(?!\{\{|\}\}).)*+\}\}|\{%(?:(?!\{%|%\}).)*+%\})", re.DOTALL)
NAME = re.compile(r"[a-z]\w*(?:\.[a-z]\w*)+")
CONDITION = re.compile(r"if\s+(\S+)")
STRAY = re.compile(r"\{[{%#]|[%}]\}")
IN_TAG = re.compile(r"<[^<>]*(?:\{[{%])")
# Where a line ends for whoever reads a rich text.
BLOCK_END = re.compile(r"</(?:p|h2|h3)>|<br>|\n")
END, FORM = "{% endif %}", "{% if … %} … {% endif %}"
BLANKS = re.compile(r"\s+")


class TemplateError(ValueError):
    """A text that cannot be a template, in words, with its line (from 1)."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class TooLong(ValueError):
    """What is made of a template is longer than LONGEST."""


@dataclass
class Condition:
    """Parts that are there only where the variable has a value."""

    name: str
    line: int
    parts: list["Part"] = field(default_factory=list)


@dataclass(frozen=True)
class Variable:
    """The place of a value."""

    name: str


Part = str | Variable | Condition


def parse(text: str, known: Collection[str]) -> list[Part]:
    """The parts of a text whose variables are among `known`. Raises TemplateError."""
    if len(text) > LONGEST:
        raise TemplateError(_("This text is longer than 200 kB."), 1)
    if found := IN_TAG.search(text):
        message = _("A variable cannot stand in the address of a link.")
        raise TemplateError(message, _line(text, found.end()))
    root: list[Part] = []
    open_: list[Condition] = []
    line = 1
    for token in TOKEN.split(text):
        parts = open_[-1].parts if open_ else root
        if token.startswith("{{"):
            parts.append(Variable(_known(token[2:-2], known, line)))
        elif token.startswith("{%"):
            _condition(token[2:-2], known, line, open_, parts)
        elif stray := STRAY.search(token):
            message = _("“%(sign)s” has no matching brace.", sign=stray[0])
            raise TemplateError(message, line + _line(token, stray.start()) - 1)
        elif token:
            parts.append(token)
        line += len(BLOCK_END.findall(token))
    if open_:
        raise TemplateError(
            _("This condition is not closed with %(end)s.", end=END), open_[-1].line
        )
    return root


def _condition(
    code: str, known: Collection[str], line: int, open_: list[Condition], parts: list[Part]
) -> None:
    """Open or close a condition."""
    code = _tidy(code)
    if code == "endif":
        if not open_:
            raise TemplateError(_("%(end)s without a condition before it.", end=END), line)
        open_.pop()
        return
    found = CONDITION.fullmatch(code)
    if found is None:
        message = _("“%(code)s” is not allowed; a condition is %(form)s.", code=_shortened(code),
                    form=FORM)  # fmt: skip
        raise TemplateError(message, line)
    if len(open_) == DEEPEST:
        raise TemplateError(_("Too many nested conditions."), line)
    condition = Condition(_known(found[1], known, line), line)
    parts.append(condition)
    open_.append(condition)


def _known(code: str, known: Collection[str], line: int) -> str:
    name = _tidy(code)
    if name in known:
        return name
    if NAME.fullmatch(name):
        raise TemplateError(_("There is no variable “%(name)s” here.", name=name), line)
    message = _("“%(code)s” is not allowed: only variables may stand in braces.",
                code=_shortened(name))  # fmt: skip
    raise TemplateError(message, line)


def _tidy(code: str) -> str:
    """A name without the spaces, and the formatting, that an editor left around it."""
    return BLANKS.sub(" ", unescape(code)).strip()


def _shortened(code: str) -> str:
    return code if len(code) <= 40 else f"{code[:39]}…"


def _line(text: str, position: int) -> int:
    return 1 + len(BLOCK_END.findall(text, 0, position))


def names(parts: Collection[Part]) -> Iterator[str]:
    """The variables that stand in a text, conditions' too."""
    for part in parts:
        if isinstance(part, Variable):
            yield part.name
        elif isinstance(part, Condition):
            yield part.name
            yield from names(part.parts)


def render(parts: Collection[Part], values: Mapping[str, str], is_html: bool) -> str:
    """The text with its values. Raises TooLong.

    In HTML a value is escaped, except Markup; a variable that `values` lacks is empty.
    """
    pieces: list[str] = []
    length = 0
    for piece in _pieces(parts, values, is_html):
        pieces.append(piece)
        length += len(piece)
        if length > LONGEST:
            raise TooLong
    return "".join(pieces)


def _pieces(parts: Collection[Part], values: Mapping[str, str], is_html: bool) -> Iterator[str]:
    for part in parts:
        if isinstance(part, str):
            yield part
        elif isinstance(part, Variable):
            value = values.get(part.name, "")
            yield str(escape(value)).replace("\n", "<br>") if is_html else value
        elif values.get(part.name):
            yield from _pieces(part.parts, values, is_html)
